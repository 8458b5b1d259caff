//! Values that stand in the object itself, for trials and tests. They are public by nature.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Values that stand in the object itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FakeProvider {
    /// The values.
    pub data: Vec<FakeEntry>,
}

/// One value, found by key and version exactly.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FakeEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// The version; absent and empty are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
