//! The key under which digests of values are made, in a Secret of the operator's namespace.
//!
//! Must never: be made anew while any digest under it stands in the cluster. Every digest would become
//! unknown at once, and nothing could be proven untouched any more.

use kube::Client;
use sealbridge_secret::DigestKey;
use zeroize::Zeroizing;

use crate::refusal::Refusal;
use crate::secret_entry;

/// The name of the Secret.
pub const SECRET_NAME: &str = "sealbridge-digest-key";
/// The entry that holds the key, 32 raw bytes.
pub const ENTRY: &str = "key";

/// Why there is no digest key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestKeyLoadError {
    /// Secrets carry digests under a key that is gone.
    #[error(
        "Secret {0}/{SECRET_NAME} is missing while Secrets in this cluster carry digests made with it; restore it from the backup, it is not made anew"
    )]
    Lost(String),
    /// The Secret exists and does not hold a key.
    #[error("Secret {0}/{SECRET_NAME} does not hold 32 bytes under {ENTRY:?}; restore it from the backup")]
    Damaged(String),
    /// The operator may not read or make the Secret.
    #[error("the operator may not read or create Secret {0}/{SECRET_NAME}; grant its Role get and create on Secrets there")]
    Forbidden(String),
    /// The API server did not answer.
    #[error("the API server did not hand out Secret {0}/{SECRET_NAME}; try again when it answers")]
    Unavailable(String),
    /// The operating system gives no randomness.
    #[error("the operating system gave no randomness for a digest key; check the node")]
    Randomness,
}

/// The digest key, if it was made already.
///
/// # Errors
/// [`DigestKeyLoadError`], except that a missing Secret is `None`.
pub async fn read(client: &Client, namespace: &str) -> Result<Option<DigestKey>, DigestKeyLoadError> {
    match secret_entry::read(client, namespace, SECRET_NAME, ENTRY).await {
        Ok(Some(bytes)) => {
            DigestKey::from_bytes(bytes.expose()).map(Some).map_err(|_| DigestKeyLoadError::Damaged(namespace.to_owned()))
        }
        Ok(None) => Err(DigestKeyLoadError::Damaged(namespace.to_owned())),
        Err(Refusal::NotFound) => Ok(None),
        Err(Refusal::Forbidden) => Err(DigestKeyLoadError::Forbidden(namespace.to_owned())),
        Err(_) => Err(DigestKeyLoadError::Unavailable(namespace.to_owned())),
    }
}

/// The digest key, made if there is none yet. Only the leader may call this. `any_digest_seen` says whether
/// any Secret in the cluster carries a digest.
///
/// # Errors
/// [`DigestKeyLoadError`]; [`DigestKeyLoadError::Lost`] ends the process, since only a person can help.
pub async fn read_or_create(client: &Client, namespace: &str, any_digest_seen: bool) -> Result<DigestKey, DigestKeyLoadError> {
    if let Some(key) = read(client, namespace).await? {
        return Ok(key);
    }
    if any_digest_seen {
        return Err(DigestKeyLoadError::Lost(namespace.to_owned()));
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| DigestKeyLoadError::Randomness)?;
    match secret_entry::create(client, namespace, SECRET_NAME, ENTRY, bytes.as_slice()).await {
        Ok(()) => {
            tracing::info!(secret = SECRET_NAME, namespace, "made the digest key; include it in backups");
            DigestKey::from_bytes(bytes.as_slice()).map_err(|_| DigestKeyLoadError::Damaged(namespace.to_owned()))
        }
        // Another operator was faster; its key is the key.
        Err(Refusal::Conflict) => {
            read(client, namespace).await?.ok_or_else(|| DigestKeyLoadError::Unavailable(namespace.to_owned()))
        }
        Err(Refusal::Forbidden) => Err(DigestKeyLoadError::Forbidden(namespace.to_owned())),
        Err(_) => Err(DigestKeyLoadError::Unavailable(namespace.to_owned())),
    }
}
