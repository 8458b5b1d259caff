//! The Secret that a BridgedSecret writes.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TemplateFrom;
use crate::limits::{
    API_VERSION_PATTERN, KIND_PATTERN, MAX_API_VERSION_LEN, MAX_DATA_ENTRIES, MAX_EXPRESSION_LEN, MAX_KIND_LEN, MAX_NAME_LEN,
    MAX_TEMPLATE_FROM, MAX_TEMPLATE_LEN, NAME_PATTERN,
};
use crate::schema::undescribed;

/// The Secret that is written.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!(has(self.deletionPolicy) && self.deletionPolicy == 'Delete' && has(self.creationPolicy) && !(self.creationPolicy in ['Owner', 'Orphan']))"
).message("Delete goes only with creationPolicy Owner and Orphan: another Secret belongs to somebody else; use Merge or Retain").field_path(".deletionPolicy"))]
#[x_kube(validation = Rule::new(
    "!(has(self.adopt) && has(self.creationPolicy) && !(self.creationPolicy in ['Owner', 'Orphan']))"
).message("adopt goes only with creationPolicy Owner and Orphan: the others leave the Secret to its owner; leave adopt out").field_path(".adopt"))]
#[x_kube(validation = Rule::new(
    "!(has(self.manifest) && has(self.immutable))"
).message("immutable goes only with a Secret; leave it out, or manifest").field_path(".immutable"))]
#[x_kube(validation = Rule::new(
    "!(has(self.manifest) && has(self.template) && has(self.template.type))"
).message("only a Secret has a type; leave it out, or manifest").field_path(".template"))]
#[x_kube(validation = Rule::new(
    "has(self.manifest) || !has(self.template) || !has(self.template.templateFrom) || self.template.templateFrom.all(from, !has(from.target) || from.target in ['Data', 'Labels', 'Annotations'])"
).message("target is Data, Labels or Annotations; a path goes only with manifest").field_path(".template.templateFrom"))]
pub struct Target {
    /// The Secret's name; by default this object's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: Option<String>,
    /// Another kind than a Secret, whose values everybody who may read it sees. The operator has to be told that it may
    /// write the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<TargetManifest>,
    /// Who owns the Secret: `Owner` (the default), `Orphan`, `Merge`, `CreateOrMerge` or `None`.
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

/// The kind of object that is written in place of a Secret. Values stand under `data` of a ConfigMap, and under `spec.data`
/// of other kinds, as text.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = ("!(self.apiVersion == 'v1' && self.kind == 'Secret')", "a Secret is written without manifest; leave it out"))]
pub struct TargetManifest {
    /// Group and version, for example `v1` of a ConfigMap.
    #[schemars(length(max = MAX_API_VERSION_LEN), extend("pattern" = API_VERSION_PATTERN))]
    pub api_version: String,
    /// The kind, for example `ConfigMap`.
    #[schemars(length(max = MAX_KIND_LEN), extend("pattern" = KIND_PATTERN))]
    pub kind: String,
}

/// Who owns the Secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum CreationPolicy {
    /// Created and owned by this object; deleted with it; foreign entries are removed.
    #[default]
    Owner,
    /// Created but not owned: stays when this object is deleted; foreign entries are removed.
    Orphan,
    /// Never created: entries are added to a Secret of somebody else, whose own entries stay.
    Merge,
    /// As `Merge`, and created where it is not there; never owned.
    CreateOrMerge,
    /// Nothing is written: the sources are read, and told of in the status.
    None,
}

impl CreationPolicy {
    /// Whether the object holds the Secret whole: entries that it does not have are removed.
    #[must_use]
    pub fn holds_whole(self) -> bool {
        matches!(self, Self::Owner | Self::Orphan)
    }
}

/// What happens when a store says with authority that the sources are gone.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum DeletionPolicy {
    /// The last Secret stays as it is.
    #[default]
    Retain,
    /// A missing entry is left out; when none is left, the Secret is deleted.
    Delete,
    /// A missing entry is left out; the Secret itself stays.
    Merge,
}

