//! The fields as they stand in manifests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// `spec` of a `Password`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PasswordSpec {
    pub(super) length: Option<i64>,
    pub(super) digits: Option<i64>,
    pub(super) symbols: Option<i64>,
    pub(super) symbol_characters: Option<String>,
    pub(super) no_upper: Option<bool>,
    pub(super) allow_repeat: Option<bool>,
    pub(super) secret_keys: Option<Vec<String>>,
    pub(super) encoding: Option<PasswordEncoding>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PasswordEncoding {
    #[default]
    Raw,
    Base64,
    Base64url,
    Base32,
    Hex,
}

/// `spec` of a `UUID`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UuidSpec {}

/// `spec` of an `SSHKey`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SshKeySpec {
    pub(super) key_type: Option<SshKeyType>,
    pub(super) key_size: Option<i64>,
    pub(super) comment: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SshKeyType {
    #[default]
    #[serde(alias = "")]
    Rsa,
    Ecdsa,
    Ed25519,
}

/// `spec` of a `Fake`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct FakeSpec {
    pub(super) controller: Option<String>,
    pub(super) data: Option<BTreeMap<String, String>>,
}

/// `spec` of a `ClusterGenerator`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterSpec {
    pub(super) kind: String,
    pub(super) generator: Map<String, Value>,
}
