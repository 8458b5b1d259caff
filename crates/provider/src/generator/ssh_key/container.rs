//! OpenSSH's container of private keys, PROTOCOL.key of its source, here never under a passphrase.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::generator::random::{NoRandomness, random};

const MAGIC: &[u8] = b"openssh-key-v1\0";
/// What a cipher of one byte a block pads to.
const BLOCK: usize = 8;
const LINE: usize = 64;

/// Fields in the encoding of RFC 4251, section 5, of which the first names the algorithm.
pub(super) struct Fields {
    name: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Fields {
    /// Fields of an algorithm.
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), bytes: Zeroizing::default() }.text(name.as_bytes())
    }

    /// And a `string`.
    pub(super) fn text(mut self, bytes: &[u8]) -> Self {
        append(&mut self.bytes, bytes);
        self
    }

    /// And an `mpint` of a number that is not negative, big endian.
    pub(super) fn number(self, bytes: &[u8]) -> Self {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let digits = bytes.get(start..).unwrap_or_default();
        let mut number = Zeroizing::new(Vec::with_capacity(digits.len() + 1));
        if digits.first().is_some_and(|first| first & 0x80 != 0) {
            number.push(0);
        }
        number.extend_from_slice(digits);
        self.text(&number)
    }

    /// The algorithm.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// All of them.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The container of one key without a passphrase.
pub(super) fn sealed_by_nothing(public: &Fields, private: &Fields, comment: &str) -> Result<Zeroizing<Vec<u8>>, NoRandomness> {
    let check = random(4)?;
    // Room for all of it, so that the buffer never moves and leaves no copy behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(private.bytes().len() + comment.len() + 32));
    secret.extend_from_slice(&check);
    secret.extend_from_slice(&check);
    secret.extend_from_slice(private.bytes());
    append(&mut secret, comment.as_bytes());
    for padding in 1..BLOCK {
        if secret.len().is_multiple_of(BLOCK) {
            break;
        }
        secret.extend(u8::try_from(padding));
    }
    let mut container = Zeroizing::new(Vec::with_capacity(secret.len() + public.bytes().len() + 128));
    container.extend_from_slice(MAGIC);
    append(&mut container, b"none");
    append(&mut container, b"none");
    append(&mut container, b"");
    container.extend_from_slice(&1_u32.to_be_bytes());
    append(&mut container, public.bytes());
    append(&mut container, &secret);
    Ok(container)
}

fn append(to: &mut Vec<u8>, bytes: &[u8]) {
    // Nothing here comes near 4 GiB.
    to.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend_from_slice(bytes);
}

/// The container in PEM.
pub(super) fn pem(container: &[u8]) -> SecretBytes {
    let base64 = Zeroizing::new(BASE64_STANDARD.encode(container));
    let mut text = Zeroizing::new(Vec::with_capacity(base64.len() * 2 + 80));
    text.extend_from_slice(b"-----BEGIN OPENSSH PRIVATE KEY-----\n");
    for line in base64.as_bytes().chunks(LINE) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(b"-----END OPENSSH PRIVATE KEY-----\n");
    SecretBytes::from(text)
}
