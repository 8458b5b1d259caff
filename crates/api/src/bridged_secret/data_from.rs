//! Sources of several entries at once.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{ConversionStrategy, DecodingStrategy, MetadataPolicy, NullBytePolicy, Rewrite, StoreRef};
use crate::limits::{MAX_EXPRESSION_LEN, MAX_REMOTE_KEY_LEN, MAX_REWRITE, MAX_SOPS_LEN, MAX_TAGS};

/// A source of several entries: exactly one of `extract`, `find` and `sops`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "[has(self.extract), has(self.find), has(self.sops)].exists_one(set, set)",
    "set exactly one of extract, find and sops; an overlay that replaces one by another must also set the old one to null"
))]
#[x_kube(validation = (
    "!has(self.sops) || !has(self.secretStoreRef) && !has(self.optional)",
    "secretStoreRef and optional do not go with sops, which comes from no store"
))]
pub struct DataFromEntry {
    /// The store of this source, if not the object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// All members of one JSON object in a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extract: Option<Extract>,
    /// The values of all keys of a store that a search finds; entries are named by their full names there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<Find>,
    /// A SOPS document as one text, MAC included. The keys of its top level become entries, maps and lists as JSON;
    /// of a document that is a Secret, those of its data and stringData. It opens only in namespaces that a SealingKey
    /// names under spec.unboundNamespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_SOPS_LEN))]
    pub sops: Option<String>,
    /// What is done to the names of the entries, in this order; then none is converted by conversionStrategy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_REWRITE))]
    pub rewrite: Vec<Rewrite>,
    /// Leaves the source out when the store says that it has no such key, or finds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// All members of one JSON object in a store.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extract {
    /// The path or name in the store.
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub key: String,
    /// Takes the object out of a larger value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub property: Option<String>,
    /// The version in the store's own notation; by default the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub version: Option<String>,
    /// `None` (the default) or `Fetch`: tags or custom metadata instead of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_policy: Option<MetadataPolicy>,
    /// What becomes of characters in names that no entry may have: `Default` or `Unicode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion_strategy: Option<ConversionStrategy>,
    /// How each value is decoded: `None` (the default), `Base64`, `Base64URL` or `Auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoding_strategy: Option<DecodingStrategy>,
    /// Whether a value may hold the byte 0: `Ignore` (the default) or `Fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_byte_policy: Option<NullBytePolicy>,
}

/// A search in a store.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("has(self.path) || has(self.name) || has(self.tags)", "a search needs path, name or tags"))]
pub struct Find {
    /// Looks only below this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_REMOTE_KEY_LEN))]
    pub path: Option<String>,
    /// What the full name has to be like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<FindName>,
    /// Tags, or custom metadata, that all have to be there with these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_TAGS), inner(length(max = MAX_EXPRESSION_LEN)))]
    pub tags: BTreeMap<String, String>,
    /// What becomes of characters in names that no entry may have: `Default` or `Unicode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion_strategy: Option<ConversionStrategy>,
    /// How each value is decoded: `None` (the default), `Base64`, `Base64URL` or `Auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoding_strategy: Option<DecodingStrategy>,
    /// Whether a value may hold the byte 0: `Ignore` (the default) or `Fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_byte_policy: Option<NullBytePolicy>,
}

/// What the full name of a key has to be like.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindName {
    /// A regular expression, RE2 syntax, not anchored.
    #[schemars(length(min = 1, max = MAX_EXPRESSION_LEN))]
    pub regexp: String,
}