/// Type, labels and annotations of the Secret, and data that is made from its values.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "!has(self.mergePolicy) || has(self.data) || has(self.templateFrom)",
    "mergePolicy goes only with data and templateFrom"
))]
pub struct TargetTemplate {
    /// The Secret's type; by default `Opaque`. It cannot be changed once the Secret exists. The two types by
    /// which the API server hands out credentials of its own are refused.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    #[x_kube(validation = (
        "!(self in ['bootstrap.kubernetes.io/token', 'kubernetes.io/service-account-token'])",
        "a Secret of this type gives credentials of the cluster itself; use another type, for example Opaque"
    ))]
    pub type_: Option<String>,
    /// Labels and annotations of the Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<TemplateMetadata>,
    /// Go templates by entry, over all values by name: `postgres://{{ .user }}@db`. A result that differs at every run is
    /// kept while the values stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = MAX_DATA_ENTRIES), inner(length(max = MAX_TEMPLATE_LEN)))]
    #[x_kube(validation = (
        "self.all(key, size(key) <= 253 && key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",
        "an entry's name has 1 to 253 characters of [-._a-zA-Z0-9], is not a single dot and does not start with two"
    ))]
    pub data: BTreeMap<String, String>,
    /// Templates that stand in other objects, or make several entries. A later one counts, and data before all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = MAX_TEMPLATE_FROM))]
    pub template_from: Vec<TemplateFrom>,
    /// Whether the values stand beside what templates make: `Replace` (the default), they do not; or `Merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_policy: Option<MergePolicy>,
}

/// Whether the values that templates are made from are entries too.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum MergePolicy {
    /// They are not.
    #[default]
    Replace,
    /// They are, but for those that a template makes.
    Merge,
}

/// Labels and annotations of the Secret. A text with `{{` is a Go template over all values, which the operator takes only
/// where it was told so: more people may read labels and annotations than Secrets.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "(!has(self.labels) || self.labels.all(key, !key.startsWith('sealbridge.dev/') && !key.startsWith('revision.sealbridge.dev/'))) && \
     (!has(self.annotations) || self.annotations.all(key, !key.startsWith('sealbridge.dev/') && !key.startsWith('revision.sealbridge.dev/')))",
    "labels and annotations under sealbridge.dev/ are the operator's own; leave them out"
))]
#[x_kube(validation = (
    "(!has(self.labels) || self.labels.all(key, ![\
       'argocd.argoproj.io/', 'kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/', 'helm.sh/', 'meta.helm.sh/', \
       'config.kubernetes.io/', 'internal.config.kubernetes.io/', 'app.kubernetes.io/instance'\
     ].exists(tool, key.startsWith(tool)) && !(key == 'app.kubernetes.io/managed-by' && self.labels[key] == 'Helm'))) && \
     (!has(self.annotations) || self.annotations.all(key, ![\
       'argocd.argoproj.io/', 'kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/', 'helm.sh/', 'meta.helm.sh/', \
       'config.kubernetes.io/', 'internal.config.kubernetes.io/', 'kubectl.kubernetes.io/last-applied-configuration'\
     ].exists(tool, key.startsWith(tool))))",
    "bookkeeping of Argo CD, Flux, Helm, kustomize or kubectl would make that tool take the Secret for its own and prune it; leave it out"
))]
#[x_kube(validation = (
    "!has(self.labels) || self.labels.all(key, size(self.labels[key]) <= 63 || self.labels[key].contains('{{'))",
    "a label has at most 63 characters, unless it is a template"
))]
pub struct TemplateMetadata {
    /// Labels of the Secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64, "additionalProperties" = {"type": "string", "maxLength": MAX_EXPRESSION_LEN}))]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub annotations: BTreeMap<String, String>,
}

/// Names the controller whose Secret is taken over. In one write its owner reference is replaced by ours,
/// so that removing the old object deletes nothing.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("(self.from == 'None') != has(self.name)")
    .message("name the ExternalSecret or SealedSecret that owns the Secret; leave name out with from: None")
    .field_path(".name"))]
pub struct Adopt {
    /// The kind of the present owner.
    pub from: AdoptFrom,
    /// The name of the present owner; absent with `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: Option<String>,
}

/// The kinds of owner from which a Secret can be taken over.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum AdoptFrom {
    /// External Secrets Operator's `external-secrets.io` ExternalSecret.
    ExternalSecret,
    /// Sealed Secrets' `bitnami.com` SealedSecret.
    SealedSecret,
    /// A Secret without a controller.
    None,
}
