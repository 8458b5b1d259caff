//! Values that stand in the object itself, for trials and tests. They are public by nature.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_PLAIN_LEN, MAX_REMOTE_KEY_LEN};

/// Values that stand in the object itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FakeProvider {
    /// The values.
    #[schemars(length(max = 256))]
    pub data: Vec<FakeEntry>,
}

/// One value, found by key and version exactly.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FakeEntry {
    /// The key.
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub key: String,
    /// The value.
    #[schemars(length(max = MAX_PLAIN_LEN))]
    pub value: String,
    /// The version; absent and empty are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub version: Option<String>,
}
