//! What a push makes of a Secret's data, and the documents that say so to the API server.
//!
//! Must never: leave a copy of an entry behind that is not wiped.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Standing;
use crate::json::{go_value, parse, quoted};
use crate::push::invalid;
use crate::select::by_name;
use crate::{Push, PushError};

const LONGEST_ENTRY: usize = 253;
const NO_OBJECT: PushError = PushError::Unfit(
    "the value is no JSON object, whose members would be a Secret's entries; name a property under remoteRef, or push a JSON object",
);
const NO_ENTRIES: PushError =
    PushError::Unfit("a member's name is none that an entry of a Secret can have; use letters, digits and -._");

/// Entries in base64; `None` is one that goes.
type Entries = BTreeMap<String, Option<Zeroizing<String>>>;

/// What is to stand there: all entries, or one.
pub(super) struct Wanted {
    entries: BTreeMap<String, Zeroizing<String>>,
    is_whole: bool,
}

impl Wanted {
    /// What a push wants, if a Secret can hold it.
    pub(super) fn of(push: &Push) -> Result<Self, PushError> {
        if let Some(property) = push.at.as_key().property.as_deref() {
            if !is_entry(property) {
                return Err(invalid(
                    "remoteRef.property",
                    "it is no name that an entry of a Secret can have; use letters, digits and -._",
                ));
            }
            return Ok(Self { entries: [(property.to_owned(), encoded(push.value.expose()))].into(), is_whole: false });
        }
        let text = std::str::from_utf8(push.value.expose()).map_err(|_| NO_OBJECT)?;
        let object = parse(text).map_err(|_| NO_OBJECT)?;
        let members = by_name(&object).map_err(|_| NO_OBJECT)?;
        if !members.keys().all(|name| is_entry(name)) {
            return Err(NO_ENTRIES);
        }
        let entries = members.into_iter().map(|(name, value)| (name, encoded(go_value(value).as_bytes())));
        Ok(Self { entries: entries.collect(), is_whole: true })
    }

    /// All of it, of a new Secret.
    pub(super) fn data(self) -> Entries {
        self.entries.into_iter().map(|(name, value)| (name, Some(value))).collect()
    }

    /// What differs.
    pub(super) fn over(self, standing: &Standing) -> Entries {
        let is_gone = |name: &&String| self.is_whole && !self.entries.contains_key(*name);
        let gone: Vec<String> = standing.data.keys().filter(is_gone).cloned().collect();
        let differs = |(name, value): &(String, Zeroizing<String>)| standing.data.get(name) != Some(value);
        let changed = self.entries.into_iter().filter(differs).map(|(name, value)| (name, Some(value)));
        changed.chain(gone.into_iter().map(|name| (name, None))).collect()
    }
}

/// What is changed of a Secret, beside everything else that stays.
#[derive(Default)]
pub(super) struct Change {
    pub(super) data: Entries,
    /// `None` is one that goes.
    pub(super) labels: BTreeMap<String, Option<String>>,
    /// `None` is one that goes.
    pub(super) annotations: BTreeMap<String, Option<String>>,
}

impl Change {
    /// Whether nothing differs.
    pub(super) fn is_none(&self) -> bool {
        self.data.is_empty() && self.labels.is_empty() && self.annotations.is_empty()
    }

    /// The metadata of a patch, which the server refuses if the Secret is another one by then, or somebody wrote to it: they may
    /// have taken the mark off.
    pub(super) fn metadata_over(&self, standing: &Standing) -> Value {
        json!({
            "uid": standing.uid, "resourceVersion": standing.version, "labels": self.labels, "annotations": self.annotations,
        })
    }
}

/// A JSON object of `members`, each as `"name":value`, and the data.
pub(super) fn document(members: &[&str], data: &Entries) -> Zeroizing<String> {
    let names: Vec<_> = data.keys().map(|name| quoted(name)).collect();
    let values = data.values().map(|value| value.as_ref().map_or("null".len(), |value| value.len() + 2));
    let room = members.iter().map(|member| member.len() + 1).sum::<usize>()
        + names.iter().zip(values).map(|(name, value)| name.len() + value + 2).sum::<usize>();
    // With room for all of it, no copy is left behind.
    let mut out = Zeroizing::new(String::with_capacity(room + "{\"data\":{}}".len()));
    out.push('{');
    for member in members {
        out.push_str(member);
        out.push(',');
    }
    out.push_str("\"data\":{");
    for (position, (name, value)) in names.iter().zip(data.values()).enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(name);
        out.push(':');
        match value {
            // Base64 needs no escapes.
            Some(value) => {
                out.push('"');
                out.push_str(value);
                out.push('"');
            }
            None => out.push_str("null"),
        }
    }
    out.push_str("}}");
    out
}

fn encoded(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}

fn is_entry(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=LONGEST_ENTRY).contains(&name.len()) && name.bytes().all(allowed) && name != "." && !name.starts_with("..")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn documents_are_json_and_their_buffers_never_move() {
        let data: Entries = [("a".to_owned(), Some(encoded(b"\x00\xff"))), ("b".to_owned(), None)].into();
        let text = document(&["\"kind\":\"Secret\"", "\"metadata\":{}"], &data);
        assert_eq!(*text, r#"{"kind":"Secret","metadata":{},"data":{"a":"AP8=","b":null}}"#);
        assert!(text.capacity() >= text.len() && text.capacity() < text.len() + 16);
        assert_eq!(*document(&[], &Entries::new()), r#"{"data":{}}"#);
    }

    #[test]
    fn a_patch_names_the_secret_that_was_read() {
        let (labels, annotations, data) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let standing = Standing { uid: "u".to_owned(), version: "7".to_owned(), labels, annotations, data };
        let change = Change { labels: [("a".to_owned(), None)].into(), ..Change::default() };
        let wanted = json!({"uid": "u", "resourceVersion": "7", "labels": {"a": null}, "annotations": {}});
        assert_eq!(change.metadata_over(&standing), wanted);
    }

    #[rstest]
    #[case("tls.crt", true)]
    #[case("A_b-1", true)]
    #[case("", false)]
    #[case(".", false)]
    #[case("..data", false)]
    #[case("a/b", false)]
    #[case("é", false)]
    fn entries(#[case] name: &str, #[case] wanted: bool) {
        assert_eq!(is_entry(name), wanted);
    }
}
