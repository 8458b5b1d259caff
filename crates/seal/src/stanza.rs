//! How the key of an age file is wrapped for one recipient, one module per type of stanza.
//!
//! Owns the cryptography of stanzas; the file around them is the `age` crate's. Must never: log, or let a
//! file choose how much work is done.

pub(crate) mod mlkem768x25519;
pub(crate) mod x25519;

use age::DecryptError;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::age_file::TAG_BYTES;

/// A wrapped file key with its authenticator.
const WRAPPED_BYTES: usize = FILE_KEY_BYTES + TAG_BYTES;

/// The one argument of a stanza, `N` public bytes in canonical base64 without padding. Whatever the specification has
/// refused of argument and body before any key agreement is refused here.
fn only_argument<const N: usize>(stanza: &Stanza) -> Result<[u8; N], DecryptError> {
    let [argument] = stanza.args.as_slice() else {
        return Err(DecryptError::InvalidHeader);
    };
    if argument.len() != (N * 4).div_ceil(3) || stanza.body.len() != WRAPPED_BYTES {
        return Err(DecryptError::InvalidHeader);
    }
    let bytes = BASE64_STANDARD_NO_PAD.decode(argument).map_err(|_| DecryptError::InvalidHeader)?;
    bytes.try_into().map_err(|_| DecryptError::InvalidHeader)
}

/// The file key that was unwrapped; the caller wipes its own copy.
fn file_key(unwrapped: &[u8]) -> FileKey {
    let mut boxed = Box::new([0; FILE_KEY_BYTES]);
    boxed.iter_mut().zip(unwrapped).for_each(|(to, from)| *to = *from);
    FileKey::new(boxed)
}
