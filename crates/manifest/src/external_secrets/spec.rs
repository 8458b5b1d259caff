//! The fields of an `ExternalSecret` that are understood, named as there.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{
    DecodingStrategy, DeletionPolicy, Extract, Find, MergePolicy, Rewrite, StoreKind, SyncWindows, TemplateObject,
};
use serde::Deserialize;

/// `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// The store of all entries that name none.
    pub secret_store_ref: Option<StoreRef>,
    /// The Secret.
    pub target: Option<Target>,
    /// When the sources are read.
    pub refresh_policy: Option<RefreshPolicy>,
    /// How often they are, in the notation of Go.
    pub refresh_interval: Option<String>,
    /// When they may be.
    pub sync_windows: Option<SyncWindows>,
    /// Entries one by one.
    pub data: Option<Vec<Data>>,
    /// Sources of several entries.
    pub data_from: Option<Vec<DataFrom>>,
}

/// Names a store of the same API group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StoreRef {
    /// The store's name.
    pub name: Option<String>,
    /// Its kind; absent or empty is `SecretStore`.
    pub kind: Option<StoreRefKind>,
}

/// The kind of store, as it may be written.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum StoreRefKind {
    /// Of the object's own namespace.
    #[serde(alias = "")]
    SecretStore,
    /// Of the cluster.
    ClusterSecretStore,
}

impl From<StoreRefKind> for StoreKind {
    fn from(kind: StoreRefKind) -> Self {
        match kind {
            StoreRefKind::SecretStore => Self::SecretStore,
            StoreRefKind::ClusterSecretStore => Self::ClusterSecretStore,
        }
    }
}

/// When the sources are read.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum RefreshPolicy {
    /// At every interval, and when the object changes.
    #[default]
    #[serde(alias = "")]
    Periodic,
    /// Until the Secret was made, and when it is not as it was.
    CreatedOnce,
    /// When the object changes.
    OnChange,
}

/// One entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Data {
    /// The entry's name.
    pub secret_key: String,
    /// The value.
    pub remote_ref: Extract,
    /// The store, if not the object's.
    pub source_ref: Option<SourceRef>,
}

/// A source of several entries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DataFrom {
    /// All members of one value.
    pub extract: Option<Extract>,
    /// What a search finds.
    pub find: Option<Find>,
    /// The store, if not the object's, or a generator.
    pub source_ref: Option<SourceRef>,
    /// What is done to the names.
    pub rewrite: Option<Vec<Rewrite>>,
}

/// Another store than the object's, or a generator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SourceRef {
    /// The store.
    pub store_ref: Option<StoreRef>,
    /// The generator.
    pub generator_ref: Option<OtherGenerator>,
}

/// Names a generator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OtherGenerator {
    /// The group and version of its kind; absent or empty is that of generators.
    pub api_version: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// `spec.target`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Target {
    /// The Secret's name.
    pub name: Option<String>,
    /// Who owns it.
    pub creation_policy: Option<CreationPolicy>,
    /// What happens when the sources are gone.
    pub deletion_policy: Option<DeletionPolicy>,
    /// Whether it is immutable.
    pub immutable: Option<bool>,
    /// Another kind than a Secret.
    pub manifest: Option<Manifest>,
    /// What is made of the values.
    pub template: Option<Template>,
}

/// `spec.target.manifest`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Manifest {
    /// Group and version.
    pub api_version: String,
    /// The kind.
    pub kind: String,
}

/// Who owns the Secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum CreationPolicy {
    /// The object.
    #[default]
    Owner,
    /// Nobody.
    Orphan,
    /// Somebody else, who also makes it.
    Merge,
    /// Nothing is written.
    None,
    /// Nobody; it is made where it is not there.
    CreateOrMerge,
}

/// `spec.target.template`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Template {
    /// The Secret's type.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// The engine: only `v2` is there.
    pub engine_version: Option<String>,
    /// Labels and annotations, whose values are templates.
    pub metadata: Option<TemplateMetadata>,
    /// Go templates by entry.
    pub data: Option<BTreeMap<String, String>>,
    /// Further templates.
    pub template_from: Option<Vec<TemplateFrom>>,
    /// Whether the values stand beside what is made of them.
    pub merge_policy: Option<MergePolicy>,
}

/// `spec.target.template.metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TemplateMetadata {
    /// Labels of the Secret.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the Secret.
    pub annotations: Option<BTreeMap<String, String>>,
    /// Finalizers of the Secret.
    pub finalizers: Option<Vec<String>>,
}

/// One of `spec.target.template.templateFrom`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TemplateFrom {
    /// Templates in a ConfigMap of the namespace.
    pub config_map: Option<TemplateObject>,
    /// Templates in a Secret of the namespace.
    pub secret: Option<TemplateObject>,
    /// A template that makes a YAML map of entries.
    pub literal: Option<String>,
    /// What the entries become: `Data`, `Annotations` or `Labels`; beside `manifest` also a path into the object.
    pub target: Option<String>,
    /// How each made value is decoded.
    pub values_decoding_strategy: Option<DecodingStrategy>,
}
