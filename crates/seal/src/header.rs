//! The first line of the plaintext: what a value is sealed for, in full and authenticated.
//!
//! Owns its JSON, of which every header has one spelling. Must never forward a parser's error: what is read
//! here may be the first line of a secret.
//!
//! ```text
//! {"v":1,"scope":"strict","namespace":"shop","name":"checkout-env","key":"STRIPE_KEY",
//!  "sealedOn":"2026-11-21","recipients":["3f9c21ab90c1d2e4"]}            (in one line, without blanks)
//! ```
//! `namespace` (or a pattern with one `*`) and `name` are there if the scope binds them. `recipients` are the
//! ids of all keys that the value is sealed to, ascending.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::binding::{Bound, BoundNamespace};
use crate::error::OpenError;
use crate::format::{Claims, parse_date};
use crate::key_id::KeyId;
use crate::limits::MAX_HEADER_LINE_BYTES;

const VERSION: u32 = 1;

/// The header of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) bound: Bound,
    pub(crate) sealed_on: Date,
    pub(crate) key_ids: Vec<KeyId>,
}

impl Header {
    /// The line, without its newline.
    pub(crate) fn to_line(&self) -> Vec<u8> {
        let line = Line {
            v: VERSION,
            scope: self.bound.scope().as_str().to_owned(),
            namespace: self.bound.namespace().map(BoundNamespace::text),
            name: self.bound.name().map(ToOwned::to_owned),
            key: self.bound.key().to_owned(),
            sealed_on: self.sealed_on.to_string(),
            recipients: self.key_ids.iter().map(ToString::to_string).collect(),
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_vec(&line).unwrap_or_default()
    }

    /// The header at the start of an opened plaintext, and the position of the value behind it.
    pub(crate) fn split_from(plaintext: &[u8]) -> Result<(Self, usize), OpenError> {
        let newline = plaintext.iter().take(MAX_HEADER_LINE_BYTES + 1).position(|byte| *byte == b'\n');
        let line = newline.and_then(|end| plaintext.get(..end)).ok_or(OpenError::NoHeader)?;
        Ok((Self::parse(line)?, line.len() + 1))
    }

    fn parse(line: &[u8]) -> Result<Self, OpenError> {
        let Ok(read) = serde_json::from_slice::<Line>(line) else {
            return Err(if is_other_version(line) { OpenError::HeaderVersion } else { OpenError::NoHeader });
        };
        if read.v != VERSION {
            return Err(OpenError::HeaderVersion);
        }
        let header = Self::from_line(read).ok_or(OpenError::NoHeader)?;
        // One header has one spelling, so that two readers cannot take two meanings from it.
        if header.to_line() == line { Ok(header) } else { Err(OpenError::NoHeader) }
    }

    fn from_line(line: Line) -> Option<Self> {
        let scope = line.scope.parse().ok()?;
        Some(Self {
            bound: Bound::from_parts(scope, line.namespace.as_deref(), line.name, line.key)?,
            sealed_on: parse_date(&line.sealed_on)?,
            key_ids: line.recipients.iter().map(|id| id.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// What must stand outside.
    pub(crate) fn claims(&self) -> Claims {
        Claims {
            key_ids: self.key_ids.clone(),
            scope: self.bound.scope(),
            sealed_on: self.sealed_on,
            binding: self.bound.digest(),
            namespaces: self.bound.namespace().and_then(BoundNamespace::glob).cloned(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    v: u32,
    scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    key: String,
    sealed_on: String,
    recipients: Vec<String>,
}

fn is_other_version(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct OfAnyVersion {
        v: u32,
        #[serde(rename = "scope")]
        _scope: serde::de::IgnoredAny,
    }
    serde_json::from_slice(line).is_ok_and(|line: OfAnyVersion| line.v != VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use crate::target::Target;
    use proptest::prelude::*;
    use rstest::rstest;

    const LINE: &str = r#"{"v":1,"scope":"strict","namespace":"shop","name":"checkout","key":"K","sealedOn":"2026-11-21","recipients":["0000000000000001"]}"#;

    #[test]
    fn the_line_is_the_documented_one() {
        let target = Target { namespace: "shop", name: "checkout", key: "K" };
        let header = Header {
            bound: Bound::to_target(&target, Scope::Strict, None).unwrap(),
            sealed_on: Date::constant(2026, 11, 21),
            key_ids: vec!["0000000000000001".parse().unwrap()],
        };
        assert_eq!(String::from_utf8(header.to_line()).unwrap(), LINE);
    }

    #[test]
    fn the_value_starts_after_the_first_newline() {
        let plaintext = format!("{LINE}\nvalue\nmore");
        let (_, start) = Header::split_from(plaintext.as_bytes()).unwrap();
        assert_eq!(&plaintext.as_bytes()[start..], b"value\nmore");
    }

    #[rstest]
    #[case::no_newline(LINE.to_owned(), OpenError::NoHeader)]
    #[case::empty("\n".to_owned(), OpenError::NoHeader)]
    #[case::plain_text("canary\n".to_owned(), OpenError::NoHeader)]
    #[case::json_of_someone_else("{\"v\":7}\n".to_owned(), OpenError::NoHeader)]
    #[case::blank(LINE.replace("\"v\":1", "\"v\": 1") + "\n", OpenError::NoHeader)]
    #[case::escape(LINE.replace("shop", "sh\\u006fp") + "\n", OpenError::NoHeader)]
    #[case::unknown_field(LINE.replace("\"v\":1", "\"v\":1,\"x\":1") + "\n", OpenError::NoHeader)]
    #[case::field_twice(LINE.replace("\"v\":1", "\"v\":1,\"v\":1") + "\n", OpenError::NoHeader)]
    #[case::null_namespace(LINE.replace("\"shop\"", "null") + "\n", OpenError::NoHeader)]
    #[case::part_that_is_not_bound(LINE.replace("strict", "cluster") + "\n", OpenError::NoHeader)]
    #[case::part_that_is_missing(LINE.replace("\"name\":\"checkout\",", "") + "\n", OpenError::NoHeader)]
    #[case::bad_pattern(LINE.replace("shop", "**") + "\n", OpenError::NoHeader)]
    #[case::bad_date(LINE.replace("11-21", "11-31") + "\n", OpenError::NoHeader)]
    #[case::next_version(LINE.replace("\"v\":1", "\"v\":2") + "\n", OpenError::HeaderVersion)]
    #[case::next_version_with_more(LINE.replace("\"v\":1", "\"v\":2,\"x\":1") + "\n", OpenError::HeaderVersion)]
    #[case::too_long(format!("{{\"v\":1,\"scope\":\"{}\"}}\n", "a".repeat(MAX_HEADER_LINE_BYTES)), OpenError::NoHeader)]
    fn what_is_no_header(#[case] plaintext: String, #[case] error: OpenError) {
        assert_eq!(Header::split_from(plaintext.as_bytes()), Err(error));
    }

    fn any_part() -> impl Strategy<Value = String> {
        proptest::collection::vec(any::<char>().prop_filter("a pattern", |c| *c != '*'), 1..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn a_header_round_trips(
            (namespace, name, key) in (any_part(), any_part(), any_part()),
            scope in prop_oneof![Just(Scope::Strict), Just(Scope::Namespace), Just(Scope::Cluster)],
            value: Vec<u8>,
        ) {
            let target = Target { namespace: &namespace, name: &name, key: &key };
            let header = Header {
                bound: Bound::to_target(&target, scope, None).unwrap(),
                sealed_on: Date::constant(2026, 1, 2),
                key_ids: vec!["0000000000000001".parse().unwrap(), "00000000000000ff".parse().unwrap()],
            };
            let plaintext = [header.to_line().as_slice(), b"\n", &value].concat();
            let (read, start) = Header::split_from(&plaintext).unwrap();
            prop_assert_eq!(read, header);
            prop_assert_eq!(&plaintext[start..], value);
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes: Vec<u8>) {
            prop_assert!(Header::split_from(&bytes).is_err());
        }
    }
}
