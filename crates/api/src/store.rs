//! `SecretStore` and `ClusterSecretStore`: where values are read and as whom.
//!
//! Field names and namespace rules are External Secrets Operator's.

mod aws;
mod fake;
mod selector;
mod vault;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

pub use aws::{AwsAuth, AwsProvider, AwsSecretRef, AwsService};
pub use fake::{FakeEntry, FakeProvider};
pub use selector::{CaProvider, CaProviderKind, SecretKeySelector, ServiceAccountSelector};
pub use vault::{
    AppRoleAuth, JwtAuth, KubernetesAuth, KubernetesServiceAccountToken, OpenBaoAuth, OpenBaoProvider, VaultAuth, VaultKvVersion,
    VaultProvider,
};

/// A store that objects of its own namespace read from.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "SecretStore",
    namespaced,
    category = "sealbridge",
    status = "StoreStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretStoreSpec {
    /// The store itself: exactly one provider.
    pub provider: ProviderSpec,
}

/// A store that objects of every namespace that `conditions` allow read from.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "ClusterSecretStore",
    category = "sealbridge",
    status = "StoreStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSecretStoreSpec {
    /// The store itself: exactly one provider.
    pub provider: ProviderSpec,
    /// Which namespaces may use the store; one that matches is enough; none means every namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<NamespaceCondition>,
}

/// The part of a store's spec that does not depend on its kind.
pub type StoreSpec = ProviderSpec;

/// One way of naming namespaces; what is given is joined by "or".
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceCondition {
    /// Namespaces by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
}

/// Exactly one provider.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderSpec {
    /// HashiCorp Vault, KV version 1 or 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultProvider>,
    /// OpenBao, KV version 1 or 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_bao: Option<OpenBaoProvider>,
    /// AWS Secrets Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsProvider>,
    /// Values that stand in the object itself, for trials and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fake: Option<FakeProvider>,
}

/// Whether the store can be used.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// The generation that the rest speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, and Stalled where it applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// Labels of a namespace, as selectors see them.
pub type NamespaceLabels = BTreeMap<String, String>;
