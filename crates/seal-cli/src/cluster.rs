//! What is read from a cluster, and only when the command says so: the public keys that it publishes.
//!
//! Must never: write, or read a Secret.

use std::fmt;

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
    let runtime = runtime.map_err(|error| failed("the cluster cannot be asked", &error.kind(), "try again"))?;
    let map = runtime.block_on(config_map(context, namespace))?;
    let text = map.data.unwrap_or_default().remove(ENTRY).ok_or_else(|| {
        Error::Cluster(format!("the ConfigMap {namespace}/{CONFIG_MAP} has no entry {ENTRY}; check that the operator runs"))
    })?;
    serde_json::from_str(&text).map_err(|_| {
        Error::Cluster(format!("the ConfigMap {namespace}/{CONFIG_MAP} cannot be read; use a `seal` of the operator's release"))
    })
}

async fn config_map(context: Option<&str>, namespace: &str) -> Result<ConfigMap, Error> {
    let kubeconfig = Kubeconfig::read().map_err(|error| failed("the kubeconfig cannot be read", &error, "check KUBECONFIG"))?;
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let config = config.map_err(|error| failed("the kubeconfig has no such cluster", &error, "check --context"))?;
    let client = Client::try_from(config).map_err(|error| failed("the cluster cannot be asked", &error, "check the kubeconfig"))?;
    let found = Api::<ConfigMap>::namespaced(client, namespace).get_opt(CONFIG_MAP).await;
    found
        .map_err(|error| failed("the cluster does not answer as it should", &error, "check that you may read ConfigMaps there"))?
        .ok_or_else(|| {
            Error::Cluster(format!(
                "there is no ConfigMap {namespace}/{CONFIG_MAP}; check that the operator runs and has a SealingKey"
            ))
        })
}

fn failed(what: &str, cause: &dyn fmt::Display, remedy: &str) -> Error {
    Error::Cluster(format!("{what} ({cause}); {remedy}"))
}
