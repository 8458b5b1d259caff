//! Takes in what changes: stores, what they refer to, labels of namespaces.
//!
//! Must never: leave a session open that was made of what changed.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use kube::Api;
use kube::core::DeserializeGuard;
use kube::runtime::watcher;
use sealbridge_api::{ClusterSecretStore, SecretStore};
use sealbridge_manifest::StoreGroup;
use tokio::sync::mpsc;

use super::external;
use super::inventory::{Changes, Inventory, Listing, Scope};
use super::key::{Place, StoreKey};
use super::object::StoreObject;
use super::{StoreEvent, Stores};
use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;

/// What could not be done for a store is done again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

impl Stores {
    pub(super) async fn watch_stores(&self, shutdown: &Shutdown) {
        let lists = self.listings.iter().map(|listing| self.watch_listing(listing, shutdown));
        futures::future::join_all(lists).await;
    }

    async fn watch_listing(&self, listing: &Listing, shutdown: &Shutdown) {
        let config = watcher::Config::default;
        let client = self.client.clone();
        if listing.group == StoreGroup::ExternalSecrets {
            let api = external::api(client, listing.kind(), listing.scope.namespace());
            let on = |observation| self.take_in(listing, observation, StoreObject::of_external);
            return observe(api, config(), "stores of external-secrets.io/v1", shutdown, on).await;
        }
        match &listing.scope {
            Scope::Cluster => {
                let api: Api<DeserializeGuard<ClusterSecretStore>> = Api::all(client);
                let on = |observation| self.take_in(listing, observation, StoreObject::of_cluster);
                observe(api, config(), "clustersecretstores", shutdown, on).await;
            }
            scope @ (Scope::AllNamespaces | Scope::Namespace(_)) => {
                let api: Api<DeserializeGuard<SecretStore>> = match scope.namespace() {
                    Some(namespace) => Api::namespaced(client, namespace),
                    None => Api::all(client),
                };
                let on = |observation| self.take_in(listing, observation, StoreObject::of_namespaced);
                observe(api, config(), "secretstores", shutdown, on).await;
            }
        }
    }

    fn take_in<K>(&self, listing: &Listing, observation: Observation<K>, read: impl Fn(K) -> Option<StoreObject>) {
        let (Changes { changed, worth_telling }, relabelled) = {
            let mut inventory = self.inventory.lock().unwrap_or_else(PoisonError::into_inner);
            let changes = absorb(&mut inventory, listing, observation, read);
            if inventory.knows(&self.listings) {
                self.listed.send_replace(true);
            }
            (changes, inventory.take_relabelled())
        };
        for store in relabelled {
            self.tell_followers(&StoreEvent::Changed(store));
        }
        for store in changed {
            self.give_back(|place| place.store == store);
            if worth_telling {
                self.tell(StoreEvent::Changed(store.clone()));
            }
            if self.known_store(&store).is_none() {
                self.metrics.forget_store(&store);
            }
            self.look_at(store);
        }
    }

    pub(super) async fn watch_inputs(&self, mut changed: mpsc::UnboundedReceiver<Place>, shutdown: &Shutdown) {
        loop {
            let place = tokio::select! {
                () = shutdown.requested() => return,
                place = changed.recv() => place,
            };
            let Some(place) = place else { return };
            // Several inputs of a store often change together, as when a directory is applied.
            let mut places = BTreeSet::from([place]);
            places.extend(std::iter::from_fn(|| changed.try_recv().ok()));
            self.give_back(|place| places.contains(place));
            let stores: BTreeSet<StoreKey> = places.into_iter().map(|place| place.store).collect();
            for store in stores {
                tracing::info!(%store, "what a store refers to changed; it is asked anew");
                self.tell(StoreEvent::Changed(store.clone()));
                self.look_at(store);
            }
        }
    }

    pub(super) async fn watch_labels(&self, shutdown: &Shutdown) {
        let mut changes = self.namespaces.follow();
        loop {
            let change = tokio::select! {
                () = shutdown.requested() => return,
                change = changes.recv() => change,
            };
            let Some(change) = change else { return };
            let changed = self.inventory.lock().unwrap_or_else(PoisonError::into_inner).relabel(&change);
            for store in changed {
                self.tell(StoreEvent::Changed(store));
            }
        }
    }

    /// Ends the sessions in these places, and watches of what they were made of: the watches first, since a session that is
    /// made at this moment looks whether it is still watched once it stands in its place.
    pub(super) fn give_back(&self, is_meant: impl Fn(&Place) -> bool) {
        self.inputs.release(&is_meant);
        self.sessions.retire_where(is_meant);
    }

    pub(super) fn look_again_later(&self, store: StoreKey) {
        let attention = self.attention.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LOOK_AGAIN).await;
            // Without a receiver the process is about to end.
            let _told = attention.send(store).is_ok();
        });
    }
}

fn absorb<K>(
    inventory: &mut Inventory,
    listing: &Listing,
    observation: Observation<K>,
    read: impl Fn(K) -> Option<StoreObject>,
) -> Changes {
    let told = |changed: Option<StoreKey>| Changes { changed: changed.into_iter().collect(), worth_telling: true };
    match observation {
        Observation::Replaced(all) => inventory.replace(listing, all.into_iter().filter_map(read).collect()),
        Observation::Applied(one) => told(read(one).and_then(|store| inventory.apply(store))),
        Observation::Deleted(one) => told(read(one).and_then(|store| inventory.remove(&store.key))),
        Observation::Forbidden => {
            inventory.forbid(listing.clone());
            Changes::default()
        }
    }
}
