//! What a store needs from its surroundings to log in: credentials, tokens, certificates.
//!
//! A reader is bound to one namespace by its type: there is no call that takes a namespace, so work for one
//! namespace cannot read another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sealbridge_api::store::RetrySettings;
use sealbridge_secret::{SecretBytes, SecretMap};

/// Why an input could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The object does not exist.
    #[error("{kind} {name} does not exist; create it, or correct the store's reference")]
    ObjectMissing {
        /// The object's kind.
        kind: &'static str,
        /// The object as `namespace/name`.
        name: String,
    },
    /// The object has no such entry.
    #[error("{kind} {name} has no entry {key}; add it, or correct the store's reference")]
    EntryMissing {
        /// The object's kind.
        kind: &'static str,
        /// The object as `namespace/name`.
        name: String,
        /// The entry's name.
        key: String,
    },
    /// The reference leaves the namespace that the store is bound to.
    #[error("the store may not refer to namespace {namespace}; use an object of its own namespace")]
    NamespaceRefused {
        /// The namespace that was asked for.
        namespace: String,
    },
    /// The pod's own identity was asked for and may not be used.
    #[error(
        "the store would use the operator's own identity, which is not allowed here; name a Secret or ServiceAccount under auth"
    )]
    AmbientIdentityRefused,
    /// The content cannot be used.
    #[error("{what} cannot be used: {problem}")]
    Invalid {
        /// Which input.
        what: String,
        /// What is wrong with it; never its content.
        problem: &'static str,
    },
    /// The cluster did not answer or refused.
    #[error("the cluster did not hand out {what}; it is asked again by itself")]
    Unavailable {
        /// Which input.
        what: String,
    },
}

/// Reads inputs of one namespace, and of no other.
#[async_trait]
pub trait NamespaceInputs: Send + Sync {
    /// The value of a Secret's entry.
    async fn secret_entry(&self, name: &str, key: &str) -> Result<SecretBytes, InputError>;

    /// All entries of a Secret that carries this label with this value: by it, its owner lets them go where a template
    /// puts them. Readers that hand out single entries alone have none.
    async fn labelled_secret(&self, name: &str, label: (&str, &str)) -> Result<SecretMap, InputError> {
        let (label, value) = label;
        let what = format!("Secret {name} with the label {label}: {value}");
        Err(InputError::Invalid { what, problem: "no whole Secret is read here; the operator does" })
    }

    /// The text of a ConfigMap's entry.
    async fn config_map_entry(&self, name: &str, key: &str) -> Result<String, InputError>;

    /// The annotations of a ServiceAccount, which name its role in a cloud.
    async fn service_account_annotations(&self, name: &str) -> Result<BTreeMap<String, String>, InputError>;

    /// A new token of a ServiceAccount for `audiences`, which are never empty and never the API server's
    /// own, living about `life`.
    async fn service_account_token(&self, name: &str, audiences: &[String], life: Duration) -> Result<SecretBytes, InputError>;
}

/// Whether the pod's own identity may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmbientIdentity {
    /// Never: a SecretStore, or a ClusterSecretStore without the operator's leave.
    Refused,
    /// A ClusterSecretStore for which the operator's flag allows it, or a person's own command line.
    Allowed,
}

/// Tokens of the operator's own ServiceAccount for others than the API server.
#[async_trait]
pub trait AmbientTokens: Send + Sync {
    /// A new token for `audiences`, which are never empty and never the API server's own, living about `life`.
    async fn token(&self, audiences: &[String], life: Duration) -> Result<SecretBytes, InputError>;
}

/// For which store something is done, as a provider may have to tell an identity system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreUse {
    /// The store's kind.
    pub kind: String,
    /// The store's name.
    pub name: String,
    /// The namespace of the objects that use it; where several may, this is a session of one of them.
    pub namespace: String,
}

/// How often a request that failed for a while is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often at the most; absent, as often as the provider does by itself.
    pub most: Option<u32>,
    /// How long to wait before each time.
    pub interval: Duration,
}

impl From<Option<&RetrySettings>> for Retries {
    fn from(settings: Option<&RetrySettings>) -> Self {
        settings.map_or(Self { most: None, interval: RetrySettings::DEFAULT_INTERVAL }, |settings| Self {
            most: settings.retries(),
            interval: settings.interval(),
        })
    }
}

/// From which namespaces a store may take inputs, and whether it may use the pod's own identity.
pub trait Scope: Send + Sync {
    /// The reader for the namespace that a selector names, or for the store's default one.
    ///
    /// # Errors
    /// [`InputError::NamespaceRefused`] when the store may not refer to that namespace.
    fn inputs(&self, selector_namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError>;

    /// Whether the pod's own identity may be used.
    fn ambient_identity(&self) -> AmbientIdentity;

    /// Where tokens of the operator's own ServiceAccount come from; `None` where there is no such account. Asked only
    /// where the pod's own identity may be used.
    fn ambient_tokens(&self) -> Option<Arc<dyn AmbientTokens>> {
        None
    }

    /// For which store this is; `None` where it is none of a cluster.
    fn store_use(&self) -> Option<StoreUse> {
        None
    }

    /// Whether webhooks may be servers of the host itself.
    fn webhooks_reach_loopback(&self) -> bool {
        false
    }

    /// How often a request is made again.
    fn retries(&self) -> Retries {
        None.into()
    }
}
