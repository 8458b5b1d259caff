//! What a failed connection says about certificates.
//!
//! Must never: hand on an error's text.

use std::error::Error;

/// Whether a connection failed because the server's certificate is not trusted.
pub(crate) fn refuses_certificate(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        let tls = match inner.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
            None => inner.downcast_ref::<rustls::Error>(),
        };
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = inner.source();
    }
    false
}
