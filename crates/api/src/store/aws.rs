//! AWS Secrets Manager and Parameter Store.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SecretKeySelector, ServiceAccountSelector};
use crate::limits::{MAX_URL_LEN, MAX_WORD_LEN, URL_PATTERN};
use crate::schema::undescribed;

/// The ARN of an IAM role.
pub(super) const ROLE_PATTERN: &str = "^arn:[^:]+:iam::[0-9]{12}:role/.+$";
/// The name of a region.
pub(super) const REGION_PATTERN: &str = "^[a-z]+(-[a-z0-9]+)+$";
/// The most roles that are assumed on the way to the last one.
const MAX_ROLES: usize = 8;
/// The most tags of a session, as AWS takes them.
const MAX_SESSION_TAGS: usize = 50;

const ROLE_FOR_THE_REST: &str = "has(self.role) || !(has(self.externalID) || has(self.sessionTags) || has(self.transitiveTagKeys) \
     || has(self.additionalRoles) || (has(self.sessionTagsPolicy) && self.sessionTagsPolicy != 'None'))";
const NO_ROLE_FOR_THE_REST: &str =
    "externalID, session tags and additionalRoles go with a role that is assumed; set role or leave them out";
const CUSTOM_TAGS: &str = "!has(self.customSessionTags) || (has(self.sessionTagsPolicy) && self.sessionTagsPolicy == 'Custom')";
const NO_CUSTOM_TAGS: &str = "customSessionTags go with sessionTagsPolicy Custom; set it or leave them out";

const REMOVAL: &str = "!has(self.secretsManager) || self.service == 'SecretsManager'";
const NO_REMOVAL: &str = "secretsManager says how secrets are deleted, and parameters are at once; leave it out";

/// One AWS service in one region, as one identity.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = (
        "!(has(self.endpoint) && self.endpoint.contains('@')) && !(has(self.stsEndpoint) && self.stsEndpoint.contains('@'))",
        "an endpoint holds a user name or password, which everybody who may read the store would see; leave it out"
    ),
    validation = (ROLE_FOR_THE_REST, NO_ROLE_FOR_THE_REST),
    validation = (CUSTOM_TAGS, NO_CUSTOM_TAGS),
    validation = (REMOVAL, NO_REMOVAL)
)]
pub struct AwsProvider {
    /// The service to read from.
    pub service: AwsService,
    /// The region, for example `eu-central-1`.
    #[schemars(length(max = 64), extend("pattern" = REGION_PATTERN))]
    pub region: String,
    /// The ARN of an IAM role that is assumed with the identity below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), extend("pattern" = ROLE_PATTERN))]
    pub role: Option<String>,
    /// ARNs of roles that are assumed one after the other before `role`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ROLES), inner(length(max = 2048), regex(pattern = ROLE_PATTERN)))]
    pub additional_roles: Vec<String>,
    /// The external id with which `role` is assumed.
    #[serde(default, rename = "externalID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224))]
    pub external_id: Option<String>,
    /// Tags of the session in which `role` is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_SESSION_TAGS))]
    pub session_tags: Vec<AwsTag>,
    /// Names of session tags that the session hands on to roles that are assumed from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_SESSION_TAGS), inner(length(min = 1, max = 128)))]
    pub transitive_tag_keys: Vec<String>,
    /// Which tags are added to `sessionTags`: `None` (the default), `Simple` for `esoNamespace`, `esoStoreName` and
    /// `esoStoreKind`, or `Custom` for these and `customSessionTags`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_tags_policy: Option<SessionTagsPolicy>,
    /// Tags that are added under `sessionTagsPolicy: Custom`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_SESSION_TAGS), inner(length(max = 256)))]
    pub custom_session_tags: BTreeMap<String, String>,
    /// Put before every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub prefix: Option<String>,
    /// Another URL for the service, for example that of a VPC endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub endpoint: Option<String>,
    /// Another URL for the Security Token Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub sts_endpoint: Option<String>,
    /// How secrets are removed that were pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_manager: Option<AwsSecretsManager>,
    /// As whom to read. Absent or empty means the pod's own identity by the SDK's default chain, which is refused in
    /// a SecretStore and needs an operator flag in a ClusterSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AwsAuth>,
}

/// How secrets are removed that were pushed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "!(has(self.recoveryWindowInDays) && has(self.forceDeleteWithoutRecovery) && self.forceDeleteWithoutRecovery)",
    "a secret that is deleted without recovery has no window for it; set one of the two"
))]
pub struct AwsSecretsManager {
    /// Whether a secret is deleted at once, so that nobody can restore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_delete_without_recovery: Option<bool>,
    /// For how many days a deleted secret can be restored, 7 to 30; AWS takes 30 by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 7, max = 30))]
    pub recovery_window_in_days: Option<i64>,
}

/// The AWS services that can be read from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum AwsService {
    /// AWS Secrets Manager.
    #[default]
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
}

/// Which tags are added to those that the store names.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum SessionTagsPolicy {
    /// None.
    #[default]
    None,
    /// Which store is used, and from which namespace.
    Simple,
    /// These and the store's own.
    Custom,
}

/// A tag.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsTag {
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    pub key: String,
    /// Its value.
    #[schemars(length(max = 256))]
    pub value: String,
}

/// The identity before any role is assumed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("!(has(self.secretRef) && has(self.jwt))", "set at most one of secretRef and jwt"))]
pub struct AwsAuth {
    /// Where an access key lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<AwsSecretRef>,
    /// A ServiceAccount with an IAM role (IRSA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<AwsJwtAuth>,
}

/// A ServiceAccount whose IAM role its annotation `eks.amazonaws.com/role-arn` names.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsJwtAuth {
    /// The ServiceAccount. Its token is for the audience of its annotation `eks.amazonaws.com/audience`, by default
    /// `sts.amazonaws.com`, and for those named here.
    pub service_account_ref: ServiceAccountSelector,
}

/// Where an access key lives.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSecretRef {
    /// The access key id.
    #[serde(rename = "accessKeyIDSecretRef")]
    pub access_key_id_secret_ref: SecretKeySelector,
    /// The secret access key.
    #[serde(rename = "secretAccessKeySecretRef")]
    pub secret_access_key_secret_ref: SecretKeySelector,
    /// The session token of temporary credentials.
    #[serde(default, rename = "sessionTokenSecretRef", skip_serializing_if = "Option::is_none")]
    pub session_token_secret_ref: Option<SecretKeySelector>,
}
