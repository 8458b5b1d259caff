//! The SealingKeys of a cluster, and the objects that have values sealed to one.
//!
//! Must never: delete a SealingKey, or read a Secret.

use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use sealbridge_api::SealingKey;
use sealbridge_seal::{KeyId, SealedValue};
use serde_json::{Value, json};

use super::objects::listed;
use super::served::bridged_secrets;
use super::{Cluster, refusal, wait_for};
use crate::error::Error;

/// A SealingKey as the cluster has it.
#[derive(Clone, Debug)]
pub(crate) struct SealingKeyAt {
    /// Its name.
    pub(crate) name: String,
    /// The id of its key, once the operator has read it.
    pub(crate) key_id: Option<KeyId>,
    /// The public half.
    pub(crate) recipient: Option<String>,
    /// `Active` or `Retiring`.
    pub(crate) state: String,
    /// How many objects need it, once that is known.
    pub(crate) in_use: Option<i64>,
}

/// The SealingKeys of the cluster of a kubeconfig context, or of the current one.
pub(crate) fn sealing_keys(context: Option<&str>) -> Result<Vec<SealingKeyAt>, Error> {
    wait_for(async {
        let cluster = Cluster::of(context).await?;
        let objects = listed(&cluster, &ApiResource::erase::<SealingKey>(&()), None).await?;
        Ok(objects.into_iter().map(sealing_key_of).collect())
    })
}

/// `namespace/name` of the BridgedSecrets that have a value sealed to a key.
pub(crate) fn objects_sealed_to(context: Option<&str>, id: KeyId) -> Result<Vec<String>, Error> {
    wait_for(async {
        let cluster = Cluster::of(context).await?;
        let objects = listed(&cluster, &bridged_secrets(), None).await?;
        let using = objects.into_iter().filter(|object| {
            let entries = object.data.pointer("/spec/data").and_then(Value::as_object);
            entries.into_iter().flatten().any(|(_, entry)| {
                let sealed = entry.get("sealed").and_then(Value::as_str).and_then(|text| SealedValue::parse(text).ok());
                sealed.is_some_and(|sealed| sealed.key_ids().contains(&id))
            })
        });
        let name = |object: DynamicObject| {
            let metadata = object.metadata;
            format!("{}/{}", metadata.namespace.unwrap_or_default(), metadata.name.unwrap_or_default())
        };
        Ok(using.map(name).collect())
    })
}

/// Gives a SealingKey `spec.state: Retiring`.
pub(crate) fn retire(context: Option<&str>, name: &str) -> Result<(), Error> {
    wait_for(async {
        let cluster = Cluster::of(context).await?;
        let kind = ApiResource::erase::<SealingKey>(&());
        let api: Api<DynamicObject> = Api::all_with(cluster.client, &kind);
        let patch = json!({"spec": {"state": "Retiring"}});
        let patched = api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await;
        patched.map(drop).map_err(|error| refusal(&error, &format!("change SealingKey {name}")))
    })
}

/// A SealingKey as the API server has it.
pub(crate) fn sealing_key_of(object: DynamicObject) -> SealingKeyAt {
    let text = |pointer: &str| object.data.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    SealingKeyAt {
        key_id: text("/status/keyId").and_then(|id| id.parse().ok()),
        recipient: text("/status/recipient"),
        state: text("/spec/state").unwrap_or_else(|| "Active".to_owned()),
        in_use: object.data.pointer("/status/inUse").and_then(Value::as_i64),
        name: object.metadata.name.unwrap_or_default(),
    }
}
