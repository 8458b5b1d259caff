//! New values that nobody has seen: passwords, random bytes, identifiers, private keys.
//!
//! Must never: print a value, or make one that can be guessed.

mod password;
mod private_key;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_provider::generator;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::error::Error;

use self::password::Password;
use self::private_key::PrivateKey;

const FORM: &str = "a value is generated as password[:LENGTH[:ALPHABET]], hex[:BYTES], base64[:BYTES], uuid, rsa[:2048|3072|4096], ecdsa[:p256|p384|p521] or ed25519; LENGTH is 16 to 1024, BYTES 16 to 1024, and ALPHABET some of lower, upper, digits and symbols, joined by +";

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generator {
    /// Characters, some of each class of an alphabet.
    Password(Password),
    /// So many random bytes in hexadecimal.
    Hex(usize),
    /// So many random bytes in base64.
    Base64(usize),
    /// A random identifier, RFC 9562 version 4.
    Uuid,
    /// A private key in PEM.
    PrivateKey(PrivateKey),
}

impl Default for Generator {
    fn default() -> Self {
        Self::Password(Password::default())
    }
}

impl Generator {
    /// A new value.
    pub(crate) fn generate(self) -> Result<SecretBytes, Error> {
        match self {
            Self::Password(password) => password.generate(),
            Self::Hex(length) => {
                let bytes = random(length)?;
                let mut text = Zeroizing::new(Vec::with_capacity(2 * length));
                for byte in bytes.iter() {
                    text.extend(hex(*byte));
                }
                Ok(SecretBytes::from(text))
            }
            Self::Base64(length) => Ok(SecretBytes::new(BASE64_STANDARD.encode(random(length)?.as_slice()).into_bytes())),
            Self::Uuid => generator::uuid().map_err(|_| Error::NoRandomness),
            Self::PrivateKey(key) => key.generate(),
        }
    }
}

fn hex(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
}

/// Random bytes from the operating system.
fn random(length: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    generator::random(length).map_err(|_| Error::NoRandomness)
}

impl FromStr for Generator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(':');
        let kind = parts.next().unwrap_or_default();
        let (first, second) = (parts.next(), parts.next());
        let refused = || Error::Arguments(FORM);
        let length = |default: usize| match first.map(str::parse) {
            None => Some(default),
            Some(Ok(length @ 16..=1024)) => Some(length),
            Some(_) => None,
        };
        let generator = match (kind, second) {
            ("password", alphabet) => Password::new(length(password::LENGTH), alphabet).map(Self::Password),
            ("hex", None) => length(32).map(Self::Hex),
            ("base64", None) => length(32).map(Self::Base64),
            ("uuid", None) if first.is_none() => Some(Self::Uuid),
            (kind, None) => PrivateKey::named(kind, first).map(Self::PrivateKey),
            _ => None,
        };
        generator.filter(|_| parts.next().is_none()).ok_or_else(refused)
    }
}

impl fmt::Display for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(password) => write!(f, "{password}"),
            Self::Hex(length) => write!(f, "{length} random bytes in hex"),
            Self::Base64(length) => write!(f, "{length} random bytes in base64"),
            Self::Uuid => f.write_str("a random UUID"),
            Self::PrivateKey(key) => write!(f, "{key}"),
        }
    }
}

#[cfg(test)]
mod tests;
