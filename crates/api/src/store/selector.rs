//! References from a store to what it needs: credentials, ServiceAccounts, certificates.
//!
//! In a SecretStore `namespace` must be absent or its own. In a ClusterSecretStore an absent namespace
//! means that of the object that uses the store.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keys::MAX_KEY_LEN;
use crate::limits::{DATA_KEY_PATTERN, MAX_NAME_LEN, MAX_NAMESPACE_LEN, NAME_PATTERN, NAMESPACE_PATTERN};
use crate::schema::undescribed;

/// The most audiences of a requested token.
pub(super) const MAX_AUDIENCES: usize = 8;
/// CEL over a list of audiences: none is the API server under its usual names.
pub(super) const NOT_THE_API_SERVER: &str =
    "self.all(audience, !audience.startsWith('https://kubernetes.default') && !audience.startsWith('kubernetes.default'))";
/// What is said when [`NOT_THE_API_SERVER`] does not hold.
pub(super) const FOR_THE_API_SERVER: &str =
    "a token for the API server itself is never handed to a store; name the store's own audience, for example vault";

/// An entry of a Secret.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretKeySelector {
    /// The Secret's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// The entry's name.
    #[schemars(length(max = MAX_KEY_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub key: String,
    /// The Secret's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub namespace: Option<String>,
}

/// An entry of a Secret, whose name goes without saying.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretEntrySelector {
    /// The Secret's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// The entry's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_KEY_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub key: Option<String>,
    /// The Secret's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub namespace: Option<String>,
}

impl SecretEntrySelector {
    /// The entry that is named, or else the usual one.
    #[must_use]
    pub fn or_entry(&self, usual: &str) -> SecretKeySelector {
        let key = self.key.clone().unwrap_or_else(|| usual.to_owned());
        SecretKeySelector { name: self.name.clone(), key, namespace: self.namespace.clone() }
    }
}

/// A ServiceAccount for which a short-lived token is requested.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccountSelector {
    /// The ServiceAccount's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// The ServiceAccount's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub namespace: Option<String>,
    /// Audiences of the token; never the API server's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_AUDIENCES), inner(length(min = 1, max = 256)))]
    #[x_kube(validation = (NOT_THE_API_SERVER, FOR_THE_API_SERVER))]
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
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// The entry's name.
    #[schemars(length(max = MAX_KEY_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub key: String,
    /// The object's namespace; required in a ClusterSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub namespace: Option<String>,
}

/// The kinds of object that can hold a CA bundle.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum CaProviderKind {
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
}
