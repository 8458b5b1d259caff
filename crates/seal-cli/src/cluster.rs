//! What is read from a cluster, and only when the command says so: the public keys that it publishes.
//!
//! Must never: write, or read a Secret.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use sealbridge_seal::Recipient;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The namespace that the operator is installed in by default.
pub(crate) const OPERATOR_NAMESPACE: &str = "sealbridge-system";
const CONFIG_MAP: &str = "sealbridge-recipients";
const ENTRY: &str = "recipients.json";

/// A key as the operator publishes it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishedKey {
    /// The id of the key.
    pub(crate) key_id: String,
    recipient: String,
    /// `Active`: seal to it. `Retiring`: it only opens. `Missing`: the private half is not at hand.
    pub(crate) state: String,
}

impl PublishedKey {
    /// Whether values shall be sealed to it.
    pub(crate) fn is_active(&self) -> bool {
        self.state == "Active"
    }

    /// The recipient, checked against its id.
    pub(crate) fn recipient(&self) -> Result<Recipient, Error> {
        let parsed: Recipient =
            self.recipient.parse().map_err(|problem| Error::Recipient { place: format!("ConfigMap {CONFIG_MAP}"), problem })?;
        if parsed.id().to_string() == self.key_id {
            Ok(parsed)
        } else {
            Err(Error::Cluster(format!(
                "the ConfigMap {CONFIG_MAP} names a key by another id than its own; ask whoever runs the cluster"
            )))
        }
    }
}

/// The keys that the cluster of a kubeconfig context, or of the current one, publishes.
pub(crate) fn published_keys(context: Option<&str>, namespace: &str) -> Result<Vec<PublishedKey>, Error> {
    // A provider that another part has installed is as good.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Runtime { cause: error.kind() })?;
    let map = runtime.block_on(config_map(context, namespace))?;
    let place = format!("the ConfigMap {namespace}/{CONFIG_MAP}");
    let text = map.data.unwrap_or_default().remove(ENTRY);
    let text = text.ok_or_else(|| Error::Cluster(format!("{place} has no entry {ENTRY}; check that the operator runs")))?;
    serde_json::from_str(&text)
        .map_err(|_| Error::Cluster(format!("{place} cannot be read; use a `seal` of the operator's release")))
}

async fn config_map(context: Option<&str>, namespace: &str) -> Result<ConfigMap, Error> {
    // Errors of the client quote the kubeconfig and the output of login programs, which hold tokens.
    let told = |what: &str| Error::Cluster(what.to_owned());
    let kubeconfig =
        Kubeconfig::read().map_err(|_| told("the kubeconfig cannot be read; check KUBECONFIG, and `kubectl config view`"))?;
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|_| {
        told("the kubeconfig does not say how to reach the cluster; check the context with `kubectl config get-contexts`")
    })?;
    let client = Client::try_from(config).map_err(|_| {
        told("the cluster cannot be asked: its certificates or login in the kubeconfig cannot be used; check them with kubectl")
    })?;
    match Api::<ConfigMap>::namespaced(client, namespace).get_opt(CONFIG_MAP).await {
        Ok(Some(map)) => Ok(map),
        Ok(None) => Err(Error::Cluster(format!(
            "there is no ConfigMap {namespace}/{CONFIG_MAP}; check that the operator runs and has a SealingKey"
        ))),
        Err(kube::Error::Api(status)) => Err(Error::Cluster(format!(
            "the cluster refused to show the ConfigMap {namespace}/{CONFIG_MAP} (HTTP {}); log in, or ask for read access to it",
            status.code
        ))),
        Err(_) => Err(told("the cluster cannot be reached, or the login failed; check with `kubectl version`")),
    }
}
