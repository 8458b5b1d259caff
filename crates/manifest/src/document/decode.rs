//! Strict decoding: a field that is not known is an error with its path, never dropped.
//!
//! Must never: forward the decoder's own text, which quotes values.

use serde::de::DeserializeOwned;
use serde_json::Value;

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

/// Decodes a value; `path` is where it stands in its object, empty for a whole one.
///
/// # Errors
/// [`DecodeError`] with the path of the first field that does not fit.
pub fn decode<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| {
        let inner = error.path().to_string();
        let path = match (path, inner.as_str()) {
            ("", inner) => inner.to_owned(),
            (path, ".") => path.to_owned(),
            (path, inner) => format!("{path}.{inner}"),
        };
        classify(path, &error.inner().to_string())
    })
}

/// The decoder tells its classes apart by text only. Of that text nothing is kept but names that come from
/// the API's own types: what follows `expected`, and a missing field's name.
fn classify(path: String, message: &str) -> DecodeError {
    let expected = message.rsplit_once(", expected ").map(|(_, names)| format!(" (expected {names})")).unwrap_or_default();
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
    #[case(json!({"data": {"A": "hunter2"}}), "spec.data.A has a value of the wrong type")]
    fn the_path_is_named_and_the_value_is_not(#[case] spec: Value, #[case] begins: &str) {
        let message = decode::<BridgedSecretSpec>(&spec, "spec").expect_err("refused").to_string();
        assert!(message.starts_with(begins), "{message}");
        assert!(!message.contains("hunter"), "{message}");
    }
}
