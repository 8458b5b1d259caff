//! References from a store to what it needs: credentials, ServiceAccounts, certificates.
//!
//! In a SecretStore `namespace` must be absent or its own. In a ClusterSecretStore an absent namespace
//! means that of the object that uses the store.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// An entry of a Secret.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretKeySelector {
    /// The Secret's name.
    pub name: String,
    /// The entry's name.
    pub key: String,
    /// The Secret's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A ServiceAccount for which a short-lived token is requested.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccountSelector {
    /// The ServiceAccount's name.
    pub name: String,
    /// The ServiceAccount's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Audiences of the token; never the API server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
}

/// Where a CA bundle lives.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaProvider {
    /// `Secret` or `ConfigMap`.
    #[serde(rename = "type")]
    pub kind: CaProviderKind,
    /// The object's name.
    pub name: String,
    /// The entry's name.
    pub key: String,
    /// The object's namespace; required in a ClusterSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// The kinds of object that can hold a CA bundle.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
pub enum CaProviderKind {
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
}
