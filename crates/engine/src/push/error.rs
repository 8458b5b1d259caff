//! Why it cannot be told what is to be in stores.
//!
//! Must never: hold a byte of a value. Names of entries and keys are no secrets.

use sealbridge_api::Reason;
use sealbridge_template::TemplateError;

use crate::assemble::AssembleError;

/// Why it cannot be told what is to be in a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    /// There is no such entry.
    #[error("{path}: {of} has no entry {key:?}; add it there, or correct its name here")]
    KeyMissing {
        /// Where it is asked for.
        path: String,
        /// What has the entries, such as `Secret app`.
        of: String,
        /// The entry.
        key: String,
    },
    /// A value cannot stand in a JSON object of texts.
    #[error("{of}: entry {key:?} is no text, which a JSON object cannot hold; push its entries one by one")]
    NotText {
        /// What has the entries, such as `Secret app`.
        of: String,
        /// The entry.
        key: String,
    },
    /// Two values are wanted at one place.
    #[error("{first} and {second} both push to {at:?}; correct one of the two")]
    Twice {
        /// The place.
        at: String,
        /// Who wants one.
        first: String,
        /// Who wants the other.
        second: String,
    },
    /// A value and a property of it are wanted.
    #[error(
        "{whole} pushes all of {key:?}, and {part} a property of it, so that each would undo the other; correct one of the two"
    )]
    Within {
        /// The key in the store.
        key: String,
        /// Who wants the whole.
        whole: String,
        /// Who wants the property.
        part: String,
    },
    /// Two entries would have one name.
    #[error("{path}: entries {first:?} and {second:?} of {of} both become {name:?}; correct rewrite, or conversionStrategy")]
    Collision {
        /// Where it is asked for; empty if wherever names are converted.
        path: String,
        /// What has the entries, such as `Secret app`.
        of: String,
        /// The name of both.
        name: String,
        /// One entry.
        first: String,
        /// The other.
        second: String,
    },
    /// An entry would have no name in the store.
    #[error("{path}: entry {key:?} becomes a key without a name; correct rewrite")]
    NoName {
        /// Where it is asked for.
        path: String,
        /// The entry.
        key: String,
    },
    /// A name cannot be made.
    #[error("{path}.rewrite.transform: {problem}")]
    Rewrite {
        /// Where it is asked for.
        path: String,
        /// Why.
        problem: Box<TemplateError>,
    },
    /// An entry cannot be made of the others.
    #[error("spec.template, of {of}: {problem}")]
    Template {
        /// What has the entries, such as `Secret app`.
        of: String,
        /// Why.
        problem: Box<AssembleError>,
    },
}

impl WantedError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::KeyMissing { .. } => Reason::SourceNotFound,
            Self::NotText { .. } | Self::Template { .. } => Reason::SourceInvalid,
            Self::Twice { .. } | Self::Within { .. } | Self::Collision { .. } | Self::NoName { .. } | Self::Rewrite { .. } => {
                Reason::SpecInvalid
            }
        }
    }
}
