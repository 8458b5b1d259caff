//! What a failed connection says about certificates.
//!
//! Must never: hand on an error's text.

use std::error::Error;

/// Whether a connection failed because the server's certificate is not trusted.
pub(crate) fn refuses_certificate(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = inner.downcast_ref() {
            return true;
        }
        cause = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            // An I/O error hides what it wraps: its own source is already that one's source.
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refused_certificate_is_found_however_deep() {
        let refused = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(refuses_certificate(&refused()));
        assert!(refuses_certificate(&io::Error::other(refused())));
        assert!(refuses_certificate(&io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused()))));
    }

    #[test]
    fn other_failures_are_not_about_certificates() {
        assert!(!refuses_certificate(&io::Error::from(io::ErrorKind::ConnectionRefused)));
        assert!(!refuses_certificate(&io::Error::other(rustls::Error::DecryptError)));
    }
}
