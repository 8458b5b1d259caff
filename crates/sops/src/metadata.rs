//! The metadata of a document: to whom the data key is sealed, what is encrypted, the MAC.
//!
//! Owns reading of old and new shapes and what is written anew. Must never drop an entry that it does not know.

use std::collections::BTreeSet;

use sealbridge_seal::{KeyId, Recipient};
use serde_json::{Map, Value, json};

use crate::error::SopsError;
use crate::keys::Recipients;
use crate::limits::MAX_KEYS;
use crate::selector::Selector;

/// What is written as `version`: the release of sops whose format this is.
pub(crate) const VERSION: &str = "3.13.3";

/// Key types that other tools open.
const FOREIGN: [&str; 6] = ["kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "pgp"];

const SELECTORS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// The metadata. Nothing in it is secret; it can be read without a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata(Map<String, Value>);

/// The data key, or a share of it, sealed to one age recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeKey<'a> {
    /// The recipient as written; nothing proves it until the key is opened.
    pub recipient: &'a str,
    /// One armored age file.
    pub enc: &'a str,
}

/// Keys of which each alone opens the data key, or one share of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroup<'a> {
    /// Keys for age.
    pub age: Vec<AgeKey<'a>>,
    /// Keys of other kinds, as `kms arn:…`.
    pub foreign: Vec<String>,
}

impl Metadata {
    pub(crate) fn new(selector: &Selector, mac_only_encrypted: bool) -> Self {
        let (field, text) = selector.field();
        let mut fields = Map::new();
        fields.insert(field.to_owned(), json!(text));
        if mac_only_encrypted {
            fields.insert("mac_only_encrypted".to_owned(), json!(true));
        }
        fields.insert("version".to_owned(), json!(VERSION));
        Self(fields)
    }

    pub(crate) fn from_fields(fields: Map<String, Value>) -> Result<Self, SopsError> {
        let metadata = Self(fields);
        let groups = metadata.key_groups()?;
        let keys: usize = groups.iter().map(|group| group.age.len() + group.foreign.len()).sum();
        if keys == 0 {
            return Err(SopsError::Metadata { problem: "there is no key" });
        }
        if keys > MAX_KEYS {
            return Err(SopsError::TooLarge { what: "keys", limit: MAX_KEYS });
        }
        metadata.lastmodified()?;
        Ok(metadata)
    }

    pub(crate) fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn set(&mut self, field: &str, value: Value) {
        self.0.insert(field.to_owned(), value);
    }

