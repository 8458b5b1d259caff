//! One entry of a BridgedSecret and the references in it.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DecodingStrategy, MetadataPolicy, NullBytePolicy};
use crate::limits::{MAX_NAME_LEN, MAX_PLAIN_LEN, MAX_REMOTE_KEY_LEN, MAX_SEALED_LEN, NAME_PATTERN};
use crate::schema::undescribed;

/// One entry: exactly one of `remoteRef`, `sealed` and `plain`.
// The rule on `sealed` stands here and not on the field: the API server's answer to a rule on a field quotes
// the field, and what was put there by mistake may be a secret.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "[has(self.remoteRef), has(self.sealed), has(self.plain)].exists_one(set, set)",
    "set exactly one of remoteRef, sealed and plain; an overlay that replaces a remoteRef by another of them must also set `remoteRef: null`"
))]
#[x_kube(validation = (
    "!has(self.secretStoreRef) || has(self.remoteRef)",
    "secretStoreRef goes only with remoteRef; an overlay that replaces a remoteRef must also set `secretStoreRef: null`"
))]
#[x_kube(validation = (
    "!has(self.sealed) || self.sealed.startsWith('sb1:')",
    "sealed is not a sealed value, which starts with sb1:; make one with `seal set` or `seal value`"
))]
#[x_kube(validation = (
    "has(self.remoteRef) || !has(self.optional) && !has(self.default)",
    "optional and default go only with remoteRef"
))]
#[x_kube(validation = ("!(has(self.optional) && has(self.default))", "set one of optional and default; an entry with a default is always there"))]
pub struct DataEntry {
    /// The store of this entry, if not the object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// A value in a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ref: Option<RemoteRef>,
    /// A value sealed by `seal`, starting with `sb1:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_SEALED_LEN))]
    pub sealed: Option<String>,
    /// A value that is no secret, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_PLAIN_LEN))]
    pub plain: Option<String>,
    /// Leaves the entry out when the store says that it has no such key or property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
    /// The value, which is no secret, when the store says that it has no such key or property.
    #[serde(default, rename = "default", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_PLAIN_LEN))]
    pub default_value: Option<String>,
}

/// Names a store.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreRef {
    /// The store's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// `SecretStore` (the default, in this namespace) or `ClusterSecretStore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreKind>,
}

/// The two kinds of store.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum StoreKind {
    /// A store of one namespace.
    #[default]
    SecretStore,
    /// A store of the cluster.
    ClusterSecretStore,
}

impl StoreKind {
    /// The kind as in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretStore => "SecretStore",
            Self::ClusterSecretStore => "ClusterSecretStore",
        }
    }
}

/// A value in a store.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoteRef {
    /// The path or name in the store.
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub key: String,
    /// What to take out of a structured value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub property: Option<String>,
    /// The version in the store's own notation; by default the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub version: Option<String>,
    /// `None` (the default) or `Fetch`: tags or custom metadata instead of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_policy: Option<MetadataPolicy>,
    /// How the value is decoded: `None` (the default), `Base64`, `Base64URL` or `Auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoding_strategy: Option<DecodingStrategy>,
    /// Whether the value may hold the byte 0: `Ignore` (the default) or `Fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_byte_policy: Option<NullBytePolicy>,
}
