//! What the operator answers under `status` of a BridgedSecret.
//!
//! Must never: hold a value, or anything that changes while nothing else does.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most sources that are listed one by one.
pub const MAX_STATUS_SOURCES: usize = 64;

/// What the operator last saw and did.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BridgedSecretStatus {
    /// The generation that the rest speaks of; advances on failure too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, and `Reconciling`, `Stalled` or `RolledOut` where they apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The Secret as last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetStatus>,
    /// Where the values came from, one per remote key, at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceStatus>,
    /// How many sources there are, listed or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_count: Option<i32>,
    /// Ids of the sealing keys that opened the sealed entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened_with: Vec<String>,
    /// What workloads were last told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutStatus>,
    /// The value of `reconcile.fluxcd.io/requestedAt` that was last acted upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The values of the other refresh annotations that were last acted upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_refresh: Option<String>,
}

/// The Secret as last written. An equal uid and resourceVersion prove that nobody touched it since.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetStatus {
    /// The Secret's name.
    pub name: String,
    /// The Secret's uid.
    pub uid: String,
    /// The Secret's resourceVersion after the last write.
    pub resource_version: String,
}

/// One remote key that values were read from.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// The store as `kind/name`.
    pub store: String,
    /// Which server and mount the store was when this was read, as an opaque id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<String>,
    /// The path or name in the store.
    pub key: String,
    /// The version that the store served, in its own notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When a change of the version was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Time>,
}

/// What workloads were last told.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStatus {
    /// The Secret's revision id that every workload under `spec.rollout` carries.
    pub revision: String,
}
