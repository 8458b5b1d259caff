//! What people write under `spec` of a BridgedSecret.
//!
//! Names are those of External Secrets Operator wherever it has the field. Defaults live in code, never in
//! the schema.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::BridgedSecretStatus;

/// How often sources are read when `refreshInterval` is absent.
pub const DEFAULT_REFRESH_INTERVAL: Duration = Duration::from_secs(300);
/// The shortest `refreshInterval`; `0` means once and is the only shorter one.
pub const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// One Kubernetes Secret, declared by where its values come from.
#[derive(CustomResource, Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "BridgedSecret",
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
pub struct BridgedSecretSpec {
    /// The store of every entry that names none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// How often the sources are read, for example `5m` (the default); at least `10s`; `0` reads once and
    /// again only after an edit or on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_interval: Option<String>,
    /// The Secret's entries by name.
    pub data: BTreeMap<String, DataEntry>,
    /// The Secret that is written; by default one of the same name, owned by this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Workloads of this namespace that are restarted when the Secret's data changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollout: Vec<WorkloadRef>,
}

/// One entry: exactly one of `remoteRef`, `sealed` and `plain`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataEntry {
    /// The store of this entry, if not the object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// A value in a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ref: Option<RemoteRef>,
    /// A value sealed by `seal`, starting with `sb1:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// A value that is no secret, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<String>,
}

/// Names a store.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreRef {
    /// The store's name.
    pub name: String,
    /// `SecretStore` (the default, in this namespace) or `ClusterSecretStore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreKind>,
}

/// The two kinds of store.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
pub enum StoreKind {
    /// A store of one namespace.
    #[default]
    SecretStore,
    /// A store of the cluster.
    ClusterSecretStore,
}

/// A value in a store.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoteRef {
    /// The path or name in the store.
    pub key: String,
    /// What to take out of a structured value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The version in the store's own notation; by default the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The Secret that is written.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The Secret's name; by default this object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who owns the Secret: `Owner` (the default), `Orphan` or `Merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<CreationPolicy>,
    /// What happens when the sources are gone: `Retain` (the default), `Delete` or `Merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Makes the Secret immutable: its data is never changed after creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
    /// Type, labels and annotations of the Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TargetTemplate>,
    /// Takes over a live Secret from another controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<Adopt>,
}

/// Who owns the Secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
pub enum CreationPolicy {
    /// Created and owned by this object; deleted with it; foreign entries are removed.
    #[default]
    Owner,
    /// Created but not owned: stays when this object is deleted; foreign entries are removed.
    Orphan,
    /// Never created: entries are added to a Secret of somebody else, whose own entries stay.
    Merge,
}

/// What happens when a store says with authority that the sources are gone.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
pub enum DeletionPolicy {
    /// The last Secret stays as it is.
    #[default]
    Retain,
    /// A missing entry is left out; when none is left, the Secret is deleted.
    Delete,
    /// A missing entry is left out; the Secret itself stays.
    Merge,
}

/// Type, labels and annotations of the Secret.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetTemplate {
    /// The Secret's type; by default `Opaque`. It cannot be changed once the Secret exists.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Labels and annotations, as they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<TemplateMetadata>,
}

/// Labels and annotations of the Secret, as they stand.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateMetadata {
    /// Labels of the Secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Names the controller whose Secret is taken over. In one write its owner reference is replaced by ours,
/// so that removing the old object deletes nothing.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Adopt {
    /// The kind of the present owner.
    pub from: AdoptFrom,
    /// The name of the present owner; absent with `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The kinds of owner from which a Secret can be taken over.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
pub enum AdoptFrom {
    /// External Secrets Operator's `external-secrets.io` ExternalSecret.
    ExternalSecret,
    /// Sealed Secrets' `bitnami.com` SealedSecret.
    SealedSecret,
    /// A Secret without a controller.
    None,
}

/// A workload in the object's own namespace.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadRef {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    pub kind: WorkloadKind,
    /// The workload's name.
    pub name: String,
}

/// The kinds of workload that can be restarted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
}
