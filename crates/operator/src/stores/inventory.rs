//! Every store that is known, and who was told that it may use which.
//!
//! Must never: drop a store because a list could not be made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::StoreGroup;
use sealbridge_provider::Admission;

use super::failure::StoreFailure;
use super::key::StoreKey;
use super::object::StoreObject;
use super::permission::{Answer, admission, answer, may_be_used_from};
use crate::namespaces::{Labels, Relabelled};

/// A set of stores that one list gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listing {
    pub(super) group: StoreGroup,
    pub(super) scope: Scope,
}

/// The cluster's stores, or those of one namespace, or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Cluster,
    AllNamespaces,
    Namespace(Arc<str>),
}

impl Scope {
    /// The one namespace that it is of.
    pub(super) fn namespace(&self) -> Option<&str> {
        match self {
            Self::Namespace(namespace) => Some(namespace),
            Self::Cluster | Self::AllNamespaces => None,
        }
    }
}

impl Listing {
    fn holds(&self, key: &StoreKey) -> bool {
        let is_in_scope = match &self.scope {
            Scope::Cluster => key.kind == StoreKind::ClusterSecretStore,
            Scope::AllNamespaces => key.kind == StoreKind::SecretStore,
            Scope::Namespace(namespace) => key.namespace.as_ref() == Some(namespace),
        };
        is_in_scope && self.group == key.group
    }

    /// The kind of what it lists.
    pub(super) fn kind(&self) -> StoreKind {
        if self.scope == Scope::Cluster { StoreKind::ClusterSecretStore } else { StoreKind::SecretStore }
    }
}

/// What a change of the inventory means for others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Stores that are others than before, or gone: sessions of theirs are not valid.
    pub(super) changed: BTreeSet<StoreKey>,
    /// Whether the stores were known before: at the first list nobody can have used one.
    pub(super) worth_telling: bool,
}

#[derive(Debug, Default)]
pub(super) struct Inventory {
    stores: BTreeMap<StoreKey, Arc<StoreObject>>,
    /// Lists that were made at least once.
    listed: BTreeSet<Listing>,
    /// Lists that the operator may not make.
    forbidden: BTreeSet<Listing>,
    /// Stores that say what they said, under other labels, until they are told of.
    relabelled: BTreeSet<StoreKey>,
    /// The answers that were given, by store and namespace.
    answers: BTreeMap<(StoreKey, Arc<str>), Answer>,
}

impl Inventory {
    /// `stores` is all of `listing`.
    pub(super) fn replace(&mut self, listing: &Listing, stores: Vec<StoreObject>) -> Changes {
        let first = self.listed.insert(listing.clone());
        self.forbidden.remove(listing);
        let mut gone: BTreeSet<StoreKey> = self.stores.keys().filter(|key| listing.holds(key)).cloned().collect();
        let mut changed = BTreeSet::new();
        for store in stores {
            gone.remove(&store.key);
            changed.extend(self.apply(store));
        }
        for key in gone {
            changed.extend(self.remove(&key));
        }
        Changes { changed, worth_telling: !first }
    }

    /// `store` is as given; its key if that is another one than before.
    pub(super) fn apply(&mut self, store: StoreObject) -> Option<StoreKey> {
        let key = store.key.clone();
        let before = self.stores.get(&key).cloned();
        let is_relabelled = before.as_ref().is_some_and(|before| before.labels != store.labels);
        let same = before.is_some_and(|before| before.says_the_same_as(&store));
        self.stores.insert(key.clone(), Arc::new(store));
        if same {
            if is_relabelled {
                self.relabelled.insert(key);
            }
            return None;
        }
        self.answers.retain(|(of, _), _| *of != key);
        Some(key)
    }

    /// The stores under other labels than before, each once.
    pub(super) fn take_relabelled(&mut self) -> BTreeSet<StoreKey> {
        std::mem::take(&mut self.relabelled)
    }

    /// The store is gone; its key if it was known.
    pub(super) fn remove(&mut self, key: &StoreKey) -> Option<StoreKey> {
        self.answers.retain(|(of, _), _| of != key);
        self.stores.remove(key).map(|store| store.key.clone())
    }

    /// `listing` cannot be made for want of permission. Stores that are known stay.
    pub(super) fn forbid(&mut self, listing: Listing) {
        self.forbidden.insert(listing);
    }

    /// Whether each of `listings` was made, or is known to be impossible.
    pub(super) fn knows(&self, listings: &[Listing]) -> bool {
        listings.iter().all(|listing| self.listed.contains(listing) || self.forbidden.contains(listing))
    }

    pub(super) fn get(&self, key: &StoreKey) -> Option<Arc<StoreObject>> {
        self.stores.get(key).cloned()
    }

    pub(super) fn keys(&self) -> Vec<StoreKey> {
        self.stores.keys().cloned().collect()
    }

    /// Whether a list was made that would hold the store, and does not.
    pub(super) fn lacks(&self, key: &StoreKey) -> bool {
        let holds = |listing: &Listing| listing.holds(key);
        !self.stores.contains_key(key) && self.listed.iter().any(holds) && !self.forbidden.iter().any(holds)
    }

    /// The store if objects of `namespace` may use it, and what they may have of it. The answer is remembered, to be told if
    /// it changes.
    pub(super) fn for_use_from(
        &mut self,
        key: &StoreKey,
        namespace: &str,
        labels: &Labels,
    ) -> Result<(Arc<StoreObject>, Admission), StoreFailure> {
        let Some(store) = self.stores.get(key) else {
            let forbidden = self.forbidden.iter().any(|listing| listing.holds(key));
            return Err(if forbidden { StoreFailure::kind_forbidden(key) } else { StoreFailure::not_found(key) });
        };
        if store.provider.is_none() {
            return Err(StoreFailure::unreadable(key, store.unreadable.as_ref()));
        }
        if store.asks_for_labels() {
            self.answers.insert((key.clone(), namespace.into()), answer(store, namespace, labels));
        }
        if may_be_used_from(store, namespace, labels) {
            Ok((Arc::clone(store), admission(store, namespace, labels)))
        } else {
            Err(StoreFailure::not_allowed(key, namespace))
        }
    }

    /// Stores for which another answer is due than the one that was given.
    pub(super) fn relabel(&mut self, change: &Relabelled) -> BTreeSet<StoreKey> {
        let Self { stores, answers, .. } = self;
        let of_namespace = answers.iter_mut().filter(|((_, namespace), _)| *namespace == change.namespace);
        let mut changed = BTreeSet::new();
        for ((key, namespace), before) in of_namespace {
            let Some(store) = stores.get(key) else { continue };
            let now = answer(store, namespace, &change.labels);
            if *before != now {
                *before = now;
                changed.insert(key.clone());
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests;
