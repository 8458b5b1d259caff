//! One standard binary age file (C2SP age.md, version 1): written, guarded, read.
//!
//! Owns what is checked before and around the `age` crate. Must never do work that the file's author
//! chooses the amount of, nor hand out bytes of a file that does not verify to its end.

use std::io::{self, Read, Write};

use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::limits::{MAX_AGE_HEADER_BYTES, MAX_AGE_HEADER_LINES, MAX_STANZAS};
use crate::recipient::Recipient;
use crate::recipient_set::RecipientSet;
use crate::stanza::{mlkem768x25519, x25519};

/// What every file of version 1 starts with, before its first newline.
pub(crate) const VERSION_LINE: &str = "age-encryption.org/v1";
/// The nonce between header and payload, in bytes.
pub(crate) const NONCE_BYTES: usize = 16;
/// The plaintext of one chunk of the payload, in bytes.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// The authenticator of ChaCha20-Poly1305, in bytes.
pub(crate) const TAG_BYTES: usize = 16;

/// The rest of a header, the stanza of random content included, in bytes.
const OTHER_HEADER_BYTES: usize = 512;

/// How many keys an age file says that it is encrypted to, by type. Those of random content, which age writers
/// add to keep readers tolerant, do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stanzas {
    /// X25519, `age1…`.
    pub x25519: usize,
    /// MLKEM768-X25519, `age1pq1…`.
    pub post_quantum: usize,
    /// Any other type.
    pub other: usize,
}

/// Encrypts `plaintext` to the recipients, in their order.
pub(crate) fn encrypt(plaintext: &[u8], recipients: &RecipientSet) -> Result<Vec<u8>, SealError> {
    let stanzas = recipients.iter().map(Recipient::stanza_bytes).sum::<usize>();
    let payload = plaintext.len() + plaintext.len().div_ceil(CHUNK_BYTES) * TAG_BYTES;
    let file = Vec::with_capacity(OTHER_HEADER_BYTES + stanzas + payload);
    // With recipients that were checked, an ephemeral key is all that can be missing; the file is in memory.
    Encryptor::with_recipients(recipients.iter().map(Recipient::as_age))
        .map_err(|_| SealError::Randomness)
        .and_then(|encryptor| write_payload(encryptor, file, plaintext).map_err(|_| SealError::Randomness))
}

/// Encrypts `plaintext` as an encryptor says that was made elsewhere.
pub(crate) fn encrypt_with(encryptor: Encryptor, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    write_payload(encryptor, Vec::new(), plaintext).map_err(|_| SealError::Randomness)
}

fn write_payload(encryptor: Encryptor, file: Vec<u8>, plaintext: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = encryptor.wrap_output(file)?;
    writer.write_all(plaintext)?;
    writer.finish()
}

/// The plaintext, or `None` if the identity has no key for the file.
pub(crate) fn decrypt(file: &[u8], identity: &dyn age::Identity) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    let header_bytes = judge_header(file)?;
    let decryptor = Decryptor::new_buffered(file).map_err(|_| OpenError::HeaderDamaged)?;
    let payload = match decryptor.decrypt(std::iter::once(identity)) {
        Ok(payload) => payload,
        Err(DecryptError::NoMatchingKeys) => return Ok(None),
        Err(_) => return Err(OpenError::HeaderDamaged),
    };
    read_payload(payload, file.len(), header_bytes).map(Some).ok_or(OpenError::PayloadDamaged)
}

/// The plaintext of a file that a passphrase opens; the identity says how much work that may be.
pub(crate) fn decrypt_scrypt(file: &[u8], identity: &age::scrypt::Identity) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let header_bytes = header_len(file, |_| true).map_err(|_| DecryptError::InvalidHeader)?;
    let decryptor = Decryptor::new_buffered(file)?;
    // A file with other stanzas beside the one of the passphrase was made to fool somebody; the crate refuses it.
    if !decryptor.is_scrypt() {
        return Err(DecryptError::InvalidHeader);
    }
    let payload = decryptor.decrypt(std::iter::once::<&dyn age::Identity>(identity))?;
    // The file key fitted, so it is not the passphrase that is wrong.
    read_payload(payload, file.len(), header_bytes).ok_or(DecryptError::InvalidMac)
}

/// All of the payload, or `None` if it does not verify to its end.
fn read_payload(mut payload: impl Read, file: usize, header: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut plaintext = Zeroizing::new(vec![0; plaintext_len(file, header)?]);
    payload.read_exact(&mut plaintext).ok()?;
    // Only this read shows that the chunk before was the last one: a file cut at a chunk ends here.
    (payload.read(&mut [0]).ok()? == 0).then_some(plaintext)
}

/// The length of the header in bytes, if there is nothing in it that asks for work.
///
/// Without this check a file with a passphrase costs as much time and memory as it says.
fn judge_header(file: &[u8]) -> Result<usize, OpenError> {
    header_len(file, |stanza| !stanza.starts_with(b"scrypt"))
}

/// The length of the header in bytes, after a look at its lines only. A stanza that is not `allowed` wants a passphrase.
///
/// Without this check a file of thousands of stanzas costs a key agreement for each of them.
fn header_len(file: &[u8], allowed: impl Fn(&[u8]) -> bool) -> Result<usize, OpenError> {
    let mut stanzas = 0;
    let mut length = 0;
    for line in file.split_inclusive(|byte| *byte == b'\n').take(MAX_AGE_HEADER_LINES) {
        length += line.len();
        if length > MAX_AGE_HEADER_BYTES {
            return Err(OpenError::HeaderTooLarge);
        }
        if line.starts_with(b"---") {
            return Ok(length);
        }
        if let Some(stanza) = line.strip_prefix(b"-> ") {
            if !allowed(stanza) {
                return Err(OpenError::Passphrase);
            }
            stanzas += 1;
        }
        if stanzas > MAX_STANZAS {
            return Err(OpenError::HeaderTooLarge);
        }
    }
    Err(if length == file.len() { OpenError::HeaderDamaged } else { OpenError::HeaderTooLarge })
}

/// The stanzas of a file, or of a start of one that holds its whole header.
pub(crate) fn stanzas(file: &[u8]) -> Result<Stanzas, OpenError> {
    let header = file.get(..judge_header(file)?).unwrap_or_default();
    let mut found = Stanzas::default();
    for line in header.split(|byte| *byte == b'\n') {
        let Some(stanza) = line.strip_prefix(b"-> ") else { continue };
        let tag = stanza.split(|byte| *byte == b' ').next().unwrap_or_default();
        if tag == x25519::TAG.as_bytes() {
            found.x25519 += 1;
        } else if tag == mlkem768x25519::TAG.as_bytes() {
            found.post_quantum += 1;
        } else if !tag.ends_with(b"-grease") {
            found.other += 1;
        }
    }
    Ok(found)
}

/// How many bytes a file of this length holds, which is certain once it verified.
fn plaintext_len(file: usize, header: usize) -> Option<usize> {
    let payload = file.checked_sub(header)?.checked_sub(NONCE_BYTES)?;
    let chunks = payload.div_ceil(CHUNK_BYTES + TAG_BYTES).max(1);
    payload.checked_sub(chunks.checked_mul(TAG_BYTES)?)
}

#[cfg(test)]
mod tests;
