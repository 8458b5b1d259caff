//! What is wanted, brought into the stores.
//!
//! Threat: an object of one namespace writes as whoever set the store up for all of them. Whether it may is judged of every
//! place before anything is sent.
//! Must never: ask a store for a place that its limits do not admit.

use sealbridge_api::Reason;
use sealbridge_engine::push::Wanted;
use sealbridge_manifest::push::PushPlan;
use sealbridge_manifest::{StoreGroup, StoreName};
use sealbridge_provider::{Push, PushError, Pushed};
use sealbridge_secret::SecretBytes;

use super::Pushes;
use super::declared::Declared;
use super::record::Record;
use super::status::{Failure, Step};
use crate::stores::StoreFailure;

/// Failures that a message names one by one; the rest is counted.
const NAMED: usize = 3;

/// What became of it.
#[derive(Default)]
pub(super) struct Delivery {
    /// What stands in stores now by this object.
    pub(super) record: Record,
    failures: Vec<(Reason, String)>,
}

impl Delivery {
    /// One failure for all that failed, the same for the same causes.
    pub(super) fn failure(&self, step: Step) -> Option<Failure> {
        let (reason, _) = self.failures.first()?;
        let mut told: Vec<&str> = Vec::new();
        for (_, detail) in &self.failures {
            if !told.contains(&detail.as_str()) {
                told.push(detail);
            }
        }
        let mut detail = told.iter().take(NAMED).copied().collect::<Vec<_>>().join(". ");
        if told.len() > NAMED {
            detail.push_str(&format!(". {} more failed", told.len() - NAMED));
        }
        Some(Failure { step, reason: *reason, detail })
    }

    pub(super) fn failed(&mut self, reason: Reason, detail: String) {
        self.failures.push((reason, detail));
    }

    pub(super) fn failed_store(&mut self, failure: StoreFailure) {
        self.failed(failure.reason, failure.detail);
    }

    pub(super) fn failed_place(&mut self, store: &StoreName, key: &str, error: &PushError) {
        let error = &as_written(store, error.clone());
        // Of a whole store it is told once, not of each place.
        let detail = match error.of_whole_store() {
            Some(cause) => format!("{}/{}: {cause}", store.kind.as_str(), store.name),
            None => format!("{key} in {}/{}: {error}", store.kind.as_str(), store.name),
        };
        self.failed(error.reason(), detail);
    }

    fn join(&mut self, other: Self) {
        self.record.keep(&other.record);
        self.failures.extend(other.failures);
    }
}

/// The error with the field as people write it: natively what a provider knows stands under `metadata` itself.
fn as_written(store: &StoreName, error: PushError) -> PushError {
    match error {
        PushError::Invalid { field, problem } if store.group == StoreGroup::Native => {
            let field = field.strip_prefix("metadata.spec").map_or(field.clone(), |rest| format!("metadata{rest}"));
            PushError::Invalid { field, problem }
        }
        error => error,
    }
}

impl Pushes {
    /// Brings what is wanted into each store, one store beside the other.
    pub(super) async fn deliver(&self, declared: &Declared, plan: &PushPlan, wanted: Vec<(StoreName, Vec<Wanted>)>) -> Delivery {
        let each = wanted.into_iter().map(|(store, wanted)| self.deliver_to(declared, plan, store, wanted));
        let mut whole = Delivery::default();
        for one in futures::future::join_all(each).await {
            whole.join(one);
        }
        whole
    }

    async fn deliver_to(&self, declared: &Declared, plan: &PushPlan, store: StoreName, wanted: Vec<Wanted>) -> Delivery {
        let mut delivery = Delivery::default();
        let open = match self.stores.open(&declared.id.namespace, &store).await {
            Ok(open) => open,
            Err(failure) => {
                delivery.failed_store(failure);
                return delivery;
            }
        };
        let mut admitted = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            match open.admit_push(&wanted.at) {
                Ok(at) => admitted.push((at, wanted)),
                Err(refused) => delivery.failed_store(refused),
            }
        }
        // One by one: two properties of one key are two versions of one value.
        for (at, mut wanted) in admitted {
            let value = std::mem::replace(&mut wanted.value, SecretBytes::new(Vec::new()));
            let metadata = wanted.metadata.clone();
            let push = Push { at, value, metadata, only_if_absent: plan.only_if_absent, pusher: plan.pusher };
            match open.session.push(&push).await {
                Ok(pushed @ (Pushed::Written | Pushed::Unchanged)) => {
                    if pushed == Pushed::Written {
                        tracing::info!(object = %declared.id, store = %store.name, "a value was pushed");
                    }
                    delivery.record.insert(&store, &wanted);
                }
                // What was there before is not this object's, to be taken back or told of.
                Ok(Pushed::Kept) if declared.record.holds(&store, &wanted.at) => delivery.record.insert(&store, &wanted),
                Ok(Pushed::Kept) => {}
                Err(error) => delivery.failed_place(&store, &wanted.at.key, &error),
            }
        }
        delivery
    }
}

#[cfg(test)]
mod tests {
    use sealbridge_api::bridged_secret::StoreKind;
    use sealbridge_provider::ReadError;

    use super::*;

    #[test]
    fn a_store_that_is_down_is_told_once_and_places_each() {
        let store = StoreName { group: StoreGroup::Native, kind: StoreKind::SecretStore, name: "vault".to_owned() };
        let mut delivery = Delivery::default();
        assert_eq!(delivery.failure(Step::Push), None);
        for key in ["a", "b"] {
            delivery.failed_place(&store, key, &PushError::Store(ReadError::Unavailable));
        }
        for key in ["a", "b", "c"] {
            delivery.failed_place(&store, key, &PushError::NotPushed);
        }
        let failure = delivery.failure(Step::Push).unwrap();
        assert_eq!(failure.reason, ReadError::Unavailable.reason());
        assert_eq!(failure.detail.matches("SecretStore/vault").count(), NAMED);
        assert!(failure.detail.ends_with(". 1 more failed"), "{}", failure.detail);
    }

    #[test]
    fn a_field_is_told_as_it_is_written() {
        for (group, field) in [(StoreGroup::Native, "metadata.tags: "), (StoreGroup::ExternalSecrets, "metadata.spec.tags: ")] {
            let store = StoreName { group, kind: StoreKind::SecretStore, name: "aws".to_owned() };
            let mut delivery = Delivery::default();
            let error = PushError::Invalid { field: "metadata.spec.tags".to_owned(), problem: "it is no object; write one" };
            delivery.failed_place(&store, "a", &error);
            assert!(delivery.failure(Step::Push).unwrap().detail.contains(field));
        }
    }
}
