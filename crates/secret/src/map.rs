//! The data of one Secret: entry names to values, in the order of the names.

use std::collections::BTreeMap;
use std::fmt;

use crate::SecretBytes;

/// Entry names (public) and their values (secret), ordered by name.
#[derive(Default, PartialEq, Eq)]
pub struct SecretMap(BTreeMap<String, SecretBytes>);

impl SecretMap {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an entry; a value that stood there before is returned.
    pub fn insert(&mut self, key: String, value: SecretBytes) -> Option<SecretBytes> {
        self.0.insert(key, value)
    }

    /// The value of an entry.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SecretBytes> {
        self.0.get(key)
    }

    /// Entries in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SecretBytes)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        self.iter().map(|(key, value)| (key.to_owned(), value.duplicate())).collect()
    }

    /// The sum of the bytes of all names and values.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

impl FromIterator<(String, SecretBytes)> for SecretMap {
    fn from_iter<I: IntoIterator<Item = (String, SecretBytes)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl fmt::Debug for SecretMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
