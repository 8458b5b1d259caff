//! What people write under `spec` of a BridgedSecret.
//!
//! Names are those of External Secrets Operator wherever it has the field. Defaults live in code, never in
//! the schema.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::{BridgedSecretStatus, DataEntry, DataFromEntry, RefreshPolicy, StoreRef, SyncWindows, Target, WorkloadRef};
use crate::limits::{DURATION_PATTERN, MAX_DATA_ENTRIES, MAX_DATA_FROM, MAX_ROLLOUT};

/// How often sources are read when `refreshInterval` is absent.
pub const DEFAULT_REFRESH_INTERVAL: Duration = Duration::from_mins(5);
/// The shortest `refreshInterval`; `0` means once and is the only shorter one.
pub const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// One Kubernetes Secret, declared by where its values come from.
#[derive(CustomResource, Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "BridgedSecret",
    doc = "One Kubernetes Secret, declared by where its values come from.",
    namespaced,
    shortname = "bsec",
    category = "sealbridge",
    status = "BridgedSecretStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Target","type":"string","jsonPath":".status.target.name"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "has(self.secretStoreRef) || !has(self.data) || self.data.all(key, !has(self.data[key].remoteRef) || has(self.data[key].secretStoreRef))"
).message("an entry with remoteRef names no store; set spec.secretStoreRef, or secretStoreRef in the entry").field_path(".data"))]
#[x_kube(validation = Rule::new(
    "has(self.secretStoreRef) || !has(self.dataFrom) || self.dataFrom.all(from, has(from.sops) || has(from.secretStoreRef))"
).message("a source names no store; set spec.secretStoreRef, or secretStoreRef in the source").field_path(".dataFrom"))]
#[x_kube(validation = Rule::new(
    "!(has(self.rollout) && has(self.target) && has(self.target.manifest))"
).message("workloads follow a Secret alone; leave rollout out, or target.manifest").field_path(".rollout"))]
#[x_kube(validation = ("has(self.data) || has(self.dataFrom)", "there is no entry; set data, dataFrom, or both"))]
#[x_kube(validation = (
    "!has(self.refreshPolicy) || self.refreshPolicy == 'Periodic' || !has(self.refreshInterval) && !has(self.syncWindows)",
    "refreshInterval and syncWindows go only with refreshPolicy Periodic; an overlay that sets another must also set them to null"
))]
pub struct BridgedSecretSpec {
    /// The store of every entry that names none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// When the sources are read: `Periodic` (the default), `CreatedOnce` or `OnChange`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_policy: Option<RefreshPolicy>,
    /// How often the sources are read, for example `5m` (the default); at least `10s`; `0` reads once and
    /// again only after an edit or on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), extend("pattern" = DURATION_PATTERN))]
    #[x_kube(validation = (
        "duration(self) == duration('0s') || duration(self) >= duration('10s')",
        "write a duration of at least 10s, for example 5m, or 0 for once"
    ))]
    pub refresh_interval: Option<String>,
    /// Times, in UTC, to which refreshInterval is held. What an edit or a request asks for is read at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_windows: Option<SyncWindows>,
    /// The Secret's entries by name. They take precedence over those of dataFrom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_DATA_ENTRIES))]
    #[x_kube(validation = (
        "self.all(key, size(key) <= 253 && key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",
        "an entry's name has 1 to 253 characters of [-._a-zA-Z0-9], is not a single dot and does not start with two"
    ))]
    pub data: BTreeMap<String, DataEntry>,
    /// Sources of several entries at once; of two that bring the same entry the later one counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_DATA_FROM))]
    pub data_from: Vec<DataFromEntry>,
    /// The Secret that is written; by default one of the same name, owned by this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Workloads of this namespace that are restarted when the Secret's data changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ROLLOUT))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".to_owned(), "name".to_owned()]))]
    pub rollout: Vec<WorkloadRef>,
}
