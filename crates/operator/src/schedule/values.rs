//! Values of one object during one round, as the engine asks for them.

use std::sync::Arc;

use sealbridge_engine::{SourceError, Values};
use sealbridge_manifest::SourceRef;
use sealbridge_provider::Payload;

/// What a source gave, or why nothing.
pub type SourceValue = Result<Arc<Payload>, SourceError>;

/// Values of one object during one round. Dropped, and with it wiped, when the object is done.
#[derive(Clone, Debug, Default)]
pub struct MemberValues(Vec<(Arc<SourceRef>, SourceValue)>);

impl MemberValues {
    /// Starts with no value for any of `count` sources.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds what a source gave.
    pub fn push(&mut self, source: Arc<SourceRef>, value: SourceValue) {
        self.0.push((source, value));
    }

    /// All sources and what they gave.
    pub fn iter(&self) -> impl Iterator<Item = (&SourceRef, &SourceValue)> {
        self.0.iter().map(|(source, value)| (source.as_ref(), value))
    }

    /// Replaces the values that `change` gives another one for.
    pub fn replace(&mut self, mut change: impl FnMut(&SourceRef, &SourceValue) -> Option<SourceValue>) {
        for (source, value) in &mut self.0 {
            if let Some(other) = change(source, value) {
                *value = other;
            }
        }
    }
}

impl Values for MemberValues {
    fn get(&self, source: &SourceRef) -> Option<SourceValue> {
        self.0.iter().find(|(other, _)| other.as_ref() == source).map(|(_, value)| value.clone())
    }
}
