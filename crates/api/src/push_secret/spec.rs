//! What people write under `spec` of a PushSecret.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PushSecretStatus;
use crate::bridged_secret::{RewriteRegexp, RewriteTransform, StoreKind, StoreRef, TemplateFrom};
use crate::keys::MAX_KEY_LEN;
use crate::limits::{
    DURATION_PATTERN, MAX_DATA_ENTRIES, MAX_DATA_FROM, MAX_EXPRESSION_LEN, MAX_NAME_LEN, MAX_PUSH_METADATA, MAX_PUSH_STORES,
    MAX_REMOTE_KEY_LEN, MAX_REWRITE, MAX_TEMPLATE_FROM, MAX_TEMPLATE_LEN, NAME_PATTERN,
};
use crate::schema::undescribed;

/// Entries of Secrets that are written into stores.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[kube(
    group = "sealbridge.dev",
    version = "v1",
    kind = "PushSecret",
    doc = "Entries of Secrets that are written into stores.",
    namespaced,
    category = "sealbridge",
    status = "PushSecretStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Last-Sync","type":"date","jsonPath":".status.refreshTime"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.data) || has(self.dataTo)", "there is nothing to push; set data, dataTo or both"))]
#[x_kube(validation = (
    "has(self.secretStoreRefs) || has(self.storeSelectors)",
    "no store is named; set secretStoreRefs, storeSelectors or both"
))]
pub struct PushSecretSpec {
    /// The Secrets whose entries are pushed, all of this namespace.
    pub source: PushSource,
    /// The stores, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_PUSH_STORES))]
    pub secret_store_refs: Vec<StoreRef>,
    /// The stores, by label, beside those that are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_PUSH_STORES))]
    pub store_selectors: Vec<StoreSelector>,
    /// Pushes one by one, each into every store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_DATA_ENTRIES))]
    pub data: Vec<PushEntry>,
    /// Pushes of several entries at once; one that data pushes from the same entry too is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_DATA_FROM))]
    pub data_to: Vec<PushSeveral>,
    /// Entries that are made of those of the Secret and stand beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<PushTemplate>,
    /// What becomes of a value that is in a store already: `Replace` (the default) or `IfNotExists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_policy: Option<UpdatePolicy>,
    /// What becomes in the stores of what is not pushed any more: `Retain` (the default) or `Delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<PushDeletionPolicy>,
    /// How often the stores are looked at while nothing changes, for example `1h` (the default); at least `10s`; `0` never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), extend("pattern" = DURATION_PATTERN))]
    #[x_kube(validation = (
        "duration(self) == duration('0s') || duration(self) >= duration('10s')",
        "write a duration of at least 10s, for example 1h, or 0 for never"
    ))]
    pub refresh_interval: Option<String>,
}

/// The Secrets whose entries are pushed: exactly one of the two.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.secretName) != has(self.selector)", "set exactly one of secretName and selector"))]
pub struct PushSource {
    /// One by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub secret_name: Option<String>,
    /// All that carry labels.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// Stores by label.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.selector)", "set selector; an empty one is every store of the kind"))]
pub struct StoreSelector {
    /// `SecretStore` (the default, in this namespace) or `ClusterSecretStore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreKind>,
    /// The labels; an empty selector is every store of the kind.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// One push.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushEntry {
    /// The entry of the Secret; absent, all of them as one JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_KEY_LEN))]
    pub key: Option<String>,
    /// Where it is written.
    pub remote_ref: PushRemoteRef,
    /// What the store is to know about it, in the provider's own fields: tags, a description and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "metadata")]
    pub metadata: Option<Map<String, Value>>,
    /// What becomes of names before `key` is looked for: `None` (the default), or `ReverseUnicode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion_strategy: Option<PushConversion>,
}

/// Where a value is written.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushRemoteRef {
    /// The path or name in the store.
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub key: String,
    /// One property of the object there; by default the whole value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub property: Option<String>,
}

/// One push for each entry that matches, or all of them as one JSON object.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.secretStoreRef) != has(self.storeSelector)",
    "set exactly one of secretStoreRef and storeSelector, which is one of those above"
))]
#[x_kube(validation = (
    "!has(self.remoteKey) || !has(self.rewrite)",
    "beside remoteKey all entries go to one key; leave one of the two out"
))]
pub struct PushSeveral {
    /// The store, which is one of `spec.secretStoreRefs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// The stores, which are one of `spec.storeSelectors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_selector: Option<StoreSelector>,
    /// Which entries; by default all.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matching: Option<PushMatch>,
    /// How their names become keys of the store, step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_REWRITE))]
    pub rewrite: Vec<PushRewrite>,
    /// The key of one JSON object of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub remote_key: Option<String>,
    /// What the store is to know about each, in the provider's own fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "metadata")]
    pub metadata: Option<Map<String, Value>>,
    /// What becomes of names before they are looked at: `None` (the default), or `ReverseUnicode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion_strategy: Option<PushConversion>,
}

/// Which entries.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushMatch {
    /// A regular expression, RE2 syntax, that is found in the name.
    #[schemars(length(min = 1, max = MAX_EXPRESSION_LEN))]
    pub regexp: String,
}

/// One step: exactly one of `regexp` and `transform`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.regexp) != has(self.transform)", "set exactly one of regexp and transform"))]
pub struct PushRewrite {
    /// Replaces parts of every name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regexp: Option<RewriteRegexp>,
    /// Makes every name anew by a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<RewriteTransform>,
}

/// Entries that are made of those of the Secret.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushTemplate {
    /// Go templates by entry, over all entries of the Secret by name. None may differ at every run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_DATA_ENTRIES), inner(length(max = MAX_TEMPLATE_LEN)))]
    #[x_kube(validation = (
        "self.all(key, size(key) <= 253 && key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",
        "an entry's name has 1 to 253 characters of [-._a-zA-Z0-9], is not a single dot and does not start with two"
    ))]
    pub data: BTreeMap<String, String>,
    /// Templates that stand in other objects, or make several entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_TEMPLATE_FROM))]
    pub template_from: Vec<TemplateFrom>,
}

/// What becomes of a value that is in a store already.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum UpdatePolicy {
    /// It is replaced, if it was pushed.
    #[default]
    Replace,
    /// It stays.
    IfNotExists,
}

/// What becomes in the stores of what is not pushed any more.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum PushDeletionPolicy {
    /// It stays.
    #[default]
    Retain,
    /// It is taken back.
    Delete,
}

/// What becomes of the names of entries.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum PushConversion {
    /// Nothing.
    #[default]
    None,
    /// `_U0041_` becomes the character with that code point, of 4 or 5 hex digits.
    ReverseUnicode,
}

/// Fields of a provider, of which the schema knows none.
fn metadata(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": MAX_PUSH_METADATA,
        "x-kubernetes-preserve-unknown-fields": true,
    })
}
