//! The short name of an RSA key pair.

use std::fmt;

use aws_lc_rs::rsa::PublicKey;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};

/// SHA-256 over the public key in the wire format of SSH (RFC 4253, section 6.6), printed as `ssh-keygen -l`
/// does: `SHA256:` and base64 without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(key: &PublicKey) -> Self {
        let mut digest = Sha256::new();
        for part in [
            b"ssh-rsa".to_vec(),
            positive(key.exponent().big_endian_without_leading_zero()),
            positive(key.modulus().big_endian_without_leading_zero()),
        ] {
            digest.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

/// An mpint (RFC 4251, section 5): a zero byte keeps the highest bit from being a sign.
fn positive(magnitude: &[u8]) -> Vec<u8> {
    let needs_zero = magnitude.first().is_some_and(|first| *first >= 0x80);
    needs_zero.then_some(0).into_iter().chain(magnitude.iter().copied()).collect()
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", BASE64_STANDARD_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
