//! Private keys in PEM, PKCS#8.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::error::Error;

const LINE: usize = 64;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateKey {
    /// RSA of 2048 bits.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

impl PrivateKey {
    pub(super) fn named(kind: &str, size: Option<&str>) -> Option<Self> {
        match (kind, size) {
            ("rsa", Some("2048")) => Some(Self::Rsa2048),
            ("rsa", None | Some("3072")) => Some(Self::Rsa3072),
            ("rsa", Some("4096")) => Some(Self::Rsa4096),
            ("ecdsa", None | Some("p256")) => Some(Self::P256),
            ("ecdsa", Some("p384")) => Some(Self::P384),
            ("ecdsa", Some("p521")) => Some(Self::P521),
            ("ed25519", None) => Some(Self::Ed25519),
            _ => None,
        }
    }

    pub(super) fn generate(self) -> Result<SecretBytes, Error> {
        self.der().map(|der| pem(&der)).map_err(|_| Error::NoRandomness)
    }

    fn der(self) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let rsa = |size| {
            let der: Pkcs8V1Der<'_> = rsa::KeyPair::generate(size)?.as_der()?;
            Ok(Zeroizing::new(der.as_ref().to_vec()))
        };
        let ecdsa = |algorithm| Ok(Zeroizing::new(EcdsaKeyPair::generate(algorithm)?.to_pkcs8v1()?.as_ref().to_vec()));
        match self {
            Self::Rsa2048 => rsa(KeySize::Rsa2048),
            Self::Rsa3072 => rsa(KeySize::Rsa3072),
            Self::Rsa4096 => rsa(KeySize::Rsa4096),
            Self::P256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Self::P384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Self::P521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            Self::Ed25519 => Ok(Zeroizing::new(Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref().to_vec())),
        }
    }
}

fn pem(der: &[u8]) -> SecretBytes {
    let base64 = Zeroizing::new(BASE64_STANDARD.encode(der));
    let mut text = Zeroizing::new(Vec::with_capacity(base64.len() * 2 + 64));
    text.extend_from_slice(b"-----BEGIN PRIVATE KEY-----\n");
    for line in base64.as_bytes().chunks(LINE) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(b"-----END PRIVATE KEY-----\n");
    SecretBytes::from(text)
}

impl fmt::Display for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Rsa2048 => "RSA 2048",
            Self::Rsa3072 => "RSA 3072",
            Self::Rsa4096 => "RSA 4096",
            Self::P256 => "ECDSA P-256",
            Self::P384 => "ECDSA P-384",
            Self::P521 => "ECDSA P-521",
            Self::Ed25519 => "Ed25519",
        };
        write!(f, "a private key ({kind}, PEM)")
    }
}
