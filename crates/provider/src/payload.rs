//! What one read brought: the body as served, and how properties are taken out of it.
//!
//! Must never: show its bytes, or keep a second copy of them.

use std::fmt;
use std::ops::Range;

use crate::select::{SelectError, Selection};
use sealbridge_secret::SecretBytes;

/// What one read brought. Wiped when dropped.
pub struct Payload {
    content: Content,
    version: Option<String>,
}

enum Content {
    One {
        /// The bytes as they came, envelope included.
        body: SecretBytes,
        /// Where in `body` the value stands.
        value: Range<usize>,
        selection: Selection,
    },
    Found(Vec<(String, Payload)>),
}

impl Payload {
    /// A payload that is the whole of `body`.
    #[must_use]
    pub fn new(body: SecretBytes, selection: Selection, version: Option<String>) -> Self {
        let value = 0..body.len();
        Self { content: Content::One { body, value, selection }, version }
    }

    /// A payload that is a part of `body`, so that a store's envelope need not be cut off by copying.
    #[cfg(any(test, feature = "remote"))]
    pub(crate) fn within(body: SecretBytes, value: Range<usize>, selection: Selection, version: Option<String>) -> Self {
        Self { content: Content::One { body, value, selection }, version }
    }

    /// What a search found: full names in the store, each once, and what was read there.
    #[must_use]
    pub fn found(mut found: Vec<(String, Self)>) -> Self {
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { content: Content::Found(found), version: None }
    }

