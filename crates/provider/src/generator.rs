//! Values that nobody has yet: made at random, or asked of something that makes them.
//!
//! ```text
//!   Generator ─┬─make──▶ names and values, all of one run: made here, at random
//!              └─ask───▶ the same, made by a server: Vault, AWS, any
//! ```
//!
//! Owns: how each kind of generator makes its values. Must never: make one that can be guessed, keep one, decide when a
//! generator runs, or put what another server answered into an error.

mod json_path;
mod lease;
mod password;
mod random;
#[cfg(feature = "remote")]
mod ssh_key;
mod uuid;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::Reason;
use sealbridge_api::store::{AwsAuth, AwsSecretRef, VaultProvider};
use sealbridge_secret::SecretBytes;

pub use json_path::{JsonPath, NoJsonPath};
pub use lease::{Lease, Renewal};
pub use password::{Encoding, Password};
pub use random::{NoRandomness, below, random};
pub use uuid::uuid;
pub use webhook::{Webhook, WebhookError, WebhookSecret, is_header_of_the_request};

use crate::{ReadError, Retries, Scope, SelectError};

/// Names and values.
pub type Entries = Vec<(String, SecretBytes)>;

/// What one run made.
#[derive(Debug)]
pub struct Made {
    /// Names and values.
    pub entries: Entries,
    /// How long they are good for, where whoever made them says so.
    pub life: Option<Duration>,
    /// What they left at whoever made them, where that can be renewed or given back. Whoever drops it leaves it to end.
    pub lease: Option<Arc<dyn Lease>>,
}

/// A generator that can run.
#[derive(Clone, Debug, PartialEq)]
pub enum Generator {
    /// Passwords.
    Password(Password),
    /// A random UUID under the name `uuid`.
    Uuid,
    /// A key pair for SSH under the names `privateKey` and `publicKey`.
    SshKey(SshKey),
    /// What stands in it.
    Fake(BTreeMap<String, String>),
    /// A credential that an engine of Vault or OpenBao makes.
    VaultDynamic(Box<VaultDynamic>),
    /// Credentials of a session at AWS.
    SessionToken(SessionToken),
    /// The password of a container registry of AWS.
    RegistryToken(RegistryToken),
    /// What a server answers to a request that templates make.
    Webhook(Box<Webhook>),
}

/// A request to Vault or OpenBao, of which the answer is a new credential.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultDynamic {
    /// The server, and as whom it is asked.
    pub provider: VaultProvider,
    /// The path of the API below `/v1`.
    pub path: String,
    /// What is done there.
    pub method: VaultMethod,
    /// What is written: a JSON object.
    pub parameters: String,
    /// The query of a `GET`.
    pub query: BTreeMap<String, Vec<String>>,
    /// Which part of the answer is meant.
    pub part: VaultPart,
    /// Whether there may be no such part, which then has no entries.
    pub may_be_empty: bool,
    /// How often a request that failed for a while is made again.
    pub retries: Retries,
}

/// What is done at a path of Vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VaultMethod {
    /// It is read.
    #[default]
    Get,
    /// It is listed.
    List,
    /// It is deleted.
    Delete,
    /// It is written.
    Write,
}

/// A part of what Vault answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VaultPart {
    /// `data`.
    #[default]
    Data,
    /// `auth`.
    Auth,
    /// All of it.
    Raw,
}

/// A request to STS for credentials of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionToken {
    /// Where STS is asked.
    pub region: String,
    /// As whom. Without a key it is the pod's own identity, which nobody may use here.
    pub secret_ref: Option<AwsSecretRef>,
    /// The role that is assumed first.
    pub role: Option<String>,
    /// How long the session is to last, in seconds.
    pub duration: Option<i32>,
    /// The device by which whoever asks proves who they are.
    pub serial_number: Option<String>,
    /// What the device shows.
    pub token_code: Option<String>,
}

