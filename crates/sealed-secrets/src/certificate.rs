//! The public half: a certificate as the controller hands it out. It is trusted as it stands, because whoever
//! brings it says so; no chain is checked.

use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey, PublicKey};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::error::CertificateError;
use crate::fingerprint::Fingerprint;

/// A certificate that values are sealed with.
#[derive(Debug)]
pub struct Certificate {
    pub(crate) key: OaepPublicEncryptingKey,
    fingerprint: Fingerprint,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| CertificateError::Absent)?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| CertificateError::Absent)?;
        let spki = certificate.public_key().raw;
        let key = PublicEncryptingKey::from_der(spki).map_err(|_| CertificateError::NotRsa)?;
        let public = PublicKey::from_der(spki).map_err(|_| CertificateError::NotRsa)?;
        let at = |seconds| Timestamp::from_second(seconds).map_err(|_| CertificateError::Absent);
        Ok(Self {
            key: OaepPublicEncryptingKey::new(key).map_err(|_| CertificateError::NotRsa)?,
            fingerprint: Fingerprint::of(&public),
            not_before: at(certificate.validity().not_before.timestamp())?,
            not_after: at(certificate.validity().not_after.timestamp())?,
        })
    }

    /// The name of the key pair.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// From when on it is valid: the newest key of a controller is the one that it seals with.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Refuses a certificate whose time is over, as kubeseal does.
    ///
    /// # Errors
    /// [`CertificateError::Expired`].
    pub fn ensure_valid(&self, now: Timestamp) -> Result<(), CertificateError> {
        if now <= self.not_after {
            return Ok(());
        }
        Err(CertificateError::Expired { expired_on: self.not_after.to_zoned(TimeZone::UTC).date() })
    }
}
