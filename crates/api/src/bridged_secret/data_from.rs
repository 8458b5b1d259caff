//! Sources of several entries at once.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::limits::MAX_SOPS_LEN;

/// A source of several entries.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataFromEntry {
    /// A SOPS document as one text, MAC included. The keys of its top level become entries, maps and lists as JSON;
    /// of a document that is a Secret, those of its data and stringData. It opens only in namespaces that a SealingKey
    /// names under spec.unboundNamespaces.
    #[schemars(length(min = 1, max = MAX_SOPS_LEN))]
    pub sops: String,
}
