//! Values of one object during one round, as the engine asks for them.

use std::sync::Arc;

use sealbridge_engine::{Generated, SourceError, Values};
use sealbridge_manifest::{SourceRef, TemplateInput};
use sealbridge_provider::Payload;
use sealbridge_secret::{Digest, SecretBytes};

use crate::generators::Runs;

/// What a source gave, or why nothing.
pub type SourceValue = Result<Arc<Payload>, SourceError>;

/// Values of one object during one round. Dropped, and with it wiped, when the object is done.
#[derive(Clone, Debug, Default)]
pub struct MemberValues {
    sources: Vec<(Arc<SourceRef>, SourceValue)>,
    templates: Vec<TemplateText>,
    templates_digest: Option<Digest>,
    generators_digest: Option<Digest>,
    runs: Option<Arc<Runs>>,
}

/// A template that stands in an object of the namespace: where, and its text or why there is none.
pub type TemplateText = (TemplateInput, String, Result<Arc<SecretBytes>, SourceError>);

impl MemberValues {
    /// Starts with no value for any of `count` sources.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self { sources: Vec::with_capacity(count), ..Self::default() }
    }

    /// Adds what a source gave.
    pub fn push(&mut self, source: Arc<SourceRef>, value: SourceValue) {
        self.sources.push((source, value));
    }

    /// All sources and what they gave.
    pub fn iter(&self) -> impl Iterator<Item = (&SourceRef, &SourceValue)> {
        self.sources.iter().map(|(source, value)| (source.as_ref(), value))
    }

    /// Notes what is known of the templates before they are read.
    pub fn know_templates(&mut self, digest: Option<Digest>) {
        self.templates_digest = digest;
    }

    /// Adds the templates; `digest` is there if each of them could be read.
    pub fn add_templates(&mut self, texts: Vec<TemplateText>, digest: Option<Digest>) {
        self.templates = texts;
        self.templates_digest = digest;
    }

    /// Notes what is known of the generators' runs before they are run.
    pub fn know_generators(&mut self, digest: Option<Digest>) {
        self.generators_digest = digest;
    }

    /// Adds what the generators made.
    pub fn add_runs(&mut self, runs: Runs) {
        self.runs = Some(Arc::new(runs));
    }

    /// What the generators made, if any were asked.
    #[must_use]
    pub fn runs(&self) -> Option<&Runs> {
        self.runs.as_deref()
    }

    /// Replaces the values that `change` gives another one for.
    pub fn replace(&mut self, mut change: impl FnMut(&SourceRef, &SourceValue) -> Option<SourceValue>) {
        for (source, value) in &mut self.sources {
            if let Some(other) = change(source, value) {
                *value = other;
            }
        }
    }
}

impl Values for MemberValues {
    fn get(&self, source: &SourceRef) -> Option<SourceValue> {
        self.sources.iter().find(|(other, _)| other.as_ref() == source).map(|(_, value)| value.clone())
    }

    fn template(&self, input: &TemplateInput, key: &str) -> Option<Result<Arc<SecretBytes>, SourceError>> {
        self.templates.iter().find(|(other, name, _)| other == input && name == key).map(|(_, _, text)| text.clone())
    }

    fn templates(&self) -> Option<Digest> {
        self.templates_digest
    }

    fn generated(&self, position: usize) -> Option<Result<Arc<Generated>, SourceError>> {
        self.runs.as_ref()?.made.get(&position).cloned()
    }

    fn generators(&self) -> Option<Digest> {
        self.generators_digest
    }
}
