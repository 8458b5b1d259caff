//! What is read in one piece: of a key in a store, at a version, its value or what the store knows about it; or all
//! keys that a search finds.

use std::collections::BTreeMap;

/// One read. Two entries with an equal `RemoteKey` share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteKey {
    /// The path or name as the manifest gives it. Of a search the path below which it looks; empty is everywhere.
    pub key: String,
    /// The version in the store's notation; `None` is the newest.
    pub version: Option<String>,
    /// What is read there.
    pub what: What,
}

/// What is read at a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The value.
    #[default]
    Value,
    /// What the store knows about the value: its tags or custom metadata, as a JSON object.
    Metadata,
    /// The values of all keys that are found.
    Search(Search),
}

/// Which keys a search finds: those that are everything that is asked for; of nothing asked for, all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Search {
    /// A regular expression (RE2 syntax, not anchored) that has to be found in the full name.
    pub name: Option<String>,
    /// Tags, or custom metadata, that all have to be there with these values.
    pub tags: BTreeMap<String, String>,
}

impl RemoteKey {
    /// The value of a key.
    #[must_use]
    pub fn value(key: impl Into<String>, version: Option<String>) -> Self {
        Self { key: key.into(), version, what: What::Value }
    }

    /// What the store knows about a key.
    #[must_use]
    pub fn metadata(key: impl Into<String>, version: Option<String>) -> Self {
        Self { key: key.into(), version, what: What::Metadata }
    }

    /// All keys below `path` that are found.
    #[must_use]
    pub fn search(path: impl Into<String>, search: Search) -> Self {
        Self { key: path.into(), version: None, what: What::Search(search) }
    }
}
