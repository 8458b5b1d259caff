//! The keyed digest of values: what may be written next to a Secret to tell later whether it changed.
//!
//! A digest without a key would let anyone who reads an annotation guess weak values offline; this one is
//! HMAC-SHA256 (RFC 2104, FIPS 198-1) under a key that only the operator holds.
//! Must never: hash secret bytes without the key, or join fields without their lengths.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The layout of what is hashed; a change of the layout is a new version, never the same one.
const VERSION: &[u8] = b"sealbridge/digest/v1";

/// What a digest is of, so that a digest of one thing can never pass for that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The values that went into a Secret, together with the declaration that used them.
    Inputs,
    /// The data that was written to a Secret.
    Written,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Inputs => b"inputs",
            Self::Written => b"written",
        }
    }
}

/// Names a digest key without telling anything about it: the first 4 bytes of the SHA-256 of the key's
/// label and bytes, as 8 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DigestKeyId([u8; 4]);

impl fmt::Display for DigestKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for DigestKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DigestKeyId {
    type Err = DigestKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 4];
        hex::decode_to_slice(text, &mut id).map_err(|_| DigestKeyError::Id)?;
        Ok(Self(id))
    }
}

/// Why a digest key or digest could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestKeyError {
    /// The key is not 32 bytes long.
    #[error("a digest key has exactly 32 bytes")]
    Length,
    /// The id is not 8 hex digits.
    #[error("a digest key id has exactly 8 hex digits")]
    Id,
    /// The digest is not 64 hex digits.
    #[error("a digest has exactly 64 hex digits")]
    Digest,
}

/// The 32-byte key under which digests are made. All replicas of one operator share it.
pub struct DigestKey {
    id: DigestKeyId,
    key: Zeroizing<[u8; 32]>,
}

impl DigestKey {
    /// Reads the key from its 32 raw bytes.
    ///
    /// # Errors
    /// [`DigestKeyError::Length`] for any other number of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DigestKeyError> {
        let key: [u8; 32] = bytes.try_into().map_err(|_| DigestKeyError::Length)?;
        let key = Zeroizing::new(key);
        let hash = Sha256::new().chain_update(b"sealbridge/digest-key-id/v1").chain_update(key.as_slice()).finalize();
        let mut id = [0; 4];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Ok(Self { id: DigestKeyId(id), key })
    }

    /// The public name of this key.
    #[must_use]
    pub fn id(&self) -> DigestKeyId {
        self.id
    }

    /// Starts a digest that is bound to `purpose`, to the owner's uid and to the target's name.
    #[must_use]
    pub fn digester(&self, purpose: Purpose, owner_uid: &str, target: &str) -> Digester {
        let mut digester = Digester(new_mac(&self.key));
        digester.field(VERSION);
        digester.field(&self.id.0);
        digester.field(owner_uid.as_bytes());
        digester.field(target.as_bytes());
        digester.field(purpose.label());
        digester
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn new_mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // A 32-byte key is shorter than the 64-byte block of SHA-256: it is padded with zeros (RFC 2104, 2).
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    <Hmac<Sha256> as Mac>::new(&block)
}

/// A digest in the making. Each field is preceded by its length, so that no two lists of fields collide.
pub struct Digester(Hmac<Sha256>);

impl Digester {
    /// Adds one field: its length as 8 bytes, big endian, then its bytes.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The digest of all fields so far.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into_bytes().into())
    }
}

/// A finished keyed digest, 32 bytes; shown as 64 hex digits. May be written down.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The 32 bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| DigestKeyError::Digest)?;
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> DigestKey {
        DigestKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn of(key: &DigestKey, purpose: Purpose, uid: &str, target: &str, fields: &[Vec<u8>]) -> Digest {
        let mut digester = key.digester(purpose, uid, target);
        for field in fields {
            digester.field(field);
        }
        digester.finish()
    }

    #[test]
    fn every_part_of_the_binding_changes_the_digest() {
        let fields = [b"a".to_vec()];
        let base = of(&key(1), Purpose::Inputs, "u", "t", &fields);
        assert_ne!(base, of(&key(2), Purpose::Inputs, "u", "t", &fields));
        assert_ne!(base, of(&key(1), Purpose::Written, "u", "t", &fields));
        assert_ne!(base, of(&key(1), Purpose::Inputs, "v", "t", &fields));
        assert_ne!(base, of(&key(1), Purpose::Inputs, "u", "s", &fields));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(DigestKey::from_bytes(&[0; 31]).unwrap_err(), DigestKeyError::Length);
    }

    #[test]
    fn debug_of_a_key_shows_its_id_only() {
        let key = key(0x41);
        assert_eq!(format!("{key:?}"), format!("DigestKey {{ id: {}, .. }}", key.id()));
    }

    proptest! {
        #[test]
        fn lists_of_fields_do_not_collide(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>) {
            let same = of(&key(1), Purpose::Inputs, "u", "t", &a) == of(&key(1), Purpose::Inputs, "u", "t", &b);
            prop_assert_eq!(same, a == b);
        }

        #[test]
        fn text_form_round_trips(fields: Vec<Vec<u8>>) {
            let digest = of(&key(1), Purpose::Written, "u", "t", &fields);
            prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        }
    }
}
