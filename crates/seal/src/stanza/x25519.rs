//! The X25519 recipient type of age (C2SP age.md, "The X25519 recipient type") on AWS-LC.
//!
//! Owns wrapping and unwrapping of a file key. Must never keep an ephemeral or shared secret, nor draw from
//! AWS-LC's own generator: its first use costs a short-lived process 30 ms.

mod low_order;

use std::collections::HashSet;
use std::io;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, aead_encrypt, hkdf};
use age_core::secrecy::ExposeSecret;
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::{file_key, only_argument};
use crate::key_text::KEY_BYTES;

/// The first word of a stanza of this type.
pub(crate) const TAG: &str = "X25519";

const INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// The public half: a point of the curve, u-coordinate, little endian (RFC 7748).
#[derive(Clone)]
pub(crate) struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// `None` for a point of low order, with which every key agreement gives zero.
    pub(crate) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Option<Self> {
        (!low_order::is_one(&bytes)).then_some(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// The private half, with its public half at hand because every stanza needs it.
pub(crate) struct SecretKey {
    private: PrivateKey,
    public: [u8; KEY_BYTES],
}

impl SecretKey {
    /// `None` only if AWS-LC cannot allocate: all 32-byte strings are private keys.
    pub(crate) fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Option<Self> {
        let private = PrivateKey::from_private_key(&X25519, bytes).ok()?;
        let public = private.compute_public_key().ok()?.as_ref().try_into().ok()?;
        Some(Self { private, public })
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(self.public)
    }

    /// `None` if the result is zero, which RFC 7748, section 6.1 tells to refuse.
    pub(crate) fn agree<R>(&self, share: &[u8; KEY_BYTES], derive: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let share = UnparsedPublicKey::new(&X25519, share);
        agreement::agree(&self.private, share, (), |shared| Ok(derive(shared))).ok()
    }

    /// `Ok(None)` if the stanza is for another key.
    fn unwrap_file_key(&self, stanza: &Stanza) -> Result<Option<FileKey>, DecryptError> {
        let share = only_argument(stanza)?;
        let key = self.agree(&share, |shared| wrapping_key(&share, &self.public, shared)).ok_or(DecryptError::InvalidHeader)?;
        let unwrapped = aead_decrypt(&key, FILE_KEY_BYTES, &stanza.body).map(Zeroizing::new);
        Ok(unwrapped.ok().map(|unwrapped| file_key(&unwrapped)))
    }
}

fn wrapping_key(share: &[u8; KEY_BYTES], recipient: &[u8; KEY_BYTES], shared: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    Zeroizing::new(hkdf([*share, *recipient].as_flattened(), INFO, shared))
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
        let mut scalar = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(scalar.as_mut_slice()).map_err(|_| failed())?;
        let ephemeral = SecretKey::from_bytes(&scalar).ok_or_else(failed)?;
        let key = ephemeral.agree(&self.0, |shared| wrapping_key(&ephemeral.public, &self.0, shared)).ok_or_else(failed)?;
        let stanza = Stanza {
            tag: TAG.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(ephemeral.public)],
            body: aead_encrypt(&key, file_key.expose_secret()),
        };
        Ok((vec![stanza], HashSet::new()))
    }
}

#[cfg(test)]
mod tests;
