//! The MAC over a document: SHA-512 of all plain bytes in order, encrypted like a value.
//!
//! Owns what is summed up. Must never write the sum without the data key over it: it is a hash of secrets.

use sealbridge_secret::SecretBytes;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::cipher::{DataKey, Nonces};
use crate::error::SopsError;
use crate::metadata::Metadata;

pub(crate) struct Mac {
    hash: Sha512,
    only_encrypted: bool,
}

impl Mac {
    /// With `only_encrypted` the sum begins with a value of its own, so that no sum of one mode passes for one of
    /// the other.
    pub(crate) fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(Sha256::digest(b"sops"));
        }
        Self { hash, only_encrypted }
    }

    pub(crate) fn add(&mut self, is_encrypted: bool, bytes: &SecretBytes) {
        if is_encrypted || !self.only_encrypted {
            self.hash.update(bytes.expose());
        }
    }

    /// The sum in upper-case hex.
    pub(crate) fn finish(self) -> Zeroizing<String> {
        Zeroizing::new(self.hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect())
    }
}

/// Compares the sum with what the metadata holds.
pub(crate) fn check(metadata: &Metadata, key: &DataKey, sum: &str) -> Result<(), SopsError> {
    let written = metadata.mac().ok_or(SopsError::MacMissing)?;
    let opened = key.open(written, &metadata.lastmodified()?).ok_or(SopsError::MacMismatch)?;
    let sum = SecretBytes::new(sum.as_bytes().to_vec());
    if opened.plain == sum { Ok(()) } else { Err(SopsError::MacMismatch) }
}

/// The sum as it is written, bound to the moment of the change.
pub(crate) fn seal(key: &DataKey, lastmodified: &str, sum: &str) -> Result<String, SopsError> {
    let nonce = Nonces::default().nonce(lastmodified, "str", sum.as_bytes())?;
    key.seal(&nonce, lastmodified, "str", sum.as_bytes())
}
