//! `SecretStore` and `ClusterSecretStore`: where values are read and as whom.
//!
//! Field names and namespace rules are External Secrets Operator's.

mod aws;
mod fake;
mod key_limit;
mod kubernetes;
mod retry;
mod selector;
mod vault;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_KEY_LIMITS, MAX_NAMESPACE_LEN, MAX_STORE_NAMESPACES, NAMESPACE_PATTERN};

pub use aws::{AwsAuth, AwsJwtAuth, AwsProvider, AwsSecretRef, AwsSecretsManager, AwsService, AwsTag, SessionTagsPolicy};
pub use fake::{FakeEntry, FakeProvider};
pub use key_limit::{KeyAction, KeyLimit};
pub use kubernetes::{KubernetesCertAuth, KubernetesProvider, KubernetesServer, KubernetesStoreAuth, KubernetesTokenAuth};
pub use retry::RetrySettings;
pub use selector::{CaProvider, CaProviderKind, SecretEntrySelector, SecretKeySelector, ServiceAccountSelector};
pub use vault::{
    AppRoleAuth, CertAuth, GcpAuth, GcpSecretRef, IamAuth, JwtAuth, KubernetesAuth, KubernetesServiceAccountToken, OpenBaoAuth,
    OpenBaoProvider, PasswordAuth, VaultAuth, VaultCheckAndSet, VaultClientTls, VaultKvVersion, VaultProvider,
};

const VAULT_IDENTITY_NAMED: &str = "!has(self.provider.vault) || ((!has(self.provider.vault.auth.kubernetes) \
     || has(self.provider.vault.auth.kubernetes.serviceAccountRef) || has(self.provider.vault.auth.kubernetes.secretRef)) \
     && (!has(self.provider.vault.auth.iam) || has(self.provider.vault.auth.iam.secretRef) || has(self.provider.vault.auth.iam.jwt)))";
const OPEN_BAO_IDENTITY_NAMED: &str = "!has(self.provider.openBao) || !has(self.provider.openBao.auth.kubernetes) \
     || has(self.provider.openBao.auth.kubernetes.serviceAccountRef) || has(self.provider.openBao.auth.kubernetes.secretRef)";
const AWS_IDENTITY_NAMED: &str = "!has(self.provider.aws) || (has(self.provider.aws.auth) \
     && (has(self.provider.aws.auth.secretRef) || has(self.provider.aws.auth.jwt)))";
const OWN_IDENTITY_REFUSED: &str = "a SecretStore never uses the operator's own identity; set serviceAccountRef or secretRef \
     under auth.kubernetes, or secretRef or jwt under auth.iam";
const RETRIES_ARE_MADE: &str =
    "!has(self.retrySettings) || has(self.provider.vault) || has(self.provider.openBao) || has(self.provider.aws)";
const NO_RETRIES_ARE_MADE: &str = "retrySettings go with vault, openBao and aws; leave them out";
const CA_NAMESPACE_MISSING: &str = "caProvider in a ClusterSecretStore needs a namespace";

/// A store that objects of its own namespace read from.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "SecretStore",
    doc = "A store that objects of its own namespace read from.",
    namespaced,
    category = "sealbridge",
    status = "StoreStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(VAULT_IDENTITY_NAMED).message(OWN_IDENTITY_REFUSED).field_path(".provider"))]
#[x_kube(validation = Rule::new(OPEN_BAO_IDENTITY_NAMED).message(OWN_IDENTITY_REFUSED).field_path(".provider"))]
#[x_kube(validation = Rule::new(AWS_IDENTITY_NAMED)
    .message("a SecretStore never uses the operator's own identity; set secretRef or jwt under auth")
    .field_path(".provider"))]
#[x_kube(validation = Rule::new(RETRIES_ARE_MADE).message(NO_RETRIES_ARE_MADE).field_path(".retrySettings"))]
pub struct SecretStoreSpec {
    /// The store itself: exactly one provider.
    pub provider: ProviderSpec,
    /// How often a request that failed for a while is made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_settings: Option<RetrySettings>,
}

/// A store that objects of every namespace that `conditions` allow read from.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "ClusterSecretStore",
    doc = "A store that objects of every namespace that its conditions allow read from.",
    category = "sealbridge",
    status = "StoreStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.provider.vault) || !has(self.provider.vault.caProvider) || has(self.provider.vault.caProvider.namespace)"
).message(CA_NAMESPACE_MISSING).field_path(".provider"))]
#[x_kube(validation = Rule::new(
    "!has(self.provider.openBao) || !has(self.provider.openBao.caProvider) || has(self.provider.openBao.caProvider.namespace)"
).message(CA_NAMESPACE_MISSING).field_path(".provider"))]
#[x_kube(validation = Rule::new(
    "!has(self.provider.kubernetes) || !has(self.provider.kubernetes.server.caProvider) \
     || has(self.provider.kubernetes.server.caProvider.namespace)"
).message(CA_NAMESPACE_MISSING).field_path(".provider"))]
#[x_kube(validation = Rule::new(RETRIES_ARE_MADE).message(NO_RETRIES_ARE_MADE).field_path(".retrySettings"))]
#[x_kube(validation = Rule::new(format!(
    "(has(self.conditions) && size(self.conditions) > 0) || (({VAULT_IDENTITY_NAMED}) && ({OPEN_BAO_IDENTITY_NAMED}) && ({AWS_IDENTITY_NAMED}))"
)).message("without auth of its own the store uses the operator's identity; set auth, or say under conditions which namespaces may use it")
    .field_path(".conditions"))]
pub struct ClusterSecretStoreSpec {
    /// The store itself: exactly one provider.
    pub provider: ProviderSpec,
    /// How often a request that failed for a while is made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_settings: Option<RetrySettings>,
    /// Which namespaces may use the store; one that matches is enough; none means every namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub conditions: Vec<NamespaceCondition>,
    /// Which keys the namespaces may have, beside `conditions`: a read or search is made if one limit is for the namespace
    /// and admits it. Absent, every namespace may have every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_KEY_LIMITS),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub limits: Option<Vec<KeyLimit>>,
}

/// The part of a store's spec that does not depend on its kind.
pub type StoreSpec = ProviderSpec;

/// One way of naming namespaces; what is given is joined by "or".
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.namespaceSelector) || (has(self.namespaces) && size(self.namespaces) > 0)",
    "set namespaceSelector, namespaces or both"
))]
pub struct NamespaceCondition {
    /// Namespaces by label.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_STORE_NAMESPACES), inner(length(max = MAX_NAMESPACE_LEN), regex(pattern = NAMESPACE_PATTERN)))]
    pub namespaces: Vec<String>,
}

/// Exactly one provider.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "[has(self.vault), has(self.openBao), has(self.aws), has(self.kubernetes), has(self.fake)].exists_one(set, set)",
    "set exactly one of vault, openBao, aws, kubernetes and fake"
))]
pub struct ProviderSpec {
    /// HashiCorp Vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultProvider>,
    /// OpenBao.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_bao: Option<OpenBaoProvider>,
    /// AWS Secrets Manager or Parameter Store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsProvider>,
    /// Secrets of another namespace, in this cluster or another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesProvider>,
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
