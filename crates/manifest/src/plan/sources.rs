//! Sources of several entries, and how values are taken over.

use sealbridge_api::bridged_secret::{ConversionStrategy, DecodingStrategy, NullBytePolicy, RewriteMerge};
use sealbridge_api::expression::Expression;

use super::{GeneratorRef, SourceRef};

/// How a value becomes an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// How it is decoded.
    pub decoding: DecodingStrategy,
    /// Whether it may then hold the byte 0.
    pub null_bytes: NullBytePolicy,
}

/// What becomes of an entry of which the store says that there is no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// What the deletion policy says.
    #[default]
    AsPolicySays,
    /// The entry is left out.
    LeftOut,
    /// The entry has this value, which is no secret.
    Value(String),
}

impl Missing {
    /// Whether the object can do without the value.
    #[must_use]
    pub fn is_tolerated(&self) -> bool {
        *self != Self::AsPolicySays
    }
}

/// A source of several entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesFrom {
    /// Where they come from.
    pub origin: Origin,
    /// What is done to their names, in this order.
    pub rewrite: Vec<RewriteStep>,
    /// How each value is taken over.
    pub taking: Taking,
    /// Whether the source is left out when the store says that there is nothing.
    pub is_optional: bool,
}

/// Where several entries come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A SOPS document.
    Document(String),
    /// All members of one JSON object in a store.
    Members {
        /// What is read.
        source: SourceRef,
        /// Takes the object out of a larger value.
        property: Option<String>,
        /// What becomes of characters in names that no entry may have, if there is no rewrite.
        conversion: ConversionStrategy,
    },
    /// What a search finds.
    Found {
        /// The search.
        source: SourceRef,
        /// What becomes of characters in names that no entry may have, if there is no rewrite.
        conversion: ConversionStrategy,
    },
    /// What a generator makes.
    Generated(GeneratorRef),
}

impl Origin {
    /// What is read in a store.
    #[must_use]
    pub fn source(&self) -> Option<&SourceRef> {
        match self {
            Self::Document(_) | Self::Generated(_) => None,
            Self::Members { source, .. } | Self::Found { source, .. } => Some(source),
        }
    }
}

/// One step in which names change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RewriteStep {
    /// Everything that is found in a name is replaced.
    Regexp {
        /// What is looked for.
        source: Expression,
        /// What stands there instead, groups as in [`Expression::replaced`].
        target: String,
    },
    /// Every name is made anew by this template, in which it is `.value`.
    Transform(String),
    /// Values that are JSON objects are merged.
    Merge(RewriteMerge),
}