    /// The groups: one of the flat lists if any of them has an entry, else those of `key_groups`.
    ///
    /// # Errors
    /// [`SopsError::Metadata`] for a list that is none, or an age entry without recipient or key.
    pub fn key_groups(&self) -> Result<Vec<KeyGroup<'_>>, SopsError> {
        let flat = group(&self.0)?;
        if !flat.age.is_empty() || !flat.foreign.is_empty() {
            return Ok(vec![flat]);
        }
        let malformed = SopsError::Metadata { problem: "key_groups is no list of maps" };
        match self.0.get("key_groups") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(groups)) => {
                groups.iter().map(|fields| fields.as_object().ok_or(malformed.clone()).and_then(group)).collect()
            }
            Some(_) => Err(malformed),
        }
    }

    /// How many groups must open their share.
    pub(crate) fn threshold(&self, groups: usize) -> usize {
        let written = self.0.get("shamir_threshold").and_then(|value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64().and_then(|number| usize::try_from(number).ok()),
        });
        written.filter(|threshold| *threshold > 0).unwrap_or(groups)
    }

    /// Replaces all age keys. Entries of other kinds stay in a document of one group.
    pub(crate) fn set_age_keys(&mut self, groups: &[Vec<(String, String)>], threshold: usize) {
        let list = |keys: &Vec<(String, String)>| -> Value {
            keys.iter().map(|(recipient, enc)| json!({"recipient": recipient, "enc": enc})).collect()
        };
        self.0.remove("key_groups");
        self.0.remove("shamir_threshold");
        if let [only] = groups {
            self.0.insert("age".to_owned(), list(only));
            return;
        }
        self.0.remove("age");
        let groups: Vec<Value> = groups.iter().map(|keys| json!({"hc_vault": [], "age": list(keys)})).collect();
        self.0.insert("key_groups".to_owned(), Value::Array(groups));
        self.0.insert("shamir_threshold".to_owned(), json!(threshold));
    }

    /// The selector; documents without one leave keys that end with `_unencrypted` plain.
    ///
    /// # Errors
    /// [`SopsError::Selector`] if there is more than one.
    pub fn selector(&self) -> Result<Selector, SopsError> {
        let mut written = SELECTORS.iter().filter_map(|field| Selector::of_field(field, self.text(field)?));
        let first = written.next().unwrap_or_default();
        if written.next().is_some() {
            return Err(SopsError::Selector { problem: "there is more than one selector" });
        }
        Ok(first)
    }

    /// Whether the MAC covers encrypted leaves only.
    #[must_use]
    pub fn mac_only_encrypted(&self) -> bool {
        match self.0.get("mac_only_encrypted") {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) => matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"),
            Some(Value::Number(number)) => number.as_i64() != Some(0),
            _ => false,
        }
    }

    pub(crate) fn mac(&self) -> Option<&str> {
        self.text("mac")
    }

    /// The day of the last change, UTC, as claimed.
    #[must_use]
    pub fn changed_on(&self) -> Option<jiff::civil::Date> {
        let changed = self.text("lastmodified")?.parse::<jiff::Timestamp>().ok()?;
        Some(changed.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// The moment of the last change as the MAC is bound to it: RFC 3339 in seconds.
    pub(crate) fn lastmodified(&self) -> Result<String, SopsError> {
        let problem = "lastmodified is no RFC 3339 time";
        let text = self.text("lastmodified").ok_or(SopsError::Metadata { problem })?;
        text.parse::<jiff::Timestamp>().map_err(|_| SopsError::Metadata { problem })?;
        let (seconds, zone) = match text.split_once('.') {
            Some((seconds, fraction)) => (seconds, fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())),
            None => (text, ""),
        };
        let text = format!("{seconds}{zone}");
        Ok(text.strip_suffix("+00:00").map_or(text.clone(), |seconds| format!("{seconds}Z")))
    }

    /// Whether the age keys are those of `recipients`, group by group, and no others. Keys of other kinds are not
    /// looked at.
    ///
    /// # Errors
    /// Those of [`Metadata::key_groups`].
    pub fn is_sealed_to(&self, recipients: &Recipients) -> Result<bool, SopsError> {
        let groups = self.key_groups()?;
        let written = |group: &KeyGroup<'_>| group.age.iter().map(|key| key.recipient.to_owned()).collect::<BTreeSet<_>>();
        let wanted = |group: &Vec<Recipient>| group.iter().map(Recipient::to_string).collect::<BTreeSet<_>>();
        let is_same = groups.iter().map(written).eq(recipients.all().iter().map(wanted));
        Ok(is_same && (groups.len() < 2 || self.threshold(groups.len()) == recipients.threshold()))
    }

    /// The age recipients of all groups, as written.
    ///
    /// # Errors
    /// Those of [`Metadata::key_groups`].
    pub fn recipients(&self) -> Result<Vec<&str>, SopsError> {
        Ok(self.key_groups()?.iter().flat_map(|group| &group.age).map(|key| key.recipient).collect())
    }

    /// The ids of those of [`Metadata::recipients`] that have one, in the order of the document. A key that stands in
    /// several groups comes several times; SSH keys and those of plugins have no id.
    ///
    /// # Errors
    /// Those of [`Metadata::key_groups`].
    pub fn key_ids(&self) -> Result<Vec<KeyId>, SopsError> {
        let recipients = self.recipients()?.into_iter().filter_map(|recipient| recipient.parse::<Recipient>().ok());
        Ok(recipients.map(|recipient| recipient.id()).collect())
    }
}

