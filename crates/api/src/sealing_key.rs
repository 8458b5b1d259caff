//! `SealingKey`: one age key pair that opens sealed values. The only source of sealing keys.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bridged_secret::StoreRef;
use crate::keys::MAX_KEY_LEN;
use crate::limits::{
    DATA_KEY_PATTERN, MAX_NAME_LEN, MAX_NAMESPACE_LEN, MAX_REMOTE_KEY_LEN, MAX_UNBOUND_NAMESPACES, NAME_PATTERN, NAMESPACE_PATTERN,
};
use crate::schema::undescribed;

/// One age key pair. The object names where the private half lives; it never holds it.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "SealingKey",
    doc = "One age key pair that opens sealed values. The object names where the private half lives; it never holds it.",
    category = "sealbridge",
    status = "SealingKeyStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"State","type":"string","jsonPath":".spec.state"}"#,
    printcolumn = r#"{"name":"Key-Id","type":"string","jsonPath":".status.keyId"}"#,
    printcolumn = r#"{"name":"In-Use","type":"integer","jsonPath":".status.inUse"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SealingKeySpec {
    /// Where the private half lives.
    pub identity: SealingIdentity,
    /// `Active` (the default) publishes the recipient for sealing; `Retiring` only opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SealingKeyState>,
    /// Limits for which namespaces the key opens; absent means all.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces in which the key also opens documents that bind no target, such as those of SOPS; none by default.
    /// Whoever may write there can paste any document that is sealed to the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_UNBOUND_NAMESPACES), inner(length(max = MAX_NAMESPACE_LEN), regex(pattern = NAMESPACE_PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub unbound_namespaces: Vec<String>,
}

/// Where the private half lives: exactly one of the two.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.secretRef) != has(self.remoteRef)", "set exactly one of secretRef and remoteRef"))]
#[x_kube(validation = (
    "has(self.remoteRef) == has(self.secretStoreRef)",
    "secretStoreRef goes with remoteRef, and only with it"
))]
#[x_kube(validation = Rule::new(
    "!has(self.secretStoreRef) || (has(self.secretStoreRef.kind) && self.secretStoreRef.kind == 'ClusterSecretStore')"
).message("a SealingKey belongs to no namespace; set kind: ClusterSecretStore").field_path(".secretStoreRef"))]
pub struct SealingIdentity {
    /// An entry of a Secret in the operator's own namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<IdentitySecretRef>,
    /// A value in a ClusterSecretStore, so that the private half need not be in etcd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ref: Option<IdentityRef>,
    /// The ClusterSecretStore of `remoteRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
}

/// The text of an identity in a store.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityRef {
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
}

/// An entry of a Secret in the operator's own namespace.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentitySecretRef {
    /// The Secret's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// The entry that holds the `AGE-SECRET-KEY-1…` line; by default `identity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_KEY_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub key: Option<String>,
}

/// Whether values are still sealed to the key.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum SealingKeyState {
    /// Values are sealed to it.
    #[default]
    Active,
    /// Values sealed to it still open; no new ones should be made.
    Retiring,
}

/// What the operator knows of the key.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SealingKeyStatus {
    /// The generation that the rest speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, and Stalled where it applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The public half, to which values are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The short id that sealed values name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// How many objects hold a value that this key opened, or may be the only one to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use: Option<i32>,
}
