//! The ways to log in to Vault and OpenBao.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::super::aws::{REGION_PATTERN, ROLE_PATTERN};
use super::super::selector::{FOR_THE_API_SERVER, MAX_AUDIENCES, NOT_THE_API_SERVER};
use super::super::{AwsJwtAuth, AwsSecretRef, SecretEntrySelector, SecretKeySelector, ServiceAccountSelector};
use crate::limits::{MAX_URL_LEN, MAX_WORD_LEN, URL_PATTERN};

const ONE_LOGIN: &str = "[has(self.tokenSecretRef), has(self.appRole), has(self.kubernetes), has(self.ldap), has(self.userPass), \
     has(self.jwt), has(self.cert), has(self.iam), has(self.gcp)].exists_one(set, set)";
const NOT_ONE_LOGIN: &str = "set exactly one of tokenSecretRef, appRole, kubernetes, ldap, userPass, jwt, cert, iam and gcp";
const ONE_OPEN_BAO_LOGIN: &str = "[has(self.tokenSecretRef), has(self.appRole), has(self.kubernetes), has(self.ldap), \
     has(self.userPass), has(self.jwt), has(self.cert)].exists_one(set, set)";
const NOT_ONE_OPEN_BAO_LOGIN: &str = "set exactly one of tokenSecretRef, appRole, kubernetes, ldap, userPass, jwt and cert";

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
    /// A user of a directory (LDAP), whose password the server checks there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldap: Option<PasswordAuth>,
    /// A user whom the server itself knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pass: Option<PasswordAuth>,
    /// A client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<CertAuth>,
    /// An AWS identity, which the server has AWS confirm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam: Option<IamAuth>,
    /// A Google service account, by a key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gcp: Option<GcpAuth>,
}

/// Exactly one way to log in to OpenBao.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_OPEN_BAO_LOGIN, NOT_ONE_OPEN_BAO_LOGIN))]
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
    /// A user of a directory (LDAP), whose password the server checks there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldap: Option<PasswordAuth>,
    /// A user whom the server itself knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pass: Option<PasswordAuth>,
    /// A client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<CertAuth>,
}

impl From<OpenBaoAuth> for VaultAuth {
    /// The same login: OpenBao has fewer of them.
    fn from(auth: OpenBaoAuth) -> Self {
        let OpenBaoAuth { namespace, token_secret_ref, app_role, kubernetes, jwt, ldap, user_pass, cert } = auth;
        Self { namespace, token_secret_ref, app_role, kubernetes, jwt, ldap, user_pass, cert, iam: None, gcp: None }
    }
}

/// AppRole: a role id and a secret id.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = ("has(self.roleId) != has(self.roleRef)", "set exactly one of roleId and roleRef"),
    validation = ("has(self.secretRef) != has(self.wrappedSecretRef)", "set exactly one of secretRef and wrappedSecretRef")
)]
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
    /// Where the secret id lives; exactly one of this and `wrappedSecretRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeySelector>,
    /// Where a wrapping token lives that can be exchanged for the secret id once. What it was exchanged for is kept
    /// in memory only: after a restart of the operator, or an edit of the store, another one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapped_secret_ref: Option<SecretKeySelector>,
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
    /// Where a ServiceAccount's token lives, by default in the entry `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretEntrySelector>,
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

/// A user and a password.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordAuth {
    /// The mount of the method, by default `ldap` or `userpass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The user's name.
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub username: String,
    /// Where the password lives.
    pub secret_ref: SecretKeySelector,
}

/// The method for client certificates. The certificate is shown by every connection of the store.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertAuth {
    /// The mount of the method, by default `cert`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The role to log in as; absent, any that the certificate fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub vault_role: Option<String>,
    /// Where the certificate lives, PEM.
    pub client_cert: SecretKeySelector,
    /// Where its private key lives, PEM.
    pub secret_ref: SecretKeySelector,
}

/// The method for AWS identities: a signed request, by which the server learns from AWS who signed it. Without
/// `secretRef` and `jwt` that would be the operator's own identity, which is refused in a SecretStore and needs an
/// operator flag in a ClusterSecretStore.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = ("!(has(self.secretRef) && has(self.jwt))", "set at most one of secretRef and jwt"),
    validation = ("!has(self.externalID) || has(self.role)", "externalID goes with a role that is assumed; set role or leave it out"),
    validation = (
        "!(has(self.stsEndpoint) && self.stsEndpoint.contains('@'))",
        "an endpoint holds a user name or password, which everybody who may read the store would see; leave it out"
    )
)]
pub struct IamAuth {
    /// The mount of the method, by default `aws`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The AWS region of the request, by default `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("pattern" = REGION_PATTERN))]
    pub region: Option<String>,
    /// The ARN of an IAM role that is assumed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), extend("pattern" = ROLE_PATTERN))]
    pub role: Option<String>,
    /// The role of Vault to log in as.
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub vault_role: String,
    /// The external id with which `role` is assumed.
    #[serde(default, rename = "externalID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224))]
    pub external_id: Option<String>,
    /// The server's own id, which is signed too, so that the request is good for this server alone.
    #[serde(default, rename = "vaultAwsIamServerID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub vault_aws_iam_server_id: Option<String>,
    /// Where an access key lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<AwsSecretRef>,
    /// A ServiceAccount with an IAM role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<AwsJwtAuth>,
    /// Another URL for the Security Token Service, for the roles that are assumed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub sts_endpoint: Option<String>,
}

/// The method for Google service accounts: a token that the account's own key signs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GcpAuth {
    /// The mount of the method, by default `gcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// The role of Vault to log in as.
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub role: String,
    /// The project of the service account; a key of another project is refused.
    #[serde(default, rename = "projectID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub project_id: Option<String>,
    /// Where the key lives.
    pub secret_ref: GcpSecretRef,
}

/// Where a Google service account's key lives.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GcpSecretRef {
    /// The key, as the JSON document that Google hands out.
    pub secret_access_key_secret_ref: SecretKeySelector,
}