fn group(fields: &Map<String, Value>) -> Result<KeyGroup<'_>, SopsError> {
    let entries = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Ok(&[][..]),
        Some(Value::Array(entries)) => Ok(entries.as_slice()),
        Some(_) => Err(SopsError::Metadata { problem: "a list of keys is no list" }),
    };
    let age = entries("age")?.iter().map(|entry| {
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        let key = text("recipient").zip(text("enc")).map(|(recipient, enc)| AgeKey { recipient, enc });
        key.ok_or(SopsError::Metadata { problem: "an age key has no recipient or no enc" })
    });
    let mut foreign = Vec::new();
    for kind in FOREIGN {
        for entry in entries(kind)? {
            let name = ["arn", "resource_id", "vault_url", "vault_address", "key_id", "fp"];
            let name = name.iter().find_map(|field| entry.get(*field).and_then(Value::as_str)).unwrap_or_default();
            foreign.push(format!("{kind} {name}").trim_end().to_owned());
        }
    }
    Ok(KeyGroup { age: age.collect::<Result<_, _>>()?, foreign })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_seal::KeyPair;

    fn of(value: &Value) -> Metadata {
        Metadata(value.as_object().unwrap().clone())
    }

    #[rstest]
    #[case(json!({}), Ok(Selector::default()))]
    #[case(json!({"encrypted_regex": "^data$", "unencrypted_suffix": ""}), Ok(Selector::EncryptedRegex("^data$".to_owned())))]
    #[case(json!({"encrypted_regex": "a", "encrypted_suffix": "b"}), Err(SopsError::Selector { problem: "there is more than one selector" }))]
    fn one_selector_at_most(#[case] fields: Value, #[case] selector: Result<Selector, SopsError>) {
        assert_eq!(of(&fields).selector(), selector);
    }

    #[rstest]
    #[case("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z")]
    #[case("2026-11-21T10:00:00.123Z", "2026-11-21T10:00:00Z")]
    #[case("2026-11-21T10:00:00+00:00", "2026-11-21T10:00:00Z")]
    #[case("2026-11-21T10:00:00+02:00", "2026-11-21T10:00:00+02:00")]
    fn the_mac_is_bound_to_the_time_in_seconds(#[case] written: &str, #[case] bound: &str) {
        assert_eq!(of(&json!({"lastmodified": written})).lastmodified().as_deref(), Ok(bound));
    }

    #[test]
    fn old_files_with_empty_lists_and_both_shapes_are_read() {
        let key = json!({"recipient": "age1x", "enc": "e"});
        let old = of(&json!({"kms": [], "pgp": null, "hc_vault": [], "age": [key.clone()], "key_groups": [{"age": []}]}));
        assert_eq!(old.recipients().unwrap(), ["age1x"]);
        let grouped = of(&json!({"kms": [], "key_groups": [{"age": [key]}, {"pgp": [{"fp": "F"}]}], "shamir_threshold": "2"}));
        let groups = grouped.key_groups().unwrap();
        assert_eq!((groups.len(), groups[1].foreign.as_slice()), (2, &["pgp F".to_owned()][..]));
        assert_eq!(grouped.threshold(2), 2);
    }
    #[test]
    fn ids_come_in_the_order_of_the_document_and_of_age_keys_only() {
        let [one, other] = [(); 2].map(|()| KeyPair::generate().unwrap().recipient().clone());
        let key = |recipient: &str| json!({"recipient": recipient, "enc": "e"});
        let [first, second] = [one.to_string(), other.to_string()];
        let flat = of(&json!({"age": [key(&first), key("ssh-ed25519 AAAA"), key(&second)], "pgp": [{"fp": "F"}]}));
        assert_eq!(flat.key_ids(), Ok(vec![one.id(), other.id()]));
        let groups = of(&json!({"key_groups": [{"age": [key(&second)]}, {"age": [key(&first), key(&second)]}]}));
        assert_eq!(groups.key_ids(), Ok(vec![other.id(), one.id(), other.id()]));
        assert!(of(&json!({"age": {}})).key_ids().is_err());
    }
}
