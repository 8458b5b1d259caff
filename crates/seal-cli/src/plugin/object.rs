//! One object that declares a Secret, and what the operator answered.
//!
//! Must never: take an answer to an older generation for one to this.

use std::time::Duration;

use jiff::Timestamp;
use kube::api::DynamicObject;
use sealbridge_api::bridged_secret::{BridgedSecretSpec, BridgedSecretStatus, StoreKind};
use sealbridge_api::{ConditionType, Reason, rounds};
use sealbridge_manifest::{Plan, external_secrets, native, sealed_secrets};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::Kind;

const UNANSWERED: &str = "NotAnswered";
const NOBODY: &str = "no operator has answered it; check that one runs, that it watches this namespace and serves this kind";

/// An object.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) kind: Kind,
    pub(super) namespace: String,
    pub(crate) name: String,
    pub(super) object: DynamicObject,
}

/// Which object declares which Secret, as programs are told.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Heading {
    pub(super) kind: &'static str,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) secret: String,
}

/// What a condition says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Told {
    pub(super) reason: String,
    pub(super) message: String,
    /// Since when it has this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
    #[serde(skip)]
    pub(super) holds: bool,
}

/// What became of the workloads of an object.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rollout {
    /// Whether all were told of the Secret's revision.
    pub(super) done: bool,
    #[serde(flatten)]
    pub(super) told: Told,
}

impl Declared {
    pub(crate) fn new((kind, object): (Kind, DynamicObject)) -> Self {
        let metadata = &object.metadata;
        Self {
            kind,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            object,
        }
    }

