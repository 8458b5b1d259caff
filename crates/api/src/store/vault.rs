//! Vault and OpenBao.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selector::{FOR_THE_API_SERVER, MAX_AUDIENCES, NOT_THE_API_SERVER};
use super::{CaProvider, SecretKeySelector, ServiceAccountSelector};
use crate::limits::{MAX_URL_LEN, MAX_WORD_LEN, URL_PATTERN};
use crate::schema::undescribed;

const ONE_CA: &str = "!(has(self.caBundle) && has(self.caProvider))";
const TWO_CAS: &str = "set at most one of caBundle and caProvider";
const NO_USER: &str = "!self.server.contains('@')";
const A_USER: &str = "server holds a user name or password, which everybody who may read the store would see; log in under auth";
const ONE_LOGIN: &str = "[has(self.tokenSecretRef), has(self.appRole), has(self.kubernetes), has(self.jwt)].exists_one(set, set)";
const NOT_ONE_LOGIN: &str = "set exactly one of tokenSecretRef, appRole, kubernetes and jwt";

/// HashiCorp Vault's KV engine.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_CA, TWO_CAS), validation = (NO_USER, A_USER))]
pub struct VaultProvider {
    /// The server's URL, `https://vault.example:8200`.
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub server: String,
    /// The mount of the KV engine; absent, the first segment of each key is the mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// `v2` (the default) or `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VaultKvVersion>,
    /// The Vault namespace of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub namespace: Option<String>,
    /// CA certificates for the server, PEM in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub ca_bundle: Option<String>,
    /// Where CA certificates for the server live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_provider: Option<CaProvider>,
    /// As whom to log in: exactly one way.
    pub auth: VaultAuth,
}

/// OpenBao's KV engine. Differs from Vault's in that `property` is a literal name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_CA, TWO_CAS), validation = (NO_USER, A_USER))]
pub struct OpenBaoProvider {
    /// The server's URL, `https://bao.example:8200`.
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub server: String,
    /// The mount of the KV engine, by default `kv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// `v2` (the default) or `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VaultKvVersion>,
    /// The OpenBao namespace of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub namespace: Option<String>,
    /// CA certificates for the server, PEM in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub ca_bundle: Option<String>,
    /// Where CA certificates for the server live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_provider: Option<CaProvider>,
    /// As whom to log in: exactly one way.
    pub auth: OpenBaoAuth,
}

/// The version of a KV engine.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
#[serde(rename_all = "lowercase")]
pub enum VaultKvVersion {
    /// Without versions.
    V1,
    /// With versions.
    #[default]
    V2,
}

/// Exactly one way to log in to Vault.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_LOGIN, NOT_ONE_LOGIN))]
pub struct VaultAuth {
    /// The Vault namespace of the login, by default that of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub namespace: Option<String>,
    /// A token as it stands; it is never renewed and never revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_secret_ref: Option<SecretKeySelector>,
    /// AppRole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_role: Option<AppRoleAuth>,
    /// Vault's Kubernetes method: the server asks the API server who the token belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesAuth>,
    /// Vault's JWT method: the server checks the token by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtAuth>,
}

/// Exactly one way to log in to OpenBao.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_LOGIN, NOT_ONE_LOGIN))]
pub struct OpenBaoAuth {
    /// The OpenBao namespace of the login, by default that of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub namespace: Option<String>,
    /// A token as it stands; it is never renewed and never revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_secret_ref: Option<SecretKeySelector>,
    /// AppRole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_role: Option<AppRoleAuth>,
    /// The Kubernetes method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesAuth>,
    /// The JWT method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtAuth>,
}

/// AppRole: a role id and a secret id.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.roleId) != has(self.roleRef)", "set exactly one of roleId and roleRef"))]
pub struct AppRoleAuth {
    /// The mount of the method, by default `approle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The role id as it stands; exactly one of this and `roleRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub role_id: Option<String>,
    /// Where the role id lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_ref: Option<SecretKeySelector>,
    /// Where the secret id lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeySelector>,
}

/// The Kubernetes method. Without a reference the pod's own identity would be meant, which is refused in a
/// SecretStore and needs an operator flag in a ClusterSecretStore.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "!(has(self.serviceAccountRef) && has(self.secretRef))",
    "set at most one of serviceAccountRef and secretRef"
))]
pub struct KubernetesAuth {
    /// The mount of the method, by default `kubernetes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub mount_path: Option<String>,
    /// The role to log in as.
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub role: String,
    /// The ServiceAccount to log in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_ref: Option<ServiceAccountSelector>,
    /// Where a ServiceAccount's token lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeySelector>,
}

/// The JWT method: exactly one of the two sources of the token.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.secretRef) != has(self.kubernetesServiceAccountToken)",
    "set exactly one of secretRef and kubernetesServiceAccountToken"
))]
pub struct JwtAuth {
    /// The mount of the method, by default `jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The role to log in as; absent, the mount's default role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub role: Option<String>,
    /// Where the token lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeySelector>,
    /// A ServiceAccount for which a token is requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes_service_account_token: Option<KubernetesServiceAccountToken>,
}

/// A ServiceAccount for which a token is requested.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesServiceAccountToken {
    /// The ServiceAccount.
    pub service_account_ref: ServiceAccountSelector,
    /// Audiences of the token beside the reference's own, by default `vault`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_AUDIENCES), inner(length(min = 1, max = 256)))]
    #[x_kube(validation = (NOT_THE_API_SERVER, FOR_THE_API_SERVER))]
    pub audiences: Vec<String>,
    /// Life of the token in seconds, by default 600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 600, max = 86_400))]
    pub expiration_seconds: Option<i64>,
}
