//! Secrets of another namespace, in this cluster or another.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{CaProvider, SecretKeySelector, ServiceAccountSelector};
use crate::limits::{MAX_NAMESPACE_LEN, MAX_URL_LEN, NAMESPACE_PATTERN};

/// Secrets of one namespace of a cluster, read as somebody whom the store names; never as the operator.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesProvider {
    /// The API server.
    pub server: KubernetesServer,
    /// The namespace of the Secrets, by default `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub remote_namespace: Option<String>,
    /// As whom to read: exactly one way.
    pub auth: KubernetesStoreAuth,
}

/// An API server and the certificates that it is trusted by.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = ("!(has(self.caBundle) && has(self.caProvider))", "set at most one of caBundle and caProvider"),
    validation = (
        "!self.url.contains('@')",
        "url holds a user name or password, which everybody who may read the store would see; log in under auth"
    )
)]
pub struct KubernetesServer {
    /// The server's URL, `https://kubernetes.default.svc` for this cluster.
    #[schemars(length(max = MAX_URL_LEN), extend("pattern" = r"^https://[^/?#\s]+(/[^?#\s]*)?$"))]
    pub url: String,
    /// CA certificates for the server, PEM in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub ca_bundle: Option<String>,
    /// Where CA certificates for the server live; those of this cluster are in the ConfigMap `kube-root-ca.crt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_provider: Option<CaProvider>,
}

/// Exactly one way to log in to an API server.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = (
        "[has(self.token), has(self.serviceAccount), has(self.cert)].exists_one(set, set)",
        "set exactly one of token, serviceAccount and cert"
    ),
    validation = (
        "!has(self.serviceAccount) || (has(self.serviceAccount.audiences) && size(self.serviceAccount.audiences) > 0)",
        "serviceAccount is for another cluster and needs an audience that its API server accepts; within this cluster use token"
    )
)]
pub struct KubernetesStoreAuth {
    /// A token as it stands, for example that of a Secret of type `kubernetes.io/service-account-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<KubernetesTokenAuth>,
    /// A ServiceAccount of this cluster whose tokens another cluster accepts for an audience of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccountSelector>,
    /// A client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<KubernetesCertAuth>,
}

/// A token.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesTokenAuth {
    /// Where the token lives.
    pub bearer_token: SecretKeySelector,
}

/// A client certificate and its key.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesCertAuth {
    /// Where the certificate lives, in PEM.
    pub client_cert: SecretKeySelector,
    /// Where its key lives, in PEM.
    pub client_key: SecretKeySelector,
}