/// A request for the password of a container registry of AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryToken {
    /// Where the registry is.
    pub region: String,
    /// As whom it is asked for.
    pub auth: AwsAuth,
    /// The role that is assumed first.
    pub role: Option<String>,
    /// Whether it is the registry for everybody.
    pub is_public: bool,
}

/// A key pair for SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    /// Its algorithm.
    pub algorithm: SshAlgorithm,
    /// What both halves carry for people; empty is nothing. One line.
    pub comment: String,
}

/// The algorithm of a key pair for SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SshAlgorithm {
    /// RSA of 2048 bits.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
    /// RSA of 8192 bits.
    Rsa8192,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

/// Why a generator made nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The operating system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Whoever makes the values did not.
    #[error("{0}")]
    Refused(#[from] ReadError),
    /// What was made cannot be taken over.
    #[error("{0}; correct resultType, or the path")]
    Unusable(SelectError),
    /// Nothing was asked, or the answer is none that values can be taken from.
    #[error("{0}")]
    Webhook(#[from] WebhookError),
    /// This build lacks what the kind needs.
    #[error("this build does not run generators of this kind; use one that reads stores")]
    NotInThisBuild,
}

impl GenerateError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::NoRandomness(_) | Self::NotInThisBuild => Reason::StoreNotReady,
            // What is not there is no value that is gone: nothing is ever deleted for it.
            Self::Refused(error) => error.reason(),
            Self::Unusable(error) => error.reason(),
            Self::Webhook(error) => error.reason(),
        }
    }
}

impl Generator {
    /// Whether every run makes the same.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        matches!(self, Self::Fake(_))
    }

    /// Runs it once, if nobody has to be asked for that. A key pair takes up to seconds of a processor, in which the thread
    /// does nothing else.
    ///
    /// # Errors
    /// [`GenerateError`]; then there is nothing of this run.
    pub fn make(&self) -> Option<Result<Made, GenerateError>> {
        let entries = match self {
            Self::Password(password) => password.make(),
            Self::Uuid => uuid().map(|value| vec![("uuid".to_owned(), value)]),
            #[cfg(feature = "remote")]
            Self::SshKey(key) => ssh_key::make(key),
            #[cfg(not(feature = "remote"))]
            Self::SshKey(_) => return Some(Err(GenerateError::NotInThisBuild)),
            Self::Fake(data) => {
                Ok(data.iter().map(|(name, text)| (name.clone(), SecretBytes::new(text.clone().into_bytes()))).collect())
            }
            Self::VaultDynamic(_) | Self::SessionToken(_) | Self::RegistryToken(_) | Self::Webhook(_) => return None,
        };
        Some(entries.map(|entries| Made { entries, life: None, lease: None }).map_err(Into::into))
    }

    /// Runs it once, asking whoever makes the values with credentials from `scope`.
    ///
    /// # Errors
    /// [`GenerateError`]; what may have been made all the same is nowhere kept, and ends by itself if it cannot be given back.
    #[cfg(feature = "remote")]
    pub async fn ask(&self, scope: &dyn Scope) -> Result<Made, GenerateError> {
        match self {
            Self::VaultDynamic(asked) => crate::vault::dynamic(asked, scope).await,
            Self::SessionToken(asked) => Ok(crate::aws::session_token(asked, scope).await?),
            Self::RegistryToken(asked) => Ok(crate::aws::registry_token(asked, scope).await?),
            Self::Webhook(asked) => crate::webhook::ask(asked, scope).await,
            Self::Password(_) | Self::Uuid | Self::SshKey(_) | Self::Fake(_) => {
                self.make().unwrap_or(Err(GenerateError::NotInThisBuild))
            }
        }
    }

    /// As above; this build asks nobody.
    ///
    /// # Errors
    /// [`GenerateError::NotInThisBuild`] where somebody would have to be asked.
    #[cfg(not(feature = "remote"))]
    #[expect(clippy::unused_async, reason = "the other build has to wait for an answer")]
    pub async fn ask(&self, _scope: &dyn Scope) -> Result<Made, GenerateError> {
        self.make().unwrap_or(Err(GenerateError::NotInThisBuild))
    }
}
