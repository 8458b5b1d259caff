//! Vault and OpenBao: where the server is, and how it is spoken to.

mod auth;

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaProvider, SecretEntrySelector};
use crate::limits::{MAX_URL_LEN, MAX_WORD_LEN, URL_PATTERN};
use crate::schema::undescribed;

pub use auth::{
    AppRoleAuth, CertAuth, GcpAuth, GcpSecretRef, IamAuth, JwtAuth, KubernetesAuth, KubernetesServiceAccountToken, OpenBaoAuth,
    PasswordAuth, VaultAuth,
};

/// The most headers that a store adds to its requests.
const MAX_HEADERS: usize = 16;

const ONE_CA: &str = "!(has(self.caBundle) && has(self.caProvider))";
const TWO_CAS: &str = "set at most one of caBundle and caProvider";
const NO_USER: &str = "!self.server.contains('@')";
const A_USER: &str = "server holds a user name or password, which everybody who may read the store would see; log in under auth";
const ONE_CERTIFICATE: &str = "!(has(self.tls) && has(self.auth.cert))";
const TWO_CERTIFICATES: &str = "a connection shows one certificate; set tls or auth.cert";

/// HashiCorp Vault's KV engine.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (ONE_CA, TWO_CAS), validation = (NO_USER, A_USER), validation = (ONE_CERTIFICATE, TWO_CERTIFICATES))]
pub struct VaultProvider {
    /// The server's URL, `https://vault.example:8200`.
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = URL_PATTERN))]
    pub server: String,
    /// The mount of the KV engine; absent, the first segment of each key is the mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_WORD_LEN))]
    pub path: Option<String>,
    /// `v2` (the default) or `v1` of the KV engine, or `logical`: keys are paths of the API, of any engine.
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
    /// The certificate that every connection shows, for a server that asks for one. A login by certificate is
    /// `auth.cert`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<VaultClientTls>,
    /// Headers of every request, none of them one that the protocol needs itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_HEADERS), inner(length(max = 2048)))]
    pub headers: BTreeMap<String, String>,
    /// Whether a server that is behind its leader may answer a read only once it knows of the login before it
    /// (Vault Enterprise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_your_writes: Option<bool>,
    /// Whether a server that is behind its leader is asked to hand such a read on to it (Vault Enterprise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_inconsistent: Option<bool>,
    /// Whether the mount takes a write only with the version that it is made over, as every push is made here: it
    /// changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_and_set: Option<VaultCheckAndSet>,
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
    /// `v2` (the default) or `v1` of the KV engine, or `logical`: keys are paths of the API, of any engine.
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

/// Whether a mount takes a write only with the version that it is made over.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VaultCheckAndSet {
    /// Whether it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// How keys become paths.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
#[serde(rename_all = "lowercase")]
pub enum VaultKvVersion {
    /// Without versions.
    V1,
    /// With versions.
    #[default]
    V2,
    /// Any engine: a key is the API's path below `path`. External Secrets Operator has no such stores.
    Logical,
}

/// The certificate that a connection shows.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VaultClientTls {
    /// The certificate, PEM, by default the entry `tls.crt`.
    pub cert_secret_ref: SecretEntrySelector,
    /// Its private key, PEM, by default the entry `tls.key`.
    pub key_secret_ref: SecretEntrySelector,
}
