//! What is written beside the data of a Secret: digests, revision, and what was set by name.
//!
//! Owns: the text of these annotations, read and written.
//! Must never: hold a value, the length of one, or an unkeyed hash of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::labels;
use sealbridge_secret::{Digest, DigestKeyId};

/// The annotation [`labels::DIGEST`]: `<key id>:<inputs>:<written>`, hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The key under which both digests were made.
    pub key: DigestKeyId,
    /// Of everything that went into the Secret.
    pub inputs: Digest,
    /// Of the data that was written.
    pub written: Digest,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.key, self.inputs, self.written)
    }
}

/// The text is not a [`Stamp`]; somebody else wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest annotation")]
pub struct NotAStamp;

impl FromStr for Stamp {
    type Err = NotAStamp;

    fn from_str(text: &str) -> Result<Self, NotAStamp> {
        let mut parts = text.split(':');
        let (Some(key), Some(inputs), Some(written), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(NotAStamp);
        };
        Ok(Self {
            key: key.parse().map_err(|_| NotAStamp)?,
            inputs: inputs.parse().map_err(|_| NotAStamp)?,
            written: written.parse().map_err(|_| NotAStamp)?,
        })
    }
}

/// The names of the annotations that one owner keeps on a Secret. With `Merge` several owners share a Secret,
/// so each has names of its own, ended by its uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampNames {
    digest: String,
    revision: String,
}

impl StampNames {
    /// The names for the owner with this uid.
    #[must_use]
    pub fn of(policy: CreationPolicy, uid: &str) -> Self {
        match policy {
            CreationPolicy::Owner | CreationPolicy::Orphan => {
                Self { digest: labels::DIGEST.to_owned(), revision: labels::REVISION.to_owned() }
            }
            CreationPolicy::Merge | CreationPolicy::CreateOrMerge | CreationPolicy::None => {
                Self { digest: format!("{}-{uid}", labels::DIGEST), revision: format!("{}-{uid}", labels::REVISION) }
            }
        }
    }

    /// Of the annotation that holds the [`Stamp`].
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Of the annotation that holds the revision: a random id that changes exactly when the data that the owner
    /// writes changes.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// What the owner wrote on a Secret with these annotations: the stamp, if it can be read, and the revision.
    #[must_use]
    pub fn read(&self, annotations: &BTreeMap<String, String>) -> (Option<Stamp>, Option<String>) {
        let stamp = annotations.get(&self.digest).and_then(|text| text.parse().ok());
        let revision = annotations.get(&self.revision).filter(|text| is_revision(text)).cloned();
        (stamp, revision)
    }
}

fn is_revision(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A new revision id: 8 random bytes, as 16 hex digits.
pub(super) fn new_revision() -> Result<String, super::TargetError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| super::TargetError::NoRandomness)?;
    Ok(hex::encode(bytes))
}

/// Names of labels and annotations that were set because the object asks for them, so that they can be removed
/// when it no longer does: `<labels>;<annotations>`, each joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SetByName {
    pub(super) labels: BTreeSet<String>,
    pub(super) annotations: BTreeSet<String>,
}

impl SetByName {
    pub(super) fn of(labels: &BTreeMap<String, String>, annotations: &BTreeMap<String, String>) -> Self {
        // What nobody asked for is not removed because nobody asks for it.
        let asked = |names: &BTreeMap<String, String>| names.keys().filter(|name| !labels::is_reserved(name)).cloned().collect();
        Self { labels: asked(labels), annotations: asked(annotations) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.annotations.is_empty()
    }

    /// Reads the annotation leniently: what somebody else wrote there names nothing of ours.
    pub(super) fn read(text: &str) -> Self {
        let (labels, annotations) = text.split_once(';').unwrap_or_default();
        // A forged list must not make the operator remove its own marks.
        let list = |text| names(text).filter(|name| !labels::is_reserved(name)).collect();
        Self { labels: list(labels), annotations: list(annotations) }
    }
}

impl fmt::Display for SetByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", joined(&self.labels), joined(&self.annotations))
    }
}

/// What one object merges into a Secret of somebody else: `<object>;<entries>;<labels>;<annotations>`, each
/// list joined by commas, in an annotation whose name ends with the object's uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MergeRecord {
    /// The name of the BridgedSecret.
    pub(super) object: String,
    /// The names of its entries.
    pub(super) entries: BTreeSet<String>,
    /// Its labels and annotations.
    pub(super) set: SetByName,
}

impl MergeRecord {
    /// The name of the annotation for the object with this uid.
    pub(super) fn name(uid: &str) -> String {
        format!("{}{uid}", labels::MERGED_PREFIX)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (object, rest) = text.split_once(';')?;
        let (entries, set) = rest.split_once(';')?;
        Some(Self { object: object.to_owned(), entries: names(entries).collect(), set: SetByName::read(set) })
    }

    /// All records on a Secret, by uid.
    pub(super) fn all(annotations: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, Self)> {
        annotations.iter().filter_map(|(name, text)| {
            let uid = name.strip_prefix(labels::MERGED_PREFIX)?;
            Some((uid, Self::read(text)?))
        })
    }
}

impl fmt::Display for MergeRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{};{}", self.object, joined(&self.entries), self.set)
    }
}

fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned)
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use sealbridge_secret::{DigestKey, Purpose};

    fn stamp(byte: u8) -> Stamp {
        let key = DigestKey::from_bytes(&[byte; 32]).unwrap();
        let digest = |purpose| key.digester(purpose, "uid", "name").finish();
        Stamp { key: key.id(), inputs: digest(Purpose::Inputs), written: digest(Purpose::Written) }
    }

    proptest! {
        #[test]
        fn a_stamp_reads_back(byte: u8) {
            let stamp = stamp(byte);
            prop_assert_eq!(stamp.to_string().parse(), Ok(stamp));
        }

        #[test]
        fn a_merge_record_reads_back(
            object in "[a-z][a-z0-9.-]{0,20}",
            entries in proptest::collection::btree_set("[-._a-zA-Z0-9]{1,20}", 0..5),
            labels in proptest::collection::btree_set("[a-z]{1,9}(/[a-zA-Z._-]{1,9})?", 0..3),
            annotations in proptest::collection::btree_set("[a-z]{1,9}(/[a-zA-Z._-]{1,9})?", 0..3),
        ) {
            let record = MergeRecord { object, entries, set: SetByName { labels, annotations } };
            prop_assert_eq!(MergeRecord::read(&record.to_string()), Some(record));
        }
    }

    #[rstest]
    #[case::empty("")]
    #[case::short("a:b")]
    #[case::no_hex("zzzzzzzz:00:00")]
    #[case::one_part_more(&format!("{}:00", stamp(1)))]
    fn foreign_text_is_no_stamp(#[case] text: &str) {
        assert_eq!(text.parse::<Stamp>(), Err(NotAStamp));
    }

    #[test]
    fn each_merging_owner_has_names_of_its_own() {
        let one = StampNames::of(CreationPolicy::Merge, "uid-1");
        let two = StampNames::of(CreationPolicy::Merge, "uid-2");
        assert_ne!(one.digest, two.digest);
        assert_ne!(one.revision, two.revision);
        assert_ne!(one.digest, StampNames::of(CreationPolicy::Owner, "uid-1").digest);
    }

    #[test]
    fn a_forged_list_cannot_name_marks_of_ours() {
        let set = SetByName::read("sealbridge.dev/managed,app;sealbridge.dev/owner");
        assert_eq!(set.labels, BTreeSet::from(["app".to_owned()]));
        assert!(set.annotations.is_empty());
    }
}
