//! What is counted, under names that alerts may rely on.
//!
//! Must never: carry the name of an object, a key or a path. Labels are stores, reasons and fixed words.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use sealbridge_api::Reason;

use crate::stores::StoreKey;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    store: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadLabels {
    store: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    kind: &'static str,
    verb: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// Every metric of the operator.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: Family<OutcomeLabels, Counter>,
    reads: Family<ReadLabels, Counter>,
    logins: Family<StoreLabels, Counter>,
    requests: Family<StoreLabels, Counter>,
    writes: Family<WriteLabels, Counter>,
    objects: Family<ReasonLabels, Gauge>,
    circuits: Family<StoreLabels, Gauge>,
    rounds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sealbridge"),
            reconciles: Family::default(),
            reads: Family::default(),
            logins: Family::default(),
            requests: Family::default(),
            writes: Family::default(),
            objects: Family::default(),
            circuits: Family::default(),
            rounds: Histogram::new(exponential_buckets(0.01, 2.0, 16)),
        };
        let registry = &mut metrics.registry;
        registry.register("reconciles", "Reconciles by outcome", metrics.reconciles.clone());
        registry.register("provider_reads", "Keys read from a store by result", metrics.reads.clone());
        registry.register("provider_logins", "Logins to a store", metrics.logins.clone());
        registry.register("provider_requests", "Requests for values sent to a store", metrics.requests.clone());
        registry.register("api_writes", "Writes to the API server", metrics.writes.clone());
        registry.register("objects", "BridgedSecrets by the reason of their Ready condition", metrics.objects.clone());
        registry.register("store_circuit_open", "1 while a store is not asked because it failed", metrics.circuits.clone());
        registry.register_with_unit(
            "round_duration",
            "Time from a round's start to its last value",
            Unit::Seconds,
            metrics.rounds.clone(),
        );
        metrics
    }

    /// One reconcile ended; `outcome` is a fixed word, for example `written`, `unchanged`, `failed`.
    pub fn reconciled(&self, outcome: &'static str) {
        self.reconciles.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// `count` keys were read from `store`; `reason` is absent for success.
    pub fn read(&self, store: &StoreKey, reason: Option<Reason>, count: u64) {
        let reason = reason.map_or("", Reason::as_str);
        self.reads.get_or_create(&ReadLabels { store: store.to_string(), reason }).inc_by(count);
    }

    /// `count` logins were made to `store`.
    pub fn logged_in(&self, store: &StoreKey, count: u64) {
        self.logins.get_or_create(&StoreLabels { store: store.to_string() }).inc_by(count);
    }

    /// `count` requests for values were sent to `store`.
    pub fn requested(&self, store: &StoreKey, count: u64) {
        self.requests.get_or_create(&StoreLabels { store: store.to_string() }).inc_by(count);
    }

    /// The API server carried out a write: `kind` as in manifests, `verb` as in RBAC.
    pub fn wrote(&self, kind: &'static str, verb: &'static str) {
        self.writes.get_or_create(&WriteLabels { kind, verb }).inc();
    }

    /// How many objects there are by the reason of their Ready condition; replaces what was set before.
    pub fn set_objects(&self, by_reason: &BTreeMap<Reason, usize>) {
        self.objects.clear();
        for (reason, count) in by_reason {
            let labels = ReasonLabels { reason: reason.as_str() };
            self.objects.get_or_create(&labels).set(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }

    /// A round took `duration`.
    pub fn round_took(&self, duration: Duration) {
        self.rounds.observe(duration.as_secs_f64());
    }

    /// Whether `store` is left alone because it failed.
    pub fn set_circuit(&self, store: &StoreKey, open: bool) {
        self.circuits.get_or_create(&StoreLabels { store: store.to_string() }).set(i64::from(open));
    }

    /// `store` is gone: it is not told of any more.
    pub fn forget_store(&self, store: &StoreKey) {
        self.circuits.remove(&StoreLabels { store: store.to_string() });
    }

    /// Everything in the `OpenMetrics` text format, version 1.0.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A String takes all that is written to it.
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels() {
        let metrics = Metrics::new();
        let store = StoreKey::cluster("vault");
        metrics.reconciled("written");
        metrics.read(&store, None, 2);
        metrics.read(&store, Some(Reason::SourceDenied), 1);
        metrics.logged_in(&store, 1);
        metrics.requested(&store, 4);
        metrics.wrote("Secret", "create");
        metrics.set_objects(&[(Reason::Synced, 3)].into());
        metrics.set_circuit(&store, true);
        metrics.round_took(Duration::from_millis(30));
        let text = metrics.text();
        for line in [
            r#"sealbridge_reconciles_total{outcome="written"} 1"#,
            r#"sealbridge_provider_reads_total{store="ClusterSecretStore/vault",reason=""} 2"#,
            r#"sealbridge_provider_reads_total{store="ClusterSecretStore/vault",reason="SourceDenied"} 1"#,
            r#"sealbridge_provider_logins_total{store="ClusterSecretStore/vault"} 1"#,
            r#"sealbridge_provider_requests_total{store="ClusterSecretStore/vault"} 4"#,
            r#"sealbridge_api_writes_total{kind="Secret",verb="create"} 1"#,
            r#"sealbridge_objects{reason="Synced"} 3"#,
            r#"sealbridge_store_circuit_open{store="ClusterSecretStore/vault"} 1"#,
            "sealbridge_round_duration_seconds_count 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn reasons_that_no_object_has_any_more_are_gone() {
        let metrics = Metrics::new();
        metrics.set_objects(&[(Reason::NoKey, 1)].into());
        metrics.set_objects(&[(Reason::Synced, 1)].into());
        assert!(!metrics.text().contains("NoKey"));
    }
}
