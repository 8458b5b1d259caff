//! What one read brought: the body as served, and how properties are taken out of it.
//!
//! Must never: show its bytes, or keep a second copy of them.

use std::fmt;
use std::ops::Range;

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::select::{SelectError, Selection};

/// What one read brought. Wiped when dropped.
pub struct Payload {
    /// The bytes as they came, envelope included.
    body: SecretBytes,
    /// Where in `body` the value stands.
    value: Range<usize>,
    selection: Selection,
    version: Option<String>,
}

impl Payload {
    /// A payload that is the whole of `body`.
    #[must_use]
    pub fn new(body: SecretBytes, selection: Selection, version: Option<String>) -> Self {
        let value = 0..body.len();
        Self { body, value, selection, version }
    }

    /// A payload that is a part of `body`, so that a store's envelope need not be cut off by copying.
    #[cfg(any(test, feature = "remote"))]
    pub(crate) fn within(body: SecretBytes, value: Range<usize>, selection: Selection, version: Option<String>) -> Self {
        Self { body, value, selection, version }
    }

    /// The version that the store served, in its own notation.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The number of bytes that the payload holds in memory.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.body.len()
    }

    /// The bytes of `property`, or of the whole value if none is asked for.
    ///
    /// # Errors
    /// [`SelectError`] if there is no such property, or the value is not what the property needs.
    pub fn select(&self, property: Option<&str>) -> Result<SecretBytes, SelectError> {
        let text = match property {
            Some(property) => Some(self.selection.property(self.bytes(), property)?),
            None => self.selection.whole(self.bytes())?,
        };
        Ok(match text {
            Some(text) => into_bytes(text),
            None => SecretBytes::new(self.bytes().to_vec()),
        })
    }

    fn bytes(&self) -> &[u8] {
        self.body.expose().get(self.value.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Takes over the text's buffer without copying it.
fn into_bytes(mut text: Zeroizing<String>) -> SecretBytes {
    SecretBytes::new(std::mem::take(&mut *text).into_bytes())
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
