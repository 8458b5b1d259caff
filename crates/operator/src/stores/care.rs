//! Looks after stores while this operator leads: asks each whether it can be used, and says so in its status.
//!
//! Must never: write a status that says what it said before, or ask a store because nothing happened.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use sealbridge_api::{ClusterSecretStore, Reason, SecretStore};
use sealbridge_manifest::StoreGroup;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::Stores;
use super::external;
use super::health::Health;
use super::key::StoreKey;
use super::object::StoreObject;
use crate::refusal::Refusal;
use crate::shutdown::Shutdown;

/// Stores that are asked at the same time.
const AT_ONCE: usize = 8;

impl Stores {
    /// Asks each store that `attention` names, and all of them when this operator begins to lead.
    pub(super) async fn care(
        self: &Arc<Self>,
        mut attention: mpsc::UnboundedReceiver<StoreKey>,
        mut leader: watch::Receiver<bool>,
        shutdown: &Shutdown,
    ) {
        let mut due: BTreeSet<StoreKey> = BTreeSet::new();
        let mut asked = BTreeSet::new();
        let mut asking = JoinSet::new();
        let mut leads = *leader.borrow_and_update();
        loop {
            while leads && asking.len() < AT_ONCE {
                let Some(store) = due.iter().find(|store| !asked.contains(*store)).cloned() else { break };
                due.remove(&store);
                asked.insert(store.clone());
                let stores = Arc::clone(self);
                asking.spawn(async move {
                    stores.ask(&store).await;
                    store
                });
            }
            tokio::select! {
                () = shutdown.requested() => return,
                next = attention.recv() => match next {
                    Some(store) => drop(due.insert(store)),
                    None => return,
                },
                changed = leader.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    leads = *leader.borrow_and_update();
                    // Those that are not known yet are named when they are.
                    due.extend(self.known());
                }
                Some(done) = asking.join_next() => if let Ok(store) = done {
                    asked.remove(&store);
                } else {
                    // A panic leaves its store marked as asked; the others are still cared for.
                    tracing::error!("asking a store ended in the middle; it is not asked again");
                },
            }
        }
    }

    async fn ask(self: &Arc<Self>, store: &StoreKey) {
        let Some(object) = self.known_store(store) else { return };
        if !self.config.dialects.are_served_from(self.class(&object)) {
            return;
        }
        let health = match self.own_session(&object).await {
            Ok(Some(session)) => match session.check().await {
                Ok(()) => Health::answered(),
                Err(error) => Health::failed(&error),
            },
            Ok(None) => Health::depends_on_user(),
            Err(failure) => {
                if failure.reason == Reason::StoreNotReady {
                    self.look_again_later(store.clone());
                }
                Health::without_session(failure)
            }
        };
        self.say(&object.key, &health).await;
    }

    async fn say(&self, store: &StoreKey, health: &Health) {
        // The store may have been edited, and its status written, while it was asked.
        let Some(object) = self.known_store(store) else { return };
        let mut conditions = health.conditions(object.generation, &object.status, Timestamp::now());
        if object.key.group == StoreGroup::ExternalSecrets {
            conditions = external::conditions(&conditions);
        }
        let is_told = match object.key.group {
            StoreGroup::Native => object.observed_generation == Some(object.generation),
            StoreGroup::ExternalSecrets => object.capabilities.as_deref() == external::capabilities(object.provider.as_ref()),
        };
        if is_told && object.status == conditions {
            return;
        }
        match self.write_status(&object, &conditions).await {
            // Gone meanwhile: there is nothing left to say it on.
            Ok(()) | Err(Refusal::NotFound) => {}
            Err(refusal) => {
                tracing::warn!(%store, ?refusal, "the status of a store could not be written");
                if refusal != Refusal::Forbidden {
                    self.look_again_later(store.clone());
                }
            }
        }
    }

    async fn write_status(&self, object: &StoreObject, conditions: &[Condition]) -> Result<(), Refusal> {
        let status = match object.key.group {
            StoreGroup::Native => json!({"observedGeneration": object.generation, "conditions": conditions}),
            StoreGroup::ExternalSecrets => external::status(object.provider.as_ref(), conditions),
        };
        let body = Patch::Merge(json!({"metadata": {"uid": &*object.uid}, "status": status}));
        let parameters = PatchParams::default();
        let name = &object.key.name;
        let outcome = if object.key.group == StoreGroup::ExternalSecrets {
            let api = external::api(self.client.clone(), object.key.kind, object.key.namespace.as_deref());
            api.patch_status(name, &parameters, &body).await.map(drop)
        } else if let Some(namespace) = &object.key.namespace {
            let api: Api<SecretStore> = Api::namespaced(self.client.clone(), namespace);
            api.patch_status(name, &parameters, &body).await.map(drop)
        } else {
            let api: Api<ClusterSecretStore> = Api::all(self.client.clone());
            api.patch_status(name, &parameters, &body).await.map(drop)
        };
        outcome.map_err(|error| Refusal::from(&error))?;
        self.metrics.wrote(object.key.kind_name(), "patch");
        self.remember_status(object, conditions);
        Ok(())
    }
}
