//! What has to be written into stores for one object, whatever dialect said so. All defaults are applied.
//!
//! Must never: name a Secret of another namespace than the object's.

mod error;
mod rewrite;
mod template;

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::expression::Expression;
use sealbridge_provider::{PushKey, Pusher};
use serde_json::Value;

pub use error::PushPlanError;
pub(crate) use rewrite::rewrite;
pub(crate) use template::{Piece, template};

use crate::plan::{DataTemplate, GeneratorRef, RewriteStep, StoreGroup, StoreName};

/// What is written into stores for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct PushPlan {
    /// How often the stores are looked at while nothing changes; zero is never.
    pub refresh_interval: Duration,
    /// From where the entries are that are pushed.
    pub source: PushSource,
    /// The stores.
    pub stores: Vec<StoreChoice>,
    /// Pushes one by one, each into every store.
    pub entries: Vec<PushEntry>,
    /// Pushes of several entries; one that `entries` push from the same key too is left out.
    pub several: Vec<PushSeveral>,
    /// Entries that are made of the Secret's own and stand beside them. None of them differs at every run.
    pub template: DataTemplate,
    /// Whether a value that is in a store already stays as it is.
    pub only_if_absent: bool,
    /// Whether what is not pushed any more is taken back.
    pub takes_back: bool,
    /// Whose mark pushed values get.
    pub pusher: Pusher,
}

/// From where the entries are that are pushed: of the object's own namespace, where the kind has any.
#[derive(Clone, Debug, PartialEq)]
pub enum PushSource {
    /// One Secret by its name.
    Named(String),
    /// All Secrets that carry labels.
    Selected(LabelSelector),
    /// What a generator makes, once for all stores.
    Generated(GeneratorRef),
}

impl PushSource {
    /// Whether there is nothing to read, since a generator makes the entries.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        matches!(self, Self::Generated(_))
    }
}

/// One store, or those that carry labels.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreChoice {
    /// One by its name.
    Named(StoreName),
    /// All of a kind that carry labels; a `SecretStore` is one of the object's own namespace.
    Selected {
        /// Whose kind it is.
        group: StoreGroup,
        /// The kind of store.
        kind: StoreKind,
        /// The labels.
        selector: LabelSelector,
    },
}

/// One push.
#[derive(Clone, Debug, PartialEq)]
pub struct PushEntry {
    /// Where it stands in the manifest, such as `spec.data[0]`.
    pub path: String,
    /// The entry of the Secret, by its name after the conversion; `None` is all of them as one JSON object.
    pub key: Option<String>,
    /// Where it is written.
    pub at: PushKey,
    /// What the store is to know about it.
    pub metadata: Option<Value>,
    /// What becomes of the names of entries before they are looked at.
    pub conversion: KeyConversion,
}

/// One push for each entry that matches, or all of them as one JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct PushSeveral {
    /// Where it stands in the manifest, such as `spec.dataTo[0]`.
    pub path: String,
    /// The stores, which are one of the plan's.
    pub stores: StoreChoice,
    /// Which names match, anywhere in them; `None` is all.
    pub matching: Option<Expression>,
    /// How names become those in the store.
    pub rewrite: Vec<RewriteStep>,
    /// The key in the store of one JSON object of all of them.
    pub bundle: Option<String>,
    /// What the store is to know about each.
    pub metadata: Option<Value>,
    /// What becomes of the names of entries before they are looked at.
    pub conversion: KeyConversion,
}

/// What becomes of the names of a Secret's entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyConversion {
    /// Nothing.
    #[default]
    None,
    /// `_U0041_` becomes the character with that code point, of 4 or 5 hex digits.
    ReverseUnicode,
}

impl KeyConversion {
    /// The word as in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::ReverseUnicode => "ReverseUnicode",
        }
    }
}

/// Whether a spec asks for what it pushed to be taken back, whatever else is wrong with it; the dialects say it alike.
#[must_use]
pub fn takes_back(spec: &Value) -> bool {
    spec.get("deletionPolicy").and_then(Value::as_str) == Some("Delete")
}

impl PushPlan {
    /// The objects of the namespace in which templates stand.
    pub fn template_inputs(&self) -> impl Iterator<Item = (&crate::TemplateInput, &str)> {
        self.template.items()
    }

    /// Refuses plans that would undo themselves: nothing to push, no store, two pushes to one place.
    ///
    /// # Errors
    /// [`PushPlanError`] for the first of them, with the paths `stores` and `entries` as the dialect names them.
    pub(crate) fn ensure_sound(self, stores: &str, entries: &str) -> Result<Self, PushPlanError> {
        if self.stores.is_empty() {
            return Err(PushPlanError::field(stores, "no store is named; name one or more"));
        }
        if self.entries.is_empty() && self.several.is_empty() {
            return Err(PushPlanError::field(entries, "there is nothing to push; name an entry"));
        }
        for (position, entry) in self.entries.iter().enumerate() {
            if entry.at.key.is_empty() {
                return Err(PushPlanError::field(&entry.path, "it names no key in the store; name one"));
            }
            let same = self.entries.iter().take(position).find(|other| other.at == entry.at);
            if let Some(other) = same {
                let problem = format!("{} pushes to the same place; correct one of the two", other.path);
                return Err(PushPlanError::field(&entry.path, &problem));
            }
        }
        Ok(self)
    }
}
