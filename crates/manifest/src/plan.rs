//! What has to be done for one Secret, whatever dialect said so. All defaults are applied.

mod cron;
mod field_path;
mod fits;
mod generators;
mod kind;
mod metadata;
mod sources;
mod template;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::bridged_secret::{Adopt, CreationPolicy, DeletionPolicy, StoreKind, WorkloadRef};
use sealbridge_provider::RemoteKey;

pub use cron::Cron;
pub use field_path::{FieldPath, FieldStep, NotAFieldPath};
pub(crate) use fits::{ensure_fits_kind, further_target};
pub use generators::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef};
pub use kind::{NotATargetKind, TargetKind, shown_target};
pub use metadata::is_template;
pub use sources::{EntriesFrom, Missing, Origin, RewriteStep, Taking};
pub use template::{
    AbsentValue, DataTemplate, Further, FurtherTarget, FurtherText, TemplateInput, TemplateInputKind, TemplateRefused,
};
pub(crate) use template::{
    ensure_steady, ensure_usable, in_object, judge as judge_template, judge_steady as judge_steady_template,
};
pub use windows::{Opening, SyncWindows, Window, WindowKind};

/// Whose kind a store is: two kinds of one name are two stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreGroup {
    /// `sealbridge.dev`.
    #[default]
    Native,
    /// `external-secrets.io`.
    ExternalSecrets,
}

impl StoreGroup {
    /// The group as in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => sealbridge_api::GROUP,
            Self::ExternalSecrets => "external-secrets.io",
        }
    }
}

/// Names a store from the view of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreName {
    /// Whose kind it is.
    pub group: StoreGroup,
    /// The kind of store.
    pub kind: StoreKind,
    /// The store's name; a `SecretStore` is one of the object's own namespace.
    pub name: String,
}

/// One read that an object needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRef {
    /// The store.
    pub store: StoreName,
    /// The key and version in it.
    pub key: RemoteKey,
}

/// Where one entry's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// From a store.
    Remote {
        /// What is read.
        source: SourceRef,
        /// What is taken out of it.
        property: Option<String>,
        /// How the value becomes an entry.
        taking: Taking,
        /// What becomes of the entry without a value.
        missing: Missing,
    },
    /// From a sealed text, `sb1:…`.
    Sealed(String),
    /// From a value of a `SealedSecret`.
    SealedSecretValue {
        /// The value as it stands there.
        text: String,
        /// What it has to be bound to; made of the object's own name, see [`sealbridge_sealed_secrets::Scope`].
        label: String,
    },
    /// As it stands; no secret.
    Plain(String),
}

/// What has to be done for one Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The namespace of object and Secret.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// How often sources are read; zero is once.
    pub refresh_interval: Duration,
    /// When they are, by the clock; at any time if nothing is said.
    pub windows: Option<Arc<SyncWindows>>,
    /// What an edit of the object means for its sources.
    pub refresh: Refresh,
    /// Entries by name.
    pub entries: BTreeMap<String, Entry>,
    /// Sources of further entries; of two that bring the same one the later one counts, and `entries` before all.
    pub from: Vec<EntriesFrom>,
    /// The Secret.
    pub target: TargetPlan,
    /// Workloads that follow the Secret.
    pub rollout: Vec<WorkloadRef>,
}

/// What an edit of the object means for its sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// They are read again.
    #[default]
    WithTheObject,
    /// They are not, once the Secret was made and while it is as it was.
    UntilMade,
}

/// What becomes of a live Secret that nobody controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unowned {
    /// It is left alone unless the object adopts it.
    #[default]
    LeftAlone,
    /// It is taken over if it says so itself, by the annotations
    /// [`MANAGED`](crate::sealed_secrets::MANAGED) and [`PATCH`](crate::sealed_secrets::PATCH).
    OpensItself,
    /// It is taken over.
    TakenOver,
}

/// The Secret that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPlan {
    /// The Secret's name.
    pub name: String,
    /// What is written in place of a Secret.
    pub manifest: Option<TargetKind>,
    /// The Secret's type, where one is asked for.
    pub type_: Option<String>,
    /// Who owns the Secret.
    pub creation_policy: CreationPolicy,
    /// What happens when sources are gone.
    pub deletion_policy: DeletionPolicy,
    /// Whether the Secret is made immutable.
    pub immutable: bool,
    /// Labels as asked for, without those of GitOps tools.
    pub labels: BTreeMap<String, String>,
    /// Annotations as asked for, without those of GitOps tools.
    pub annotations: BTreeMap<String, String>,
    /// Whether values of labels and annotations are templates over the values.
    pub has_metadata_templates: bool,
    /// Entries that are made from the values.
    pub template: DataTemplate,
    /// From whom a live Secret is taken over.
    pub adopt: Option<Adopt>,
    /// What becomes of one that nobody controls.
    pub unowned: Unowned,
}

