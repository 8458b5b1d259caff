//! Values as they lie around today: Secret manifests, `.env` files, TLS pairs.
//!
//! Owns reading them. Must never: change or delete an input, or quote a line of one.

pub(crate) mod env_file;
pub(crate) mod secret;
pub(crate) mod tls;

use std::collections::BTreeMap;

use sealbridge_secret::SecretMap;

/// The values of one Secret, and what of its shape is carried over.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// The Secret's name, where the input says it.
    pub(crate) name: Option<String>,
    /// The Secret's namespace, where the input says it.
    pub(crate) namespace: Option<String>,
    /// The Secret's type, when it is not `Opaque`.
    pub(crate) type_: Option<String>,
    /// Whether the Secret is immutable.
    pub(crate) immutable: bool,
    /// Labels that are not some tool's own.
    pub(crate) labels: BTreeMap<String, String>,
    /// Annotations that are not some tool's own.
    pub(crate) annotations: BTreeMap<String, String>,
    /// Templates of entries that stand beside the values.
    pub(crate) templates: BTreeMap<String, String>,
    /// From whom the live Secret has to be taken over.
    pub(crate) adopt: Option<Adopt>,
    /// The values.
    pub(crate) values: SecretMap,
}

/// The owner of a live Secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Adopt {
    /// `ExternalSecret`, `SealedSecret` or `None`.
    pub(crate) from: &'static str,
    /// The owner's name.
    pub(crate) name: Option<String>,
}

impl Imported {
    /// Whether the input says more of the Secret than its values, its name and its place.
    pub(crate) fn has_more_than_values(&self) -> bool {
        self.type_.is_some() || self.immutable || !self.labels.is_empty() || !self.annotations.is_empty()
    }
}