    /// `namespace/name`.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// What it is told by.
    pub(super) fn heading(&self) -> Heading {
        Heading {
            kind: self.kind.as_str(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            secret: self.secret().to_owned(),
        }
    }

    pub(super) fn uid(&self) -> &str {
        self.object.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The Secret that it asks for.
    pub(super) fn secret(&self) -> &str {
        let named = self.object.data.pointer("/spec/target/name").and_then(Value::as_str);
        named.filter(|_| self.kind != Kind::SealedSecret).unwrap_or(&self.name)
    }

    /// The kind that it asks for in place of a Secret.
    pub(super) fn other_kind(&self) -> Option<&str> {
        self.object.data.pointer("/spec/target/manifest/kind").and_then(Value::as_str)
    }

    /// What it declares, with all defaults applied; `None` if this release does not understand it.
    pub(crate) fn plan(&self) -> Option<Plan> {
        match self.kind {
            Kind::BridgedSecret => {
                let spec: BridgedSecretSpec = serde_json::from_value(self.spec().clone()).ok()?;
                native::plan(&self.namespace, &self.name, &spec).ok()
            }
            Kind::SealedSecret => {
                let annotations = self.object.metadata.annotations.clone().unwrap_or_default();
                let spec = serde_json::from_value(self.spec().clone()).ok()?;
                sealed_secrets::plan(&self.namespace, &self.name, &annotations, &spec).ok()
            }
            Kind::ExternalSecret => {
                let annotations = self.object.metadata.annotations.clone().unwrap_or_default();
                let labels = self.object.metadata.labels.clone().unwrap_or_default();
                let spec = serde_json::from_value(self.spec().clone()).ok()?;
                let around = external_secrets::Around {
                    namespace: &self.namespace,
                    name: &self.name,
                    labels: &labels,
                    annotations: &annotations,
                };
                external_secrets::plan(around, &spec).ok()
            }
        }
    }

    /// What stands in it.
    pub(super) fn spec(&self) -> &Value {
        self.object.data.get("spec").unwrap_or(&Value::Null)
    }

    /// What the operator answered on a BridgedSecret.
    pub(super) fn status(&self) -> BridgedSecretStatus {
        let status = self.object.data.get("status").filter(|_| self.kind == Kind::BridgedSecret);
        status.and_then(|status| serde_json::from_value(status.clone()).ok()).unwrap_or_default()
    }

    /// Whether it is as its spec says.
    pub(super) fn readiness(&self) -> Told {
        let kind = match self.kind {
            Kind::BridgedSecret | Kind::ExternalSecret => ConditionType::Ready.as_str(),
            Kind::SealedSecret => "Synced",
        };
        let unanswered = |reason: &str, message: String| Told { reason: reason.to_owned(), message, since: None, holds: false };
        let Some(told) = self.condition(kind) else { return unanswered(UNANSWERED, NOBODY.to_owned()) };
        let observed = self.observed_generation();
        if observed == self.object.metadata.generation {
            return told;
        }
        let message = "its latest edit is not answered yet; if that lasts, check that an operator runs".to_owned();
        unanswered(Reason::Progressing.as_str(), message)
    }

    /// The generation that the status speaks of.
    fn observed_generation(&self) -> Option<i64> {
        if self.kind == Kind::ExternalSecret {
            let synced = self.object.data.pointer("/status/syncedResourceVersion").and_then(Value::as_str)?;
            return synced.split_once('-')?.0.parse().ok();
        }
        self.object.data.pointer("/status/observedGeneration").and_then(Value::as_i64)
    }

    /// What became of its workloads; `None` if it has none to tell.
    pub(super) fn rollout(&self) -> Option<Rollout> {
        self.condition(ConditionType::RolledOut.as_str()).map(|told| Rollout { done: told.holds, told })
    }

    fn condition(&self, kind: &str) -> Option<Told> {
        let conditions = self.object.data.pointer("/status/conditions")?.as_array()?;
        let condition = conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?;
        let text = |field: &str| condition.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Told {
            reason: text("reason"),
            message: text("message"),
            since: text("lastTransitionTime").parse().ok(),
            holds: text("status") == "True",
        })
    }

    /// When its spec, the version of a source, or its being ready last changed.
    pub(super) fn last_change(&self) -> Option<Timestamp> {
        let edits = self.object.metadata.managed_fields.iter().flatten().filter(|entry| {
            entry.subresource.is_none() && entry.fields_v1.as_ref().is_some_and(|fields| fields.0.get("f:spec").is_some())
        });
        let edits = edits.filter_map(|entry| entry.time.as_ref().map(|time| time.0));
        let sources = self.status().sources.into_iter().filter_map(|source| source.changed_at.map(|time| time.0));
        edits.chain(sources).chain(self.readiness().since).chain(self.rollout().and_then(|rollout| rollout.told.since)).max()
    }

    /// When its stores are read again by themselves; `None` if nothing is read, or only once.
    pub(super) fn next_refresh(&self, plan: &Plan, now: Timestamp) -> Option<Timestamp> {
        // A Secret that somebody else keeps changing is left alone for a while, whose end is not told.
        if plan.refresh_interval.is_zero() || self.readiness().reason == Reason::Contested.as_str() {
            return None;
        }
        let store = &plan.sources().into_iter().next()?.store;
        let namespace = (store.kind == StoreKind::SecretStore).then_some(self.namespace.as_str());
        let phase = rounds::phase(store.kind, namespace, &store.name);
        let at = Duration::try_from(now.as_duration()).ok()?;
        let next = rounds::next_start(phase, plan.refresh_interval, at);
        Timestamp::from_second(i64::try_from(next.as_secs()).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared(kind: Kind, spec: &Value, status: &Value) -> Declared {
        let metadata = json!({"name": "a", "namespace": "n", "generation": 2, "managedFields": [
            {"manager": "kubectl", "time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:spec": {}}},
            {"manager": "kubectl-seal", "time": "2026-01-09T00:00:00Z", "fieldsV1": {"f:metadata": {}}},
            {"manager": "sealbridge", "subresource": "status", "time": "2026-01-09T00:00:00Z", "fieldsV1": {"f:status": {}}},
        ]});
        let object = json!({"metadata": metadata, "spec": spec, "status": status});
        Declared::new((kind, serde_json::from_value(object).expect("an object")))
    }

    fn status(kind: &str, generation: i64, since: &str) -> Value {
        let condition = json!({"type": kind, "status": "True", "reason": "Synced", "message": "m", "lastTransitionTime": since});
        json!({"observedGeneration": generation, "conditions": [condition]})
    }

    #[test]
    fn an_answer_to_an_older_generation_is_none() {
        let told = |status: &Value| declared(Kind::BridgedSecret, &json!({}), status).readiness();
        assert!(told(&status("Ready", 2, "2026-01-01T00:00:00Z")).holds);
        let older = told(&status("Ready", 1, "2026-01-01T00:00:00Z"));
        assert_eq!((older.holds, older.reason.as_str()), (false, "Progressing"));
        let none = told(&json!({"observedGeneration": -1}));
        assert_eq!((none.holds, none.reason.as_str()), (false, "NotAnswered"));
        assert!(declared(Kind::SealedSecret, &json!({}), &status("Synced", 2, "2026-01-01T00:00:00Z")).readiness().holds);
    }

    #[test]
    fn a_change_is_an_edit_a_version_or_a_turn() {
        let change = |status: &Value| declared(Kind::BridgedSecret, &json!({}), status).last_change().map(|at| at.to_string());
        let mut told = status("Ready", 2, "2026-01-01T00:00:00Z");
        assert_eq!(change(&told).as_deref(), Some("2026-01-02T00:00:00Z"), "the edit, not the request nor the answer");
        told["sources"] = json!([{"store": "s", "key": "k", "changedAt": "2026-01-04T00:00:00Z"}]);
        assert_eq!(change(&told).as_deref(), Some("2026-01-04T00:00:00Z"));
        assert_eq!(change(&status("Ready", 2, "2026-01-05T00:00:00Z")).as_deref(), Some("2026-01-05T00:00:00Z"));
    }

    #[test]
    fn only_what_reads_a_store_has_a_next_round() {
        let now = Timestamp::from_second(1_795_000_000).expect("a moment");
        let next = |spec: Value| {
            let declared = declared(Kind::BridgedSecret, &spec, &json!({}));
            declared.next_refresh(&declared.plan().expect("a plan"), now)
        };
        let entry = json!({"A": {"remoteRef": {"key": "k"}, "secretStoreRef": {"name": "vault"}}});
        let at = next(json!({"data": entry, "refreshInterval": "1m"})).expect("a round");
        assert!(at > now && at.duration_since(now) <= jiff::SignedDuration::from_mins(1), "{at}");
        assert_eq!(at.subsec_nanosecond(), 0);
        assert_eq!(next(json!({"data": entry, "refreshInterval": "0"})), None);
        assert_eq!(next(json!({"data": {"A": {"plain": "a"}}})), None);
    }
}
