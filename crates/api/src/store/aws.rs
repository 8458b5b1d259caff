//! AWS Secrets Manager.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeySelector;
use crate::limits::{MAX_URL_LEN, MAX_WORD_LEN, URL_PATTERN};
use crate::schema::undescribed;

/// AWS Secrets Manager in one region, as one identity.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "!(has(self.endpoint) && self.endpoint.contains('@')) && !(has(self.stsEndpoint) && self.stsEndpoint.contains('@'))",
    "an endpoint holds a user name or password, which everybody who may read the store would see; leave it out"
))]
pub struct AwsProvider {
    /// The service to read from.
    pub service: AwsService,
    /// The region, for example `eu-central-1`.
    #[schemars(length(max = 64), extend("pattern" = "^[a-z]+(-[a-z0-9]+)+$"))]
    pub region: String,
    /// The ARN of an IAM role that is assumed with the identity below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), extend("pattern" = "^arn:[^:]+:iam::[0-9]{12}:role/.+$"))]
    pub role: Option<String>,
    /// Put before every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub prefix: Option<String>,
    /// Another URL for Secrets Manager, for example that of a VPC endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub endpoint: Option<String>,
    /// Another URL for the Security Token Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub sts_endpoint: Option<String>,
    /// As whom to read. Absent means the pod's own identity by the SDK's default chain, which is refused in
    /// a SecretStore and needs an operator flag in a ClusterSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AwsAuth>,
}

/// The AWS services that can be read from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum AwsService {
    /// AWS Secrets Manager.
    #[default]
    SecretsManager,
}

/// Static credentials.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsAuth {
    /// Where the access key lives.
    pub secret_ref: AwsSecretRef,
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
