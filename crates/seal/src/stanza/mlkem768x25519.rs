//! The post-quantum recipient type of age (C2SP age.md, "The MLKEM768-X25519 recipient type"): a file key sealed by
//! HPKE (RFC 9180) with the hybrid KEM of draft-ietf-hpke-pq, so that it stays closed while either of the two holds.
//!
//! Owns wrapping and unwrapping of a file key. Must never keep an ephemeral or shared secret, nor draw from
//! AWS-LC's own generator; see [`super::x25519`].

mod hpke;
mod kem;

use std::collections::HashSet;
use std::io;

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::{file_key, only_argument};
pub(crate) use kem::{PublicKey, SEED_BYTES};

/// The first word of a stanza of this type.
pub(crate) const TAG: &str = "mlkem768x25519";

/// Keeps this type apart from all others in one file: age refuses recipients whose labels differ.
const LABEL: &str = "postquantum";

/// The private half.
pub(crate) struct SecretKey(kem::SecretKey);

impl SecretKey {
    /// `None` only if AWS-LC cannot allocate: all 32-byte strings are seeds.
    pub(crate) fn from_seed(seed: &[u8; SEED_BYTES]) -> Option<Self> {
        kem::SecretKey::from_seed(seed).map(Self)
    }

    pub(crate) fn public(&self) -> &PublicKey {
        self.0.public()
    }

    /// `Ok(None)` if the stanza is for another key.
    fn unwrap_file_key(&self, stanza: &Stanza) -> Result<Option<FileKey>, DecryptError> {
        let encapsulated = only_argument(stanza)?;
        let shared = self.0.decapsulate(&encapsulated).ok_or(DecryptError::InvalidHeader)?;
        let mut body = Zeroizing::new(stanza.body.clone());
        Ok(hpke::open(&shared, &mut body).map(file_key))
    }
}

impl age::Identity for SecretKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        self.unwrap_file_key(stanza).transpose()
    }
}

impl age::Recipient for PublicKey {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let failed = || EncryptError::Io(io::Error::other("no ephemeral key"));
        let (encapsulated, shared) = self.encapsulate().ok_or_else(failed)?;
        let body = hpke::seal(&shared, file_key.expose_secret()).ok_or_else(failed)?;
        let stanza = Stanza { tag: TAG.to_owned(), args: vec![BASE64_STANDARD_NO_PAD.encode(encapsulated)], body };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

#[cfg(test)]
mod tests;