    /// The version that the store served, in its own notation.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The number of bytes that the payload holds in memory.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        match &self.content {
            Content::One { body, .. } => body.len(),
            Content::Found(found) => found.iter().map(|(name, payload)| name.len() + payload.held_bytes()).sum(),
        }
    }

    /// The bytes of `property`, or of the whole value if none is asked for.
    ///
    /// # Errors
    /// [`SelectError`] if there is no such property, or the value is not what the property needs.
    pub fn select(&self, property: Option<&str>) -> Result<SecretBytes, SelectError> {
        let (bytes, selection) = self.one()?;
        match property {
            Some(property) => selection.property(bytes, property),
            None => selection.whole(bytes),
        }
    }

    /// The members of the JSON object that the value, or a property of it, is; by name, each once.
    ///
    /// # Errors
    /// [`SelectError`] if there is no such property, or it is no object.
    pub fn members(&self, property: Option<&str>) -> Result<Vec<(String, SecretBytes)>, SelectError> {
        let (bytes, selection) = self.one()?;
        selection.members(bytes, property)
    }

    /// What a search found, by full name; `None` of a read of one key.
    ///
    /// # Errors
    /// [`SelectError`] if one of the values cannot be had whole.
    #[must_use]
    pub fn entries(&self) -> Option<Result<Vec<(String, SecretBytes)>, SelectError>> {
        let Content::Found(found) = &self.content else { return None };
        Some(found.iter().map(|(name, payload)| Ok((name.clone(), payload.select(None)?))).collect())
    }

    /// The full names that a search found; `None` of a read of one key.
    #[must_use]
    pub fn found_names(&self) -> Option<impl Iterator<Item = &str>> {
        let Content::Found(found) = &self.content else { return None };
        Some(found.iter().map(|(name, _)| name.as_str()))
    }

    fn one(&self) -> Result<(&[u8], Selection), SelectError> {
        match &self.content {
            Content::One { body, value, selection } => Ok((body.expose().get(value.clone()).unwrap_or_default(), *selection)),
            Content::Found(_) => Err(SelectError::SeveralValues),
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn select(selection: Selection, body: &str, property: Option<&str>) -> Result<String, SelectError> {
        let payload = Payload::new(SecretBytes::new(body.as_bytes().to_vec()), selection, None);
        payload.select(property).map(|value| String::from_utf8(value.expose().to_vec()).unwrap())
    }

    const VAULT: Selection = Selection::VaultLiteralThenGjson;
    const BAO: Selection = Selection::OpenBaoLiteralOnly;
    const AWS: Selection = Selection::AwsEscapedThenGjson;
    const FAKE: Selection = Selection::FakeGjson;

    #[rstest]
    #[case(VAULT, r#"{ "b": "<", "a": 1.10 }"#, None, r#"{"a":1.10,"b":"\u003c"}"#)]
    #[case(VAULT, r#"{"p":"v"}"#, Some("p"), "v")]
    #[case(VAULT, r#"{"n":1.10}"#, Some("n"), "1.10")]
    #[case(VAULT, r#"{"n":12345678901234567890}"#, Some("n"), "12345678901234567890")]
    #[case(VAULT, r#"{"a.b":"literal","a":{"b":"path"}}"#, Some("a.b"), "literal")]
    #[case(VAULT, r#"{"a":{"b":"path"}}"#, Some("a.b"), "path")]
    #[case(VAULT, r#"{"a":{"n":1.10}}"#, Some("a.n"), "1.1")]
    #[case(VAULT, r#"{"a":{"z":1, "y":"&"}}"#, Some("a"), r#"{"y":"\u0026","z":1}"#)]
    #[case(VAULT, r#"{"o":{"a":{"z":1, "y":"&"}}}"#, Some("o.a"), r#"{"y":"\u0026","z":1}"#)]
    #[case(VAULT, r#"{"null":null}"#, Some("null"), "")]
    #[case(BAO, r#"{"a.b":"literal"}"#, Some("a.b"), "literal")]
    #[case(AWS, r#"{ "b": 1.10 }"#, None, r#"{ "b": 1.10 }"#)]
    #[case(AWS, "not json", None, "not json")]
    #[case(AWS, r#"{"a.b":"whole","a":{"b":"path"}}"#, Some("a.b"), "whole")]
    #[case(AWS, r#"{"a":{"b":"path"}}"#, Some("a.b"), "path")]
    #[case(AWS, r#"{"o":{"z":1, "y":2}}"#, Some("o"), r#"{"z":1, "y":2}"#)]
    #[case(AWS, r#"{"n":1.50}"#, Some("n"), "1.5")]
    #[case(FAKE, r#"{"a":{"b":"path"}}"#, Some("a.b"), "path")]
    fn selected(#[case] selection: Selection, #[case] body: &str, #[case] property: Option<&str>, #[case] wanted: &str) {
        assert_eq!(select(selection, body, property).unwrap(), wanted);
    }

    #[rstest]
    #[case(VAULT, r#"{"a":1}"#, "b", SelectError::PropertyNotFound)]
    #[case(BAO, r#"{"a":{"b":"path"}}"#, "a.b", SelectError::PropertyNotFound)]
    #[case(AWS, "plain text", "a", SelectError::NotJson)]
    #[case(AWS, r#""a string""#, "a", SelectError::PropertyNotFound)]
    #[case(VAULT, r#"{"a":{"b":1}}"#, "{a.b}", SelectError::NotSupported)]
    #[case(FAKE, "x", "a", SelectError::NotJson)]
    fn refused(#[case] selection: Selection, #[case] body: &str, #[case] property: &str, #[case] wanted: SelectError) {
        assert_eq!(select(selection, body, Some(property)).unwrap_err(), wanted);
    }

    #[rstest]
    #[case(VAULT, r#"{"s":"x","n":1.10,"i":12345678901234567890,"b":true,"z":null,"o":{"y":1, "x":"<"},"l":["a", 1]}"#, None,
        &[("b", "true"), ("i", "12345678901234567890"), ("l", r#"["a",1]"#), ("n", "1.1"), ("o", r#"{"x":"\u003c","y":1}"#), ("s", "x"), ("z", "")])]
    #[case(AWS, r#"{"s":"x","n":1.10,"z":null,"o":{"y":1, "x":"<"}}"#, None,
        &[("n", "1.10"), ("o", r#"{"y":1, "x":"<"}"#), ("s", "x"), ("z", "")])]
    #[case(FAKE, r#"{"a":{"b":{"c":"deep","c":"last"}}}"#, Some("a.b"), &[("c", "last")])]
    #[case(BAO, r#"{"a":"{\"b\":\"in a text\"}"}"#, Some("a"), &[("b", "in a text")])]
    #[case(AWS, "{}", None, &[])]
    fn members(#[case] selection: Selection, #[case] body: &str, #[case] property: Option<&str>, #[case] wanted: &[(&str, &str)]) {
        let payload = Payload::new(SecretBytes::new(body.as_bytes().to_vec()), selection, None);
        let members = payload.members(property).unwrap();
        let members: Vec<_> =
            members.iter().map(|(name, value)| (name.as_str(), std::str::from_utf8(value.expose()).unwrap())).collect();
        assert_eq!(members, wanted);
    }

    #[rstest]
    #[case("[1]", None, SelectError::NotAnObject)]
    #[case("hunter2", None, SelectError::NotJson)]
    #[case(r#"{"a":"hunter2"}"#, Some("a"), SelectError::NotJson)]
    #[case(r#"{"a":1}"#, Some("a"), SelectError::NotAnObject)]
    #[case(r#"{"a":1}"#, Some("b"), SelectError::PropertyNotFound)]
    fn what_has_no_members(#[case] body: &str, #[case] property: Option<&str>, #[case] wanted: SelectError) {
        for selection in [VAULT, AWS, FAKE] {
            let payload = Payload::new(SecretBytes::new(body.as_bytes().to_vec()), selection, None);
            assert_eq!(payload.members(property).unwrap_err(), wanted);
        }
    }

    #[test]
    fn what_was_found_comes_by_name_and_has_no_properties() {
        let payload = |body: &str| Payload::new(SecretBytes::new(body.as_bytes().to_vec()), FAKE, None);
        let found = Payload::found(vec![("b".to_owned(), payload("2")), ("a".to_owned(), payload("1"))]);
        let names: Vec<_> = found.entries().unwrap().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(found.select(None).unwrap_err(), SelectError::SeveralValues);
        assert_eq!(found.members(None).unwrap_err(), SelectError::SeveralValues);
        assert!(payload("1").entries().is_none());
    }

    #[test]
    fn a_part_of_a_body_is_all_that_is_seen() {
        let body = SecretBytes::new(br#"{"data":{"p":"v"},"other":1}"#.to_vec());
        let payload = Payload::within(body, 8..17, VAULT, Some("3".to_owned()));
        assert_eq!(payload.select(None).unwrap().expose(), br#"{"p":"v"}"#);
        assert_eq!(payload.version(), Some("3"));
    }

    proptest! {
        #[test]
        fn no_text_for_people_holds_the_value(property in r"[a-z.#@|()]{0,8}", as_json in any::<bool>()) {
            let body = if as_json { r#"{"a":{"b":"canary-7e1f"}}"# } else { "canary-7e1f {" };
            for selection in [VAULT, BAO, AWS, FAKE] {
                let payload = Payload::new(SecretBytes::new(body.as_bytes().to_vec()), selection, None);
                let debug = format!("{payload:?}");
                prop_assert!(!debug.contains("canary"));
                if let Err(error) = payload.select(Some(&property)) {
                    let texts = format!("{error} {error:?}");
                    prop_assert!(!texts.contains("canary"));
                }
            }
        }
    }
}
