//! Whether the stores that an object reads can be used, by what the operator answered on them.
//!
//! Must never: ask a store itself.

use kube::api::{ApiResource, DynamicObject};
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::{ClusterSecretStore, ConditionType, Reason, SecretStore};
use sealbridge_manifest::{Plan, StoreGroup, StoreName, external_secrets};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::{self, Cluster};
use crate::error::Error;

/// One store.
#[derive(Serialize)]
pub(super) struct StoreTold {
    /// `KIND/NAME`.
    pub(super) store: String,
    pub(super) ready: bool,
    pub(super) reason: String,
    pub(super) message: String,
}

/// The stores of a plan. One that may not be looked at is told as such.
pub(super) async fn told(cluster: &Cluster, plan: &Plan, incomplete: &mut Vec<String>) -> Vec<StoreTold> {
    let mut names: Vec<_> = plan.sources().into_iter().map(|source| source.store.clone()).collect();
    names.dedup();
    let mut told = Vec::new();
    for store in names {
        match look(cluster, &plan.namespace, &store).await {
            Ok(object) => told.push(judged(&store, object.as_ref())),
            Err(error) => incomplete.push(format!("{}/{}: {error}", store.kind.as_str(), store.name)),
        }
    }
    told
}

async fn look(cluster: &Cluster, namespace: &str, store: &StoreName) -> Result<Option<DynamicObject>, Error> {
    let kind = match (store.group, store.kind) {
        (StoreGroup::Native, StoreKind::SecretStore) => ApiResource::erase::<SecretStore>(&()),
        (StoreGroup::Native, StoreKind::ClusterSecretStore) => ApiResource::erase::<ClusterSecretStore>(&()),
        (StoreGroup::ExternalSecrets, kind) => cluster::resource_of(external_secrets::API_VERSION, kind.as_str()),
    };
    let namespace = (store.kind == StoreKind::SecretStore).then_some(namespace);
    cluster::one(cluster, &kind, namespace, &store.name).await
}

fn judged(store: &StoreName, object: Option<&DynamicObject>) -> StoreTold {
    let conditions = object.and_then(|object| object.data.pointer("/status/conditions")).and_then(Value::as_array);
    let is_ready = |condition: &&Value| condition.get("type").and_then(Value::as_str) == Some(ConditionType::Ready.as_str());
    let ready = conditions.into_iter().flatten().find(is_ready);
    let text = |field: &str| ready.and_then(|ready| ready.get(field)).and_then(Value::as_str).map(str::to_owned);
    let (reason, message) = if object.is_some() {
        ("NotAnswered", "no operator has answered it; check that one runs")
    } else {
        (Reason::StoreNotFound.as_str(), "there is no such store; create it, or correct the reference")
    };
    StoreTold {
        store: format!("{}/{}", store.kind.as_str(), store.name),
        ready: text("status").as_deref() == Some("True"),
        reason: text("reason").unwrap_or_else(|| reason.to_owned()),
        message: text("message").unwrap_or_else(|| message.to_owned()),
    }
}
