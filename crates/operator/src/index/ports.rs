//! What other parts may ask the index: which keys are in use, and which revisions a workload follows.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_api::bridged_secret::WorkloadRef;

use super::Index;

impl Index {
    /// How many objects hold a value that each key opened. A key that is only claimed counts as in use while
    /// it is not known which one opened the value.
    #[must_use]
    pub fn keys_in_use(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.for_each(|_, object| {
            let keys: BTreeSet<&str> = if object.opened_with.is_empty() || object.failure.is_some() {
                object.claimed_keys.iter().chain(&object.opened_with).map(AsRef::as_ref).collect()
            } else {
                object.opened_with.iter().map(AsRef::as_ref).collect()
            };
            for key in keys {
                *counts.entry(key.to_owned()).or_default() += 1;
            }
        });
        counts
    }

    /// The ids of all keys that sealed values in the cluster claim to be for.
    #[must_use]
    pub fn claimed_key_ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        self.for_each(|_, object| ids.extend(object.claimed_keys.iter().map(|id| id.as_ref().to_owned())));
        ids
    }

    /// The revision of every Secret that a workload follows, by the Secret's name.
    #[must_use]
    pub fn revisions_of_workload(&self, namespace: &str, workload: &WorkloadRef) -> BTreeMap<String, String> {
        let mut revisions = BTreeMap::new();
        self.for_each(|id, object| {
            if id.namespace.as_ref() == namespace
                && object.rollout.contains(workload)
                && let Some(proven) = &object.proven
            {
                revisions.insert(object.target.as_ref().to_owned(), proven.revision.as_ref().to_owned());
            }
        });
        revisions
    }
}
