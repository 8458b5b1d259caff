//! One object that pushes, as it is declared. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt as _;
use kube::api::DynamicObject;
use sealbridge_api::{labels, rounds};
use sealbridge_manifest::push::{PushPlan, PushPlanError, StoreChoice, takes_back};
use serde_json::Value;

use super::kind::{PushId, PushKind};
use super::record::Record;
use super::status;
use crate::schedule::slots::Group;

/// An object.
pub(super) struct Declared {
    pub(super) id: PushId,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) generation: i64,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) finalizers: Vec<String>,
    pub(super) is_being_deleted: bool,
    /// What it asks for, or why that is not understood.
    pub(super) plan: Result<PushPlan, PushPlanError>,
    /// The stores that it names, whatever else is wrong with it.
    pub(super) stores: Vec<StoreChoice>,
    /// Whether it asks for what it pushed to be taken back, likewise.
    pub(super) takes_back: bool,
    pub(super) status: Value,
    /// What it pushed.
    pub(super) record: Record,
}

impl Declared {
    pub(super) fn new(kind: PushKind, object: &DynamicObject) -> Self {
        let spec = object.data.get("spec").unwrap_or(&Value::Null);
        let status = object.data.get("status").cloned().unwrap_or_default();
        Self {
            id: id(kind, object),
            uid: object.uid().unwrap_or_default(),
            resource_version: object.resource_version().unwrap_or_default(),
            generation: object.metadata.generation.unwrap_or_default(),
            labels: object.labels().clone(),
            annotations: object.annotations().clone(),
            finalizers: object.finalizers().to_vec(),
            is_being_deleted: object.metadata.deletion_timestamp.is_some(),
            plan: kind.plan(spec),
            stores: kind.stores(spec),
            takes_back: takes_back(spec),
            record: Record::read(kind, &status),
            status,
        }
    }

    /// Whether `other` asks for the same: our own writes to status and finalizers are no reason to look again.
    pub(super) fn asks_the_same_as(&self, other: &Self) -> bool {
        self.uid == other.uid
            && self.generation == other.generation
            && self.is_being_deleted == other.is_being_deleted
            && self.labels == other.labels
            && self.annotations == other.annotations
    }

    /// Whether this was read before `other` was. Versions of one kind of object are numbers that grow.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        let number = |version: &str| version.parse::<u64>().ok();
        match (number(&self.resource_version), number(&other.resource_version)) {
            (Some(own), Some(other)) => own < other,
            _ => false,
        }
    }

    /// What the object itself says about who serves it.
    pub(super) fn adopt(&self) -> Option<&str> {
        self.annotations.get(labels::ADOPT).map(String::as_str)
    }

    /// Whether it was told last that everything is as declared.
    pub(super) fn is_ready(&self) -> bool {
        status::ready(&self.status).and_then(|ready| ready.get("status")).and_then(Value::as_str) == Some("True")
    }

    /// Whether it is held until what it pushed is taken back.
    pub(super) fn is_held(&self) -> bool {
        self.finalizers.iter().any(|finalizer| finalizer == self.id.kind.finalizer())
    }

    /// In which slot a generator's run falls that is pushed at a moment since the Unix epoch; `None` if none is pushed. One
    /// that runs once is in the same slot at all times.
    pub(super) fn run(&self, at: Duration) -> Option<u64> {
        let is_made = self.plan.as_ref().is_ok_and(|plan| plan.source.is_generated());
        is_made.then(|| self.slots().map_or(0, |group| group.slot(at)))
    }

    /// When its stores are looked at while nothing changes.
    pub(super) fn slots(&self) -> Option<Group> {
        let interval = self.plan.as_ref().ok()?.refresh_interval;
        let phase = rounds::phase_of([self.id.kind.group().as_str(), &self.id.namespace, &self.id.name]);
        (!interval.is_zero() && !self.is_being_deleted).then_some(Group { phase, interval })
    }
}

/// The name of an object.
pub(super) fn id(kind: PushKind, object: &DynamicObject) -> PushId {
    let namespace: Arc<str> = object.metadata.namespace.as_deref().unwrap_or_default().into();
    PushId { kind, namespace, name: object.metadata.name.as_deref().unwrap_or_default().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(version: &str, change: impl FnOnce(&mut Value)) -> Declared {
        let mut object = json!({"metadata": {"name": "app", "namespace": "shop", "uid": "u", "generation": 1, "resourceVersion": version},
            "spec": {"selector": {"secret": {"name": "app"}}, "secretStoreRefs": [{"name": "vault"}], "deletionPolicy": "Delete",
                "data": [{"match": {"secretKey": "a", "remoteRef": {"remoteKey": "a"}}}]}});
        change(&mut object);
        Declared::new(PushKind::External, &serde_json::from_value(object).unwrap())
    }

    #[test]
    fn our_own_writes_are_no_reason_to_look_again_and_everything_else_is() {
        let first = declared("9", |_| ());
        let written = declared("10", |object| {
            object["status"] = json!({"syncedResourceVersion": "1-a"});
            object["metadata"]["finalizers"] = json!([PushKind::External.finalizer()]);
        });
        assert!(written.asks_the_same_as(&first) && written.is_held() && !first.is_held());
        assert!(first.is_older_than(&written) && !written.is_older_than(&first));
        for (path, value) in [("generation", json!(2)), ("annotations", json!({"a": "b"})), ("uid", json!("v"))] {
            assert!(!declared("10", |object| object["metadata"][path] = value).asks_the_same_as(&first), "{path}");
        }
    }

    #[test]
    fn what_is_not_understood_still_says_whose_it_is_and_what_it_pushed() {
        let odd = declared("1", |object| {
            object["spec"]["datta"] = json!([]);
            object["status"] =
                json!({"syncedPushSecrets": {"SecretStore/vault": {"a": {"match": {"remoteRef": {"remoteKey": "a"}}}}}});
        });
        assert!(odd.plan.is_err() && odd.takes_back && odd.slots().is_none());
        assert_eq!((odd.stores.len(), odd.record.places().count()), (1, 1));
    }
}
