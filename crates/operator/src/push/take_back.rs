//! What is not pushed any more, taken back from the stores.
//!
//! Must never: take back what an object does not remember to have pushed, or what another object pushes too.

use std::collections::BTreeMap;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::StoreName;
use sealbridge_provider::{PushError, PushKey, Removed};

use super::Pushes;
use super::declared::Declared;
use super::deliver::Delivery;
use crate::stores::StoreFailure;

/// Why it is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The object stays and wants less.
    Less,
    /// The object goes. What no wait would bring back is let be, so that nothing holds it for ever.
    Goodbye,
}

impl Pushes {
    /// Takes places back; answers with those that could not be, and why.
    pub(super) async fn take_back(&self, declared: &Declared, places: &[(StoreName, PushKey)], occasion: Occasion) -> Delivery {
        let mut by_store: BTreeMap<&StoreName, Vec<&PushKey>> = BTreeMap::new();
        for (store, at) in places.iter().filter(|(store, at)| !self.is_pushed_by_another(declared, store, at)) {
            by_store.entry(store).or_default().push(at);
        }
        let mut left = Delivery::default();
        for (store, places) in by_store {
            let of_store: Vec<_> = places.iter().map(|at| (store.clone(), (*at).clone())).collect();
            let open = match self.stores.open(&declared.id.namespace, store).await {
                Ok(open) => open,
                Err(failure) if is_final(&failure, occasion) => {
                    tracing::warn!(object = %declared.id, reason = failure.reason.as_str(), "what was pushed stays in a store that is gone or closed");
                    continue;
                }
                Err(failure) => {
                    left.record.keep_of(&declared.record, &of_store);
                    left.failed_store(failure);
                    continue;
                }
            };
            for place in &of_store {
                let at = match open.admit_push(&place.1) {
                    Ok(at) => at,
                    Err(refused) if is_final(&refused, occasion) => continue,
                    Err(refused) => {
                        left.record.keep_of(&declared.record, [place]);
                        left.failed_store(refused);
                        continue;
                    }
                };
                match open.session.remove(&at).await {
                    Ok(Removed::Gone) => tracing::info!(object = %declared.id, "a value that was pushed is taken back"),
                    // Somebody took the mark off: it is theirs now.
                    Ok(Removed::NotPushed) => {}
                    Err(PushError::ReadOnly(_)) if occasion == Occasion::Goodbye => {}
                    Err(error) => {
                        left.record.keep_of(&declared.record, [place]);
                        left.failed_place(store, &place.1.key, &error);
                    }
                }
            }
        }
        left
    }

    /// Whether another object remembers to have pushed the same, so that it would miss it.
    fn is_pushed_by_another(&self, declared: &Declared, store: &StoreName, at: &PushKey) -> bool {
        let is_one_store = |other: &Declared| {
            let is_of_cluster = store.kind == StoreKind::ClusterSecretStore;
            is_of_cluster || other.id.namespace == declared.id.namespace
        };
        let known = self.known();
        let mut others = known.values().filter(|other| other.uid != declared.uid && !other.is_being_deleted);
        others.any(|other| is_one_store(other) && other.record.holds(store, at))
    }
}

/// Whether a store will not be there by waiting.
fn is_final(failure: &StoreFailure, occasion: Occasion) -> bool {
    match failure.reason {
        Reason::StoreNotFound => true,
        Reason::StoreNotAllowed => occasion == Occasion::Goodbye,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::gone(Reason::StoreNotFound, Occasion::Less, true)]
    #[case::closed(Reason::StoreNotAllowed, Occasion::Less, false)]
    #[case::closed_at_the_end(Reason::StoreNotAllowed, Occasion::Goodbye, true)]
    #[case::down(Reason::StoreNotReady, Occasion::Goodbye, false)]
    fn a_store_that_is_down_is_waited_for_and_one_that_is_gone_is_not(
        #[case] reason: Reason,
        #[case] occasion: Occasion,
        #[case] is_let_be: bool,
    ) {
        assert_eq!(is_final(&StoreFailure { reason, detail: String::new() }, occasion), is_let_be);
    }
}
