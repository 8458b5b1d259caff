//! One value as text, `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`: AES-256-GCM with a nonce of 32 bytes, bound
//! to the path of the value.
//!
//! Owns the value format and which nonce is used. Must never use one nonce for two plaintexts.

use std::collections::HashMap;

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce, Tag};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::SopsError;

/// The data key of a document, in bytes.
pub(crate) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const PREFIX: &str = "ENC[AES256_GCM,data:";
/// The word behind `type:` of an encrypted comment.
pub(crate) const COMMENT: &str = "comment";

type NonceText = [u8; NONCE_BYTES];

/// The data key, and the key schedule that all values share.
pub(crate) struct DataKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    aes: Aes256,
    gcm: AesGcm<Aes256, U32>,
}

/// What one ciphertext holds.
pub(crate) struct Opened<'a> {
    /// The word behind `type:`.
    pub(crate) kind: &'a str,
    /// The plain bytes.
    pub(crate) plain: SecretBytes,
    /// The nonce, when it has the length that is written.
    pub(crate) nonce: Option<NonceText>,
}

impl DataKey {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SopsError> {
        let bytes = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(bytes).map_err(|_| SopsError::DataKey)?);
        let aes = Aes256::new_from_slice(bytes.as_slice()).map_err(|_| SopsError::DataKey)?;
        let gcm = AesGcm::from(aes.clone());
        Ok(Self { bytes, aes, gcm })
    }

    pub(crate) fn generate() -> Result<Self, SopsError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| SopsError::Randomness)?;
        Self::from_bytes(bytes.as_slice())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The text of a value that is not empty. `aad` is the path, each element followed by a colon.
    pub(crate) fn seal(&self, nonce: &NonceText, aad: &str, kind: &str, plain: &[u8]) -> Result<String, SopsError> {
        let mut data = plain.to_vec();
        let sealed = self.gcm.encrypt_in_place_detached(Nonce::<U32>::from_slice(nonce), aad.as_bytes(), &mut data);
        let tag = sealed.map_err(|_| SopsError::TooLarge { what: "bytes in one value", limit: crate::MAX_BYTES })?;
        let mut text = String::with_capacity(PREFIX.len() + data.len() * 4 / 3 + 120);
        text.push_str(PREFIX);
        BASE64_STANDARD.encode_string(&data, &mut text);
        text.push_str(",iv:");
        BASE64_STANDARD.encode_string(nonce, &mut text);
        text.push_str(",tag:");
        BASE64_STANDARD.encode_string(tag, &mut text);
        text.push_str(",type:");
        text.push_str(kind);
        text.push(']');
        Ok(text)
    }

    /// What a text holds; `None` if it is not of the format, or was not sealed with this key for this path.
    pub(crate) fn open<'a>(&self, text: &'a str, aad: &str) -> Option<Opened<'a>> {
        let (data, rest) = text.strip_prefix(PREFIX)?.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, rest) = rest.split_once(",type:")?;
        let kind = rest.strip_suffix(']')?;
        let mut plain = Zeroizing::new(BASE64_STANDARD.decode(data).ok()?);
        let iv = BASE64_STANDARD.decode(iv).ok()?;
        let tag: [u8; TAG_BYTES] = BASE64_STANDARD.decode(tag).ok()?.try_into().ok()?;
        let tag = Tag::from_slice(&tag);
        let aad = aad.as_bytes();
        let nonce = match iv.len() {
            NONCE_BYTES => {
                self.gcm.decrypt_in_place_detached(Nonce::<U32>::from_slice(&iv), aad, &mut plain, tag).ok()?;
                iv.try_into().ok()
            }
            // Other writers' lengths: the usual one of GCM, and that of an AES block.
            12 => {
                let gcm = AesGcm::<Aes256, U12>::from(self.aes.clone());
                gcm.decrypt_in_place_detached(Nonce::<U12>::from_slice(&iv), aad, &mut plain, tag).ok()?;
                None
            }
            16 => {
                let gcm = AesGcm::<Aes256, U16>::from(self.aes.clone());
                gcm.decrypt_in_place_detached(Nonce::<U16>::from_slice(&iv), aad, &mut plain, tag).ok()?;
                None
            }
            _ => return None,
        };
        Some(Opened { kind, plain: SecretBytes::from(plain), nonce })
    }
}

/// Whether a text is written like a ciphertext.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX) && text.ends_with(']')
}

/// Whether a text claims to be the ciphertext of a comment.
pub(crate) fn is_sealed_comment(text: &str) -> bool {
    is_sealed(text) && text.strip_suffix(']').and_then(|text| text.rsplit_once(",type:")).is_some_and(|(_, kind)| kind == COMMENT)
}

/// The nonces under which values stood before: the same value at the same path keeps its ciphertext.
#[derive(Default)]
pub(crate) struct Nonces(HashMap<[u8; 32], NonceText>);

impl Nonces {
    pub(crate) fn remember(&mut self, aad: &str, kind: &str, plain: &[u8], nonce: NonceText) {
        self.0.insert(digest(aad, kind, plain), nonce);
    }

    /// The nonce of exactly this value at this path, else a new one.
    pub(crate) fn nonce(&self, aad: &str, kind: &str, plain: &[u8]) -> Result<NonceText, SopsError> {
        if !self.0.is_empty()
            && let Some(nonce) = self.0.get(&digest(aad, kind, plain))
        {
            return Ok(*nonce);
        }
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SopsError::Randomness)?;
        Ok(nonce)
    }
}

fn digest(aad: &str, kind: &str, plain: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [aad.as_bytes(), kind.as_bytes(), plain] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> DataKey {
        DataKey::from_bytes(&[7; KEY_BYTES]).unwrap()
    }

    proptest! {
        #[test]
        fn a_value_opens_at_its_path_only(plain in prop::collection::vec(any::<u8>(), 1..200), nonce: [u8; 32]) {
            let text = key().seal(&nonce, "a:b:", "str", &plain).unwrap();
            let opened = key().open(&text, "a:b:").unwrap().plain;
            prop_assert_eq!(opened.expose(), plain.as_slice());
            prop_assert!(key().open(&text, "a:c:").is_none());
            prop_assert!(DataKey::from_bytes(&[8; KEY_BYTES]).unwrap().open(&text, "a:b:").is_none());
        }

        #[test]
        fn a_changed_text_does_not_open(position in 0..150usize, nonce: [u8; 32]) {
            let text = key().seal(&nonce, "a:", "str", b"some value of some length").unwrap();
            let mut bytes = text.clone().into_bytes();
            let position = position % (bytes.len() - 5);
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(key().open(&changed, "a:").is_none());
        }
    }

    #[test]
    fn only_the_same_value_at_the_same_path_gets_its_nonce_again() {
        let mut nonces = Nonces::default();
        nonces.remember("a:", "str", b"x", [1; 32]);
        assert_eq!(nonces.nonce("a:", "str", b"x").unwrap(), [1; 32]);
        for (aad, kind, plain) in [("b:", "str", b"x"), ("a:", "int", b"x"), ("a:", "str", b"y")] {
            assert_ne!(nonces.nonce(aad, kind, plain).unwrap(), [1; 32]);
        }
    }
}
