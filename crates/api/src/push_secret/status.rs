//! What the operator answers under `status` of a PushSecret.
//!
//! Must never: hold a value.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most places that a status holds: more entries than one object can name.
pub const MAX_STATUS_PUSHED: usize = 8192;

/// What the operator last did, and what is in stores by this object.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushSecretStatus {
    /// The generation that the rest speaks of; advances on failure too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Where values stand that this object pushed, which is how they are found again when they are to be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_STATUS_PUSHED))]
    pub pushed: Vec<PushedPlace>,
    /// When something was pushed last, or looked at after a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_time: Option<Time>,
    /// Which Secrets and stores, in which versions, the last push was of, as a digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced_resource_version: Option<String>,
}

/// One place in a store.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushedPlace {
    /// The store as `kind/name`.
    pub store: String,
    /// The path or name in the store.
    pub key: String,
    /// The property there, if not the whole value was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}
