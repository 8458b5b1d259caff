//! The private half, as the controller keeps it.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::KeyPair as _;
use jiff::Timestamp;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::certificate::Certificate;
use crate::error::KeyError;
use crate::fingerprint::Fingerprint;

/// An RSA private key. Its memory is wiped by AWS-LC when it is dropped.
pub struct PrivateKey {
    key: OaepPrivateDecryptingKey,
    fingerprint: Fingerprint,
    since: Timestamp,
}

impl PrivateKey {
    /// Reads the first private key of a PEM text, PKCS#1 or PKCS#8. `since` orders keys: the newest is tried
    /// first.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &[u8], since: Timestamp) -> Result<Self, KeyError> {
        let mut der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::Absent)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(KeyError::NotRsa),
        };
        der.zeroize();
        let pair = pair.map_err(|_| KeyError::NotRsa)?;
        // Wiped by its own type when it is dropped.
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::NotRsa)?;
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).map_err(|_| KeyError::NotRsa)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::NotRsa)?;
        Ok(Self { key, fingerprint: Fingerprint::of(pair.public_key()), since })
    }

    /// Reads a key pair as the controller's Secrets have it: `tls.key`, and `tls.crt` for its age. A certificate
    /// that cannot be read makes the key the oldest.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pair(key: &[u8], certificate: &[u8]) -> Result<Self, KeyError> {
        let since = Certificate::from_pem(certificate).map_or(Timestamp::MIN, |certificate| certificate.not_before());
        Self::from_pem(key, since)
    }

    /// The name of the key pair.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Since when values are sealed with it.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// The length of what the key wraps, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.key.key_size_bytes()
    }

    /// Unwraps a value's own key; `None` if this is not the key, or another label was meant.
    pub(crate) fn unwrap(&self, wrapped: &[u8], label: &str) -> Option<Zeroizing<Vec<u8>>> {
        let mut space = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let length = self.key.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut space, Some(label.as_bytes())).ok()?.len();
        space.truncate(length);
        Some(space)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}
