//! What of a plan decides whether anything changed, small enough to keep for every object.
//!
//! Must never: hold a value; the parts of a plan that are not references go in as a keyed digest.

use std::sync::Arc;

use sealbridge_api::bridged_secret::DeletionPolicy;
use sealbridge_manifest::{Entry, Plan, SourceRef};
use sealbridge_provider::Payload;
use sealbridge_secret::{Digest, DigestKey, Purpose};

use crate::ports::{SourceError, Values};

/// One entry that comes from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEntry {
    /// The entry's name.
    pub name: Box<str>,
    /// Which of the recipe's sources.
    pub source: u16,
    /// What is taken out of it.
    pub property: Option<Box<str>>,
}

/// What of a plan decides whether anything changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The distinct reads, in order.
    pub sources: Box<[Arc<SourceRef>]>,
    entries: Box<[RemoteEntry]>,
    rest: Digest,
    tolerates_absence: bool,
}

impl Recipe {
    /// The recipe of a plan. `share` may hand out one `Arc` for equal sources of many objects.
    pub fn of(plan: &Plan, key: &DigestKey, uid: &str, mut share: impl FnMut(&SourceRef) -> Arc<SourceRef>) -> Self {
        let sources: Box<[Arc<SourceRef>]> = plan.sources().into_iter().map(&mut share).collect();
        let mut entries = Vec::new();
        let mut rest = key.digester(Purpose::Inputs, uid, &plan.target.name);
        for (name, entry) in &plan.entries {
            match entry {
                Entry::Remote { source, property } => {
                    let position = sources.iter().position(|other| other.as_ref() == source).unwrap_or_default();
                    entries.push(RemoteEntry {
                        name: name.as_str().into(),
                        source: u16::try_from(position).unwrap_or(u16::MAX),
                        property: property.as_deref().map(Into::into),
                    });
                    rest.field(b"remote").field(name.as_bytes()).field(property.as_deref().unwrap_or_default().as_bytes());
                }
                Entry::Sealed(text) => {
                    rest.field(b"sealed").field(name.as_bytes()).field(text.as_bytes());
                }
                Entry::SealedSecretValue { text, label } => {
                    rest.field(b"sealed-secret").field(name.as_bytes()).field(text.as_bytes()).field(label.as_bytes());
                }
                Entry::Plain(text) => {
                    rest.field(b"plain").field(name.as_bytes()).field(text.as_bytes());
                }
            }
        }
        for document in &plan.documents {
            rest.field(b"sops").field(document.as_bytes());
        }
        let target = &plan.target;
        rest.field(target.type_.as_deref().unwrap_or_default().as_bytes()).field(&[u8::from(target.immutable)]);
        for (label, pairs) in [(b"labels".as_slice(), &target.labels), (b"annotations", &target.annotations)] {
            rest.field(label);
            for (name, value) in pairs {
                rest.field(name.as_bytes()).field(value.as_bytes());
            }
        }
        Self {
            sources,
            entries: entries.into(),
            rest: rest.finish(),
            tolerates_absence: target.deletion_policy != DeletionPolicy::Retain,
        }
    }

    /// The digest of everything that goes into the Secret, or `None` as soon as one value is not there:
    /// then nothing can be said about a change.
    pub fn inputs_digest(&self, key: &DigestKey, uid: &str, target: &str, values: &impl Values) -> Option<Digest> {
        let mut digester = key.digester(Purpose::Inputs, uid, target);
        digester.field(self.rest.as_bytes());
        let payloads: Vec<Result<Arc<Payload>, SourceError>> =
            self.sources.iter().map(|source| values.get(source)).collect::<Option<_>>()?;
        for payload in &payloads {
            match payload {
                Ok(payload) => digester.field(b"version").field(payload.version().unwrap_or_default().as_bytes()),
                Err(error) if self.tolerates_absence && error.is_absence() => digester.field(b"absent"),
                Err(_) => return None,
            };
        }
        for entry in &self.entries {
            if let Ok(payload) = payloads.get(usize::from(entry.source))? {
                let value = payload.select(entry.property.as_deref()).ok()?;
                digester.field(entry.name.as_bytes()).field(value.expose());
            }
        }
        Some(digester.finish())
    }
}
