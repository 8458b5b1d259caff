//! TLS pairs: a certificate chain and its private key, PEM both.

use std::path::Path;

use sealbridge_seal::MAX_VALUE_BYTES;
use sealbridge_secret::{SecretBytes, SecretMap};

use super::Imported;
use crate::error::Error;
use crate::file;

/// The Secret type of a pair.
pub(crate) const TYPE: &str = "kubernetes.io/tls";

/// Reads a pair, byte for byte.
pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Imported, Error> {
    let mut values = SecretMap::new();
    values.insert("tls.crt".to_owned(), pem(certificate, "-----BEGIN CERTIFICATE-----", "a PEM certificate")?);
    values.insert("tls.key".to_owned(), pem(key, "PRIVATE KEY-----", "a PEM private key")?);
    Ok(Imported { type_: Some(TYPE.to_owned()), values, ..Imported::default() })
}

fn pem(path: &Path, mark: &str, what: &str) -> Result<SecretBytes, Error> {
    let bytes = SecretBytes::new(file::read(path, path)?);
    let has_mark = bytes.expose().windows(mark.len()).any(|window| window == mark.as_bytes());
    if !has_mark || bytes.len() > MAX_VALUE_BYTES {
        let problem = format!("is not {what}; check that --cert and --key are not swapped");
        return Err(Error::Import { path: path.to_owned(), problem });
    }
    Ok(bytes)
}
