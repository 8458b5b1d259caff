//! Workloads that are restarted when a Secret's data changes.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_NAME_LEN, NAME_PATTERN};
use crate::schema::undescribed;

/// A workload in the object's own namespace.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadRef {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    pub kind: WorkloadKind,
    /// The workload's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
}

/// The kinds of workload that can be restarted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
}
