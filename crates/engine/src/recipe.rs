//! What of a plan decides whether anything changed, small enough to keep for every object.
//!
//! Must never: hold a value; the parts of a plan that are not references go in as a keyed digest.

use std::fmt;
use std::sync::Arc;

use sealbridge_api::bridged_secret::DeletionPolicy;
use sealbridge_manifest::{Entry, Origin, Plan, SourceRef};
use sealbridge_provider::{Payload, SelectError};
use sealbridge_secret::{Digest, DigestKey, Digester, Purpose};

use crate::ports::{SourceError, Values};

/// What is taken out of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// The entry's name; empty for several entries, whose names are part of the values.
    name: Box<str>,
    /// Which of the recipe's sources.
    source: u16,
    choice: Choice,
    /// Whether the object can do without.
    is_tolerated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Property(Option<Box<str>>),
    Members(Option<Box<str>>),
    Found,
}

/// What of a plan decides whether anything changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The distinct reads, in order.
    pub sources: Box<[Arc<SourceRef>]>,
    parts: Box<[Part]>,
    rest: Digest,
    tolerates_absence: bool,
    reads_templates: bool,
    runs_generators: bool,
}

impl Recipe {
    /// The recipe of a plan. `share` may hand out one `Arc` for equal sources of many objects.
    pub fn of(plan: &Plan, key: &DigestKey, uid: &str, mut share: impl FnMut(&SourceRef) -> Arc<SourceRef>) -> Self {
        let sources: Box<[Arc<SourceRef>]> = plan.sources().into_iter().map(&mut share).collect();
        let position = |source: &SourceRef| {
            let position = sources.iter().position(|other| other.as_ref() == source).unwrap_or_default();
            u16::try_from(position).unwrap_or(u16::MAX)
        };
        let mut parts = Vec::new();
        let mut rest = key.digester(Purpose::Inputs, uid, &plan.target.id());
        for (name, entry) in &plan.entries {
            match entry {
                Entry::Remote { source, property, taking, missing } => {
                    parts.push(Part {
                        name: name.as_str().into(),
                        source: position(source),
                        choice: Choice::Property(property.as_deref().map(Into::into)),
                        is_tolerated: missing.is_tolerated(),
                    });
                    rest.field(b"remote").field(name.as_bytes()).field(property.as_deref().unwrap_or_default().as_bytes());
                    rest.field(written(taking).as_bytes()).field(written(missing).as_bytes());
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
        for from in &plan.from {
            rest.field(written(from).as_bytes());
            let choice = match &from.origin {
                Origin::Document(_) | Origin::Generated(_) => continue,
                Origin::Members { property, .. } => Choice::Members(property.as_deref().map(Into::into)),
                Origin::Found { .. } => Choice::Found,
            };
            let source = from.origin.source().map(position).unwrap_or_default();
            parts.push(Part { name: Box::default(), source, choice, is_tolerated: from.is_optional });
        }
        let target = &plan.target;
        rest.field(written(&target.template).as_bytes());
        rest.field(target.type_.as_deref().unwrap_or_default().as_bytes())
            .field(&[u8::from(target.immutable), u8::from(target.has_metadata_templates)]);
        for (label, pairs) in [(b"labels".as_slice(), &target.labels), (b"annotations", &target.annotations)] {
            rest.field(label);
            for (name, value) in pairs {
                rest.field(name.as_bytes()).field(value.as_bytes());
            }
        }
        Self {
            sources,
            parts: parts.into(),
            rest: rest.finish(),
            tolerates_absence: target.deletion_policy != DeletionPolicy::Retain,
            reads_templates: target.template.items().next().is_some(),
            runs_generators: plan.generators().next().is_some(),
        }
    }

    /// Whether values are made by generators.
    #[must_use]
    pub fn runs_generators(&self) -> bool {
        self.runs_generators
    }

    /// The digest of everything that goes into the Secret, or `None` as soon as one value is not there:
    /// then nothing can be said about a change.
    pub fn inputs_digest(&self, key: &DigestKey, uid: &str, target: &str, values: &impl Values) -> Option<Digest> {
        let mut digester = key.digester(Purpose::Inputs, uid, target);
        digester.field(self.rest.as_bytes());
        if self.reads_templates {
            digester.field(b"templates").field(values.templates()?.as_bytes());
        }
        if self.runs_generators {
            digester.field(b"generators").field(values.generators()?.as_bytes());
        }
        let payloads: Vec<Result<Arc<Payload>, SourceError>> =
            self.sources.iter().map(|source| values.get(source)).collect::<Option<_>>()?;
        for payload in payloads.iter().flatten() {
            digester.field(b"version").field(payload.version().unwrap_or_default().as_bytes());
        }
        for part in &self.parts {
            match payloads.get(usize::from(part.source))? {
                Ok(payload) => part.add(payload, &mut digester)?,
                Err(error) if error.is_absence() && (part.is_tolerated || self.tolerates_absence) => {
                    digester.field(b"absent");
                }
                Err(_) => return None,
            }
        }
        Some(digester.finish())
    }
}

impl Part {
    /// Adds the values; `None` when they cannot be had.
    fn add(&self, payload: &Payload, digester: &mut Digester) -> Option<()> {
        digester.field(self.name.as_bytes());
        let values = match &self.choice {
            Choice::Property(property) => payload.select(property.as_deref()).map(|value| vec![(String::new(), value)]),
            Choice::Members(property) => payload.members(property.as_deref()),
            Choice::Found => payload.entries()?,
        };
        match values {
            Ok(values) => {
                for (name, value) in values {
                    digester.field(name.as_bytes()).field(value.expose());
                }
            }
            Err(SelectError::PropertyNotFound) if self.is_tolerated => {
                digester.field(b"absent");
            }
            Err(_) => return None,
        }
        Some(())
    }
}

/// What a plan says that is no value, in a form that differs when it differs.
fn written(part: &impl fmt::Debug) -> String {
    format!("{part:?}")
}
