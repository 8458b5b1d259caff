//! The sealing keys that the entries name.
//!
//! Must never: read the private half of one.

use std::collections::BTreeSet;

use kube::api::ApiResource;
use sealbridge_api::SealingKey;
use serde::Serialize;

use crate::cluster::{self, Cluster};
use crate::why::EntryTold;

/// One key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyTold {
    pub(super) key_id: String,
    /// The SealingKey that holds it; absent where none does, or none may be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    /// Whether it opened an entry of the object.
    pub(super) opened: bool,
}

/// The keys that entries name.
pub(super) async fn told(
    cluster: &Cluster,
    entries: &[EntryTold],
    opened_with: &[String],
    incomplete: &mut Vec<String>,
) -> Vec<KeyTold> {
    let ids: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.key_ids).collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let held = match cluster::listed(cluster, &ApiResource::erase::<SealingKey>(&()), None).await {
        Ok(objects) => objects.into_iter().map(cluster::sealing_key_of).collect(),
        Err(error) => {
            incomplete.push(format!("the SealingKeys: {error}"));
            Vec::new()
        }
    };
    let told = ids.into_iter().map(|id| {
        let found = held.iter().find(|key| key.key_id.is_some_and(|held| held.to_string() == *id));
        KeyTold {
            key_id: id.clone(),
            name: found.map(|key| key.name.clone()),
            state: found.map(|key| key.state.clone()),
            opened: opened_with.contains(id),
        }
    });
    told.collect()
}
