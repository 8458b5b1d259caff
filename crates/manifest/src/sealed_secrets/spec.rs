//! The fields of a `SealedSecret` that are understood, named as there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SealedSecretSpec {
    /// The values by entry.
    pub encrypted_data: Option<BTreeMap<String, String>>,
    /// The form before entries were sealed one by one.
    pub data: Option<Value>,
    /// The Secret but for its data.
    pub template: Option<Template>,
}

/// `spec.template`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Template {
    /// Labels and annotations of the Secret.
    pub metadata: Option<TemplateMetadata>,
    /// The Secret's type.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// Whether the Secret is immutable.
    pub immutable: Option<bool>,
    /// Go templates by entry.
    pub data: Option<BTreeMap<String, String>>,
    /// Written by clients that put a whole Secret here; says nothing.
    pub api_version: Option<Value>,
    /// Written by clients that put a whole Secret here; says nothing.
    pub kind: Option<Value>,
}

/// `spec.template.metadata`. The name, namespace and creation time of the Secret are never taken from here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TemplateMetadata {
    /// Labels of the Secret.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the Secret.
    pub annotations: Option<BTreeMap<String, String>>,
    /// Finalizers of the Secret.
    pub finalizers: Option<Vec<String>>,
    /// Overwritten by the SealedSecret's own.
    pub name: Option<Value>,
    /// Overwritten by the SealedSecret's own.
    pub namespace: Option<Value>,
    /// Written as null by kubeseal; says nothing.
    pub creation_timestamp: Option<Value>,
}
