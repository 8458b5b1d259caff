//! Stores as they are seen by who writes to them: by label, by edition, and told of as they change.
//!
//! Must never: open one.

use std::sync::PoisonError;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::selection;
use sealbridge_manifest::StoreName;
use sealbridge_manifest::push::StoreChoice;
use tokio::sync::mpsc;

use super::key::StoreKey;
use super::{StoreEvent, Stores};

impl Stores {
    /// Tells of every event from here on, and of stores whose labels changed as of such that changed.
    pub fn follow(&self) -> mpsc::UnboundedReceiver<StoreEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    pub(super) fn tell_followers(&self, event: &StoreEvent) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain(|follower| follower.send(event.clone()).is_ok());
    }

    /// The stores that an object of `namespace` chooses, whether it may use them or not. One that is named is there even if
    /// no such store is.
    #[must_use]
    pub fn chosen(&self, namespace: &str, choice: &StoreChoice) -> Vec<StoreName> {
        let (group, kind, selector) = match choice {
            StoreChoice::Named(store) => return vec![store.clone()],
            StoreChoice::Selected { group, kind, selector } => (*group, *kind, selector),
        };
        let inventory = self.inventory.lock().unwrap_or_else(PoisonError::into_inner);
        let is_in_reach = |key: &StoreKey| {
            let is_of_namespace = kind == StoreKind::ClusterSecretStore || key.namespace.as_deref() == Some(namespace);
            key.group == group && key.kind == kind && is_of_namespace
        };
        let known = inventory.keys().into_iter().filter(is_in_reach).filter_map(|key| inventory.get(&key));
        let carrying = known.filter(|store| selection::selects(selector, &store.labels));
        carrying.map(|store| StoreName { group, kind, name: store.key.name.to_string() }).collect()
    }

    /// Which edition of a store it is: another one after each edit, and of a store that is made anew. `None` if there is no
    /// such store.
    #[must_use]
    pub fn edition(&self, namespace: &str, store: &StoreName) -> Option<String> {
        self.known_store(&StoreKey::named(namespace, store)).map(|object| format!("{} {}", object.uid, object.generation))
    }

    /// Whether it is certain that there is no such store: the operator may list the kind, and did.
    #[must_use]
    pub fn is_gone(&self, namespace: &str, store: &StoreName) -> bool {
        self.inventory.lock().unwrap_or_else(PoisonError::into_inner).lacks(&StoreKey::named(namespace, store))
    }
}
