//! Strict decoding: a field that is not known is an error with its path, never dropped.
//!
//! Must never: forward the decoder's own text, which quotes values.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::strict::Strict;

/// Why an object could not be decoded; names the field, never its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The API has no such field.
    #[error("{path} is not a known field{expected}; correct its name, or remove it")]
    UnknownField {
        /// The path of the field.
        path: String,
        /// The fields that exist there, as an inset.
        expected: String,
    },
    /// A field that must be there is not.
    #[error("{path} lacks the field {field}; add it")]
    MissingField {
        /// The path of the object.
        path: String,
        /// The name of the field.
        field: String,
    },
    /// A field has a value that the API does not list.
    #[error("{path} has a value that is not allowed{expected}; write one that is")]
    UnknownVariant {
        /// The path of the field.
        path: String,
        /// The values that exist, as an inset.
        expected: String,
    },
    /// A field has a value of another type.
    #[error("{path} has a value of the wrong type; a number, a date, yes, no, on and off are text only in quotes")]
    WrongType {
        /// The path of the field.
        path: String,
    },
}

impl DecodeError {
    /// The path of the field, or of what lacks one.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::UnknownField { path, .. }
            | Self::MissingField { path, .. }
            | Self::UnknownVariant { path, .. }
            | Self::WrongType { path } => path,
        }
    }
}

/// Stands in a path for what is no name.
const NO_NAME: &str = "(what cannot be a name)";
/// The longest name that is repeated, in bytes: that of a label (Kubernetes, "Labels and Selectors"); no field has a longer
/// one. The keys of a Secret may be longer, but so is a token that stands in a name's place.
const LONGEST_SHOWN: usize = 63;
/// What a private half of age begins with.
const PRIVATE_KEY: &str = "AGE-SECRET-KEY-";

/// Decodes a value; `path` is where it stands in its object, empty for a whole one.
///
/// # Errors
/// [`DecodeError`] with the path of the first field that does not fit.
pub fn decode<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| {
        let inner = shown(error.path());
        let path = match (path, inner.as_str()) {
            ("", "") => ".".to_owned(),
            ("", inner) => inner.to_owned(),
            (path, "") => path.to_owned(),
            (path, inner) => format!("{path}.{inner}"),
        };
        classify(path, &error.inner().to_string())
    })
}

/// The path with the names that may be names. Where a space is left out after a colon, or a list is taken for a map, a value
/// stands in the place of a name.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => {
                text.push_str(&format!("[{index}]"));
                continue;
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } => shown_name(name),
            Segment::Unknown => "?".into(),
        };
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&name);
    }
    text
}

/// A name as an error may repeat it: where something else stands in its place, that is said instead, and of a name as long as
/// a token only how long it is.
#[must_use]
pub fn shown_name(text: &str) -> Cow<'_, str> {
    if !may_be_a_name(text) {
        return NO_NAME.into();
    }
    if text.split('/').all(|part| part.len() <= LONGEST_SHOWN) {
        text.into()
    } else {
        format!("(a name of {} characters)", text.len()).into()
    }
}

/// Whether a text can be the name of a field, an entry, a label or an annotation. An age identity is of the same characters.
fn may_be_a_name(text: &str) -> bool {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_of_names = !text.is_empty() && text.chars().all(is_of_a_name) && text.matches('/').count() <= 1;
    is_of_names && !text.to_ascii_uppercase().contains(PRIVATE_KEY)
}

/// The decoder tells its classes apart by text only. Of that text nothing is kept but names that come from
/// the API's own types: what follows `expected`, and a missing field's name.
fn classify(path: String, message: &str) -> DecodeError {
    let expected = message.rsplit_once(", expected ").filter(|(_, names)| !names.contains(", there are no "));
    let expected = expected.map(|(_, names)| format!(" (expected {names})")).unwrap_or_default();
    if message.starts_with("unknown field") {
        return DecodeError::UnknownField { path, expected };
    }
    if message.starts_with("unknown variant") {
        return DecodeError::UnknownVariant { path, expected };
    }
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        return DecodeError::MissingField { path, field: field.0.to_owned() };
    }
    DecodeError::WrongType { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_api::BridgedSecretSpec;
    use serde_json::json;

    #[rstest]
    #[case(json!({"data": {"A": {"plain": 12}}}), "spec.data.A.plain has a value of the wrong type")]
    #[case(json!({"data": {"A": {"plian": "x"}}}), "spec.data.A.plian is not a known field (expected one of `secretStoreRef`, `remoteRef`, `sealed`, `plain`, `optional`, `default`)")]
    #[case(json!({"dataFrom": [{"extract": {}}]}), "spec.dataFrom[0].extract lacks the field key")]
    #[case(json!({"data": {}, "target": {"creationPolicy": "hunter2"}}), "spec.target.creationPolicy has a value that is not allowed (expected one of `Owner`, `Orphan`, `Merge`, `CreateOrMerge`, `None`)")]
    #[case(json!({"data": {"A": {"plain:hunter2, x": "x"}}}), "spec.data.A.(what cannot be a name) is not a known field (expected one of")]
    #[case(json!({"data": {"AGE-SECRET-KEY-1HUNTER2": {"plian": "x"}}}), "spec.data.(what cannot be a name).plian is not a known field")]
    #[case(json!({"data": {"HUNTER2.".repeat(8): "x"}}), "spec.data.(a name of 64 characters) has a value of the wrong type")]
    #[case(json!({"data": {"hunter/2/x": "x"}}), "spec.data.(what cannot be a name) has a value of the wrong type")]
    #[case(json!({"target": {"template": {"metadata": {"annotations": {"a.example/b_c": 1}}}}}), "spec.target.template.metadata.annotations.a.example/b_c has a value of the wrong type")]
    #[case(json!({"data": {"A": "hunter2"}}), "spec.data.A has a value of the wrong type")]
    fn the_path_is_named_and_the_value_is_not(#[case] spec: Value, #[case] begins: &str) {
        let message = decode::<BridgedSecretSpec>(&spec, "spec").expect_err("refused").to_string();
        assert!(message.starts_with(begins), "{message}");
        assert!(!message.to_lowercase().contains("hunter"), "{message}");
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn nothing_of_a_name_is_taken_for_what_is_expected() {
        let message = decode::<Nothing>(&json!({"a, expected hunter2": 1}), "spec").expect_err("refused").to_string();
        assert_eq!(message, "spec.(what cannot be a name) is not a known field; correct its name, or remove it");
    }
}
