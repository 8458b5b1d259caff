//! The bytes of one sealed value.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::error::{OpenError, SealError};

/// The longest value, in bytes: what a Secret can hold.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Bytes around a value: the length, the largest RSA block, the tag.
const OVERHEAD: usize = 2 + 1024 + TAG;
const TAG: usize = 16;
const KEY: usize = 32;
/// Each value has a key of its own, so that the nonce may be the same.
const NONCE: [u8; 12] = [0; 12];

/// A sealed value, taken apart.
pub(crate) struct Parts {
    /// The value's own key, wrapped.
    pub(crate) wrapped: Vec<u8>,
    sealed: Vec<u8>,
}

impl Parts {
    pub(crate) fn read(text: &str) -> Result<Self, OpenError> {
        if text.len() > (MAX_VALUE_BYTES + OVERHEAD).div_ceil(3) * 4 {
            return Err(OpenError::TooLarge);
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| OpenError::Malformed)?;
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(OpenError::Malformed)?;
        let (wrapped, sealed) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(OpenError::Malformed)?;
        if sealed.len() < TAG || !(256..=1024).contains(&wrapped.len()) {
            return Err(OpenError::Malformed);
        }
        Ok(Self { wrapped: wrapped.to_vec(), sealed: sealed.to_vec() })
    }

    pub(crate) fn decrypt(self, key: &[u8]) -> Result<SecretBytes, OpenError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| OpenError::Damaged)?;
        let mut bytes = Zeroizing::new(self.sealed);
        let opened = LessSafeKey::new(key).open_in_place(Nonce::assume_unique_for_key(NONCE), Aad::empty(), &mut bytes);
        let length = opened.map_err(|_| OpenError::Damaged)?.len();
        bytes.truncate(length);
        Ok(SecretBytes::from(bytes))
    }
}

/// Judges the outside of a sealed value, without any key.
///
/// # Errors
/// [`OpenError::Malformed`] or [`OpenError::TooLarge`].
pub fn ensure_is_sealed(text: &str) -> Result<(), OpenError> {
    Parts::read(text).map(drop)
}

/// Seals a value under `label`, see [`crate::Scope::label`].
///
/// # Errors
/// [`SealError`].
pub fn seal(value: &[u8], label: &str, certificate: &Certificate) -> Result<String, SealError> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(SealError::TooLarge);
    }
    let mut session_key = Zeroizing::new([0; KEY]);
    aws_lc_rs::rand::fill(session_key.as_mut_slice()).map_err(|_| SealError::Unusable)?;
    let mut wrapped = vec![0; certificate.key.ciphertext_size()];
    let encrypted = certificate.key.encrypt(&OAEP_SHA256_MGF1SHA256, session_key.as_slice(), &mut wrapped, Some(label.as_bytes()));
    let length = encrypted.map_err(|_| SealError::Unusable)?.len();
    wrapped.truncate(length);
    let key = UnboundKey::new(&AES_256_GCM, session_key.as_slice()).map_err(|_| SealError::Unusable)?;
    // The whole capacity at once, so that no plaintext is left behind by growing.
    let mut sealed = Zeroizing::new(Vec::with_capacity(value.len() + TAG));
    sealed.extend_from_slice(value);
    LessSafeKey::new(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(NONCE), Aad::empty(), &mut *sealed)
        .map_err(|_| SealError::Unusable)?;
    let length = u16::try_from(wrapped.len()).map_err(|_| SealError::Unusable)?;
    let bytes = [length.to_be_bytes().as_slice(), &wrapped, &sealed].concat();
    Ok(BASE64_STANDARD.encode(bytes))
}
