//! Private keys of a sealed-secrets controller, in every shape in which people back them up.
//!
//! Must never: print one, or ask a cluster for them.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use jiff::Timestamp;
use sealbridge_manifest::document;
use sealbridge_sealed_secrets::{KeyError, KeyRing, PrivateKey};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;

/// Flags of verbs that open SealedSecrets.
#[derive(Debug, Default, Args)]
pub(crate) struct RecoveryArgs {
    /// A private key of the sealed-secrets controller, for SealedSecrets: a PEM file, or the Secret or List of
    /// Secrets that `kubectl get secret -o yaml` printed. May be given several times.
    #[arg(long = "recovery-private-key", value_name = "PATH")]
    recovery_private_keys: Vec<PathBuf>,
}

/// The keys that are named; an empty ring when none is.
pub(crate) fn load(args: &RecoveryArgs) -> Result<KeyRing, Error> {
    let mut keys = Vec::new();
    for path in &args.recovery_private_keys {
        let bytes = std::fs::read(path).map_err(|error| Error::Read { path: path.clone(), cause: error.kind() })?;
        let found = read(&Zeroizing::new(bytes)).map_err(|problem| unusable(path, problem))?;
        if found.is_empty() {
            return Err(unusable(path, KeyError::Absent));
        }
        keys.extend(found);
    }
    Ok(KeyRing::new(keys))
}

fn unusable(path: &Path, problem: KeyError) -> Error {
    Error::Recovery { path: path.to_owned(), problem }
}

fn read(bytes: &[u8]) -> Result<Vec<PrivateKey>, KeyError> {
    let is_pem = bytes.trim_ascii_start().starts_with(b"-----BEGIN ");
    if is_pem {
        return Ok(vec![PrivateKey::from_pem(bytes, Timestamp::UNIX_EPOCH)?]);
    }
    let documents = std::str::from_utf8(bytes).ok().and_then(|text| document::parse(text).ok()).ok_or(KeyError::Absent)?;
    let secrets = document::objects(&documents).into_iter().filter(|object| object.kind() == "Secret");
    let pairs = secrets.filter_map(|secret| Some((decoded(secret.value, "tls.key")?, decoded(secret.value, "tls.crt"))));
    pairs.map(|(key, certificate)| PrivateKey::from_pair(&key, &certificate.unwrap_or_default())).collect()
}

/// A value of a Secret's `data` or `stringData`.
fn decoded(secret: &Value, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = |field: &str| secret.get(field)?.get(name)?.as_str();
    match text("data") {
        Some(encoded) => BASE64_STANDARD.decode(encoded).ok().map(Zeroizing::new),
        None => text("stringData").map(|plain| Zeroizing::new(plain.as_bytes().to_vec())),
    }
}
