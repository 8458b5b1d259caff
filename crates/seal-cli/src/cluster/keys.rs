//! The public keys that a cluster publishes.
//!
//! Must never: write, or read a Secret.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use sealbridge_seal::Recipient;
use serde::{Deserialize, Serialize};

use super::{Cluster, refusal, wait_for};
use crate::error::Error;

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
    let map = wait_for(config_map(context, namespace))?;
    let place = format!("the ConfigMap {namespace}/{CONFIG_MAP}");
    let text = map.data.unwrap_or_default().remove(ENTRY);
    let text = text.ok_or_else(|| Error::Cluster(format!("{place} has no entry {ENTRY}; check that the operator runs")))?;
    serde_json::from_str(&text)
        .map_err(|_| Error::Cluster(format!("{place} cannot be read; use a `seal` of the operator's release")))
}

async fn config_map(context: Option<&str>, namespace: &str) -> Result<ConfigMap, Error> {
    let cluster = Cluster::of(context).await?;
    let what = format!("the ConfigMap {namespace}/{CONFIG_MAP}");
    let map = Api::<ConfigMap>::namespaced(cluster.client, namespace).get_opt(CONFIG_MAP).await;
    map.map_err(|error| refusal(&error, &format!("show {what}")))?.ok_or_else(|| {
        Error::Cluster(format!("there is no ConfigMap {namespace}/{CONFIG_MAP}; check that the operator runs and has a SealingKey"))
    })
}
