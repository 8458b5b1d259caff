//! The private keys at hand, and the one way to open a value with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealbridge_secret::SecretBytes;

use crate::error::OpenError;
use crate::fingerprint::Fingerprint;
use crate::private_key::PrivateKey;
use crate::value::Parts;

/// Any number of private keys. A clone shares them, and what it learns of the others' order.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    /// The newest first.
    keys: Arc<[PrivateKey]>,
    /// The key that opened the last value: the values of a manifest are usually sealed with one, and a wrong
    /// key costs as much time as the right one.
    last: Arc<AtomicUsize>,
}

/// A value that was opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The raw bytes.
    pub value: SecretBytes,
    /// The key that opened it.
    pub key: Fingerprint,
}

impl KeyRing {
    /// Collects keys; one that is given twice is taken once.
    pub fn new(keys: impl IntoIterator<Item = PrivateKey>) -> Self {
        let mut keys: Vec<PrivateKey> = keys.into_iter().collect();
        keys.sort_by_key(|key| (std::cmp::Reverse(key.since()), key.fingerprint()));
        keys.dedup_by_key(|key| key.fingerprint());
        Self { keys: keys.into(), last: Arc::default() }
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The names of the keys, the newest first.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> {
        self.keys.iter().map(PrivateKey::fingerprint)
    }

    /// Opens a value that was sealed under `label`, see [`crate::Scope::label`]. The label has to be that of the
    /// object that is being made, never one that stands beside the value.
    ///
    /// # Errors
    /// [`OpenError`]; a value for another place cannot be told from one of another key.
    pub fn open(&self, text: &str, label: &str) -> Result<Opened, OpenError> {
        let parts = Parts::read(text)?;
        let last = self.last.load(Ordering::Relaxed);
        let others = (0..self.keys.len()).filter(|position| *position != last);
        for position in std::iter::once(last).chain(others) {
            let Some(key) = self.keys.get(position).filter(|key| key.size() == parts.wrapped.len()) else { continue };
            if let Some(session_key) = key.unwrap(&parts.wrapped, label) {
                self.last.store(position, Ordering::Relaxed);
                return Ok(Opened { value: parts.decrypt(&session_key)?, key: key.fingerprint() });
            }
        }
        Err(OpenError::NoKey { tried: self.keys.len() })
    }
}
