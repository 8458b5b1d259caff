//! `ClusterBridgedSecret`: one BridgedSecret for several namespaces.
//!
//! Must never: judge what the BridgedSecrets themselves say beyond their schema: each of them answers for that.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::bridged_secret::BridgedSecretSpec;
use crate::limits::{MAX_COPY_METADATA, MAX_NAME_LEN, MAX_NAMESPACE_LEN, MAX_STORE_NAMESPACES, NAME_PATTERN, NAMESPACE_PATTERN};

/// The most namespaces whose failures are listed one by one.
pub const MAX_STATUS_FAILURES: usize = 64;

/// One BridgedSecret for every namespace that is selected.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "ClusterBridgedSecret",
    doc = "One BridgedSecret for every namespace that is selected.",
    shortname = "cbsec",
    category = "sealbridge",
    status = "ClusterBridgedSecretStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Provisioned","type":"integer","jsonPath":".status.provisioned"}"#,
    printcolumn = r#"{"name":"Failed","type":"integer","jsonPath":".status.failed"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.namespaceSelector) || (has(self.namespaces) && size(self.namespaces) > 0)",
    "set namespaceSelector, namespaces or both"
))]
pub struct ClusterBridgedSecretSpec {
    /// Namespaces by label; an empty selector is every namespace.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces by name, beside those that are selected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_STORE_NAMESPACES), inner(length(max = MAX_NAMESPACE_LEN), regex(pattern = NAMESPACE_PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub namespaces: Vec<String>,
    /// The BridgedSecret of each of them.
    pub template: BridgedSecretTemplate,
}

/// The BridgedSecret of each namespace.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BridgedSecretTemplate {
    /// Its name, labels and annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CopyMetadata>,
    /// What stands in it. Values that are sealed have to be sealed with scope `cluster`, since others open in one namespace
    /// only.
    pub spec: BridgedSecretSpec,
}

/// Name, labels and annotations of what stands in each namespace.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyMetadata {
    /// The name; by default that of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = MAX_COPY_METADATA))]
    pub labels: BTreeMap<String, String>,
    /// Annotations. Those of this object that ask for a refresh are handed down without being named here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = MAX_COPY_METADATA))]
    pub annotations: BTreeMap<String, String>,
}

/// Where the BridgedSecret stands. Whether it brought its Secret about, it says itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterBridgedSecretStatus {
    /// The generation that the rest speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, and `Stalled` where it applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// In how many namespaces it stands as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned: Option<i32>,
    /// In how many selected namespaces it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<i32>,
    /// Those namespaces and why, by name, at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<NamespaceFailure>,
}

/// Why the BridgedSecret does not stand in a namespace.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceFailure {
    /// The namespace.
    pub namespace: String,
    /// What failed and what to do.
    pub message: String,
}