impl Plan {
    /// The distinct reads that the plan needs, in order.
    #[must_use]
    pub fn sources(&self) -> std::collections::BTreeSet<&SourceRef> {
        let of_entries = self.entries.values().filter_map(|entry| match entry {
            Entry::Remote { source, .. } => Some(source),
            Entry::Sealed(_) | Entry::SealedSecretValue { .. } | Entry::Plain(_) => None,
        });
        of_entries.chain(self.from.iter().filter_map(|from| from.origin.source())).collect()
    }

    /// The SOPS documents, each with its position among the sources of several entries.
    pub fn documents(&self) -> impl Iterator<Item = (usize, &str)> {
        self.from.iter().enumerate().filter_map(|(position, from)| match &from.origin {
            Origin::Document(text) => Some((position, text.as_str())),
            Origin::Members { .. } | Origin::Found { .. } | Origin::Generated(_) => None,
        })
    }

    /// The generators, each with its position among the sources of several entries.
    pub fn generators(&self) -> impl Iterator<Item = (usize, &GeneratorRef)> {
        self.from.iter().enumerate().filter_map(|(position, from)| match &from.origin {
            Origin::Generated(generator) => Some((position, generator)),
            Origin::Document(_) | Origin::Members { .. } | Origin::Found { .. } => None,
        })
    }

    /// Whether something would be removed, or left out, if the store said of `source` that there is nothing.
    #[must_use]
    pub fn acts_on_absence_of(&self, source: &SourceRef) -> bool {
        let entry_does = |entry: &Entry| matches!(entry, Entry::Remote { source: other, missing, .. } if other == source && missing.is_tolerated());
        self.target.deletion_policy != DeletionPolicy::Retain
            || self.entries.values().any(entry_does)
            || self.from.iter().any(|from| from.is_optional && from.origin.source() == Some(source))
    }
}

/// Why a manifest cannot be acted upon. The API server's rules catch these at apply; an object that was
/// stored without them, or a file, can still hold one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An entry has none, or more than one, of `remoteRef`, `sealed` and `plain`.
    #[error(
        "spec.data.{key}: exactly one of remoteRef, sealed and plain is needed; to replace one by another in an overlay, set the old one to null"
    )]
    EntrySource {
        /// The entry's name.
        key: String,
    },
    /// An entry names a key in a store, and no store is named.
    #[error("spec.data.{key}: no store is named; set spec.secretStoreRef or the entry's own")]
    StoreMissing {
        /// The entry's name.
        key: String,
    },
    /// An entry says twice what becomes of it without a value, or says it of a value that is always there.
    #[error("spec.data.{key}: optional and default go only with remoteRef, and one of them; leave the other out")]
    Absence {
        /// The entry's name.
        key: String,
    },
    /// An entry in a list has a field that cannot be meant.
    #[error("spec.data[{position}].{field}: {problem}")]
    Data {
        /// The entry's position, from 0.
        position: usize,
        /// The field.
        field: &'static str,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
    /// A source of several entries names a key or a search in a store, and no store is named.
    #[error("spec.dataFrom[{position}]: no store is named; set spec.secretStoreRef or the source's own")]
    FromStoreMissing {
        /// The source's position, from 0.
        position: usize,
    },
    /// A source of several entries has a field that cannot be meant.
    #[error("spec.dataFrom[{position}].{field}: {problem}")]
    From {
        /// The source's position, from 0.
        position: usize,
        /// The field.
        field: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// One of `spec.target.template.templateFrom` has a field that cannot be meant.
    #[error("spec.target.template.templateFrom[{position}].{field}: {problem}")]
    TemplateFrom {
        /// Its position, from 0.
        position: usize,
        /// The field.
        field: &'static str,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// Kubernetes refuses the entry's name.
    #[error("{entries}.{key}: Kubernetes does not accept this name; use 1 to 253 of letters, digits, '-', '.' and '_'")]
    KeyName {
        /// The path of the entries.
        entries: &'static str,
        /// The entry's name.
        key: String,
    },
    /// An entry of a `SealedSecret` is no value of that format.
    #[error("spec.encryptedData.{key}: {problem}")]
    SealedSecretValue {
        /// The entry's name.
        key: String,
        /// What is wrong with it.
        problem: sealbridge_sealed_secrets::OpenError,
    },
    /// A template of an entry cannot be used.
    #[error("{path}.{key}: {problem}")]
    Template {
        /// The path of the templates.
        path: &'static str,
        /// The entry's name.
        key: String,
        /// Why.
        problem: Box<TemplateRefused>,
    },
    /// A field has a value that cannot be meant.
    #[error("{path}: {problem}")]
    Field {
        /// The path of the field.
        path: &'static str,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
}
