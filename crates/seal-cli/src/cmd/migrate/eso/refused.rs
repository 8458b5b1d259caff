//! Why an object stays as it is: which field, and what to do.

use std::fmt;

use sealbridge_manifest::PlanError;
use sealbridge_manifest::document::{DecodeError, Object};
use sealbridge_manifest::edit::EditError;
use sealbridge_manifest::push::PushPlanError;

/// One object that stays.
#[derive(Debug)]
pub(super) struct Refused {
    object: String,
    why: Why,
}

/// Why.
#[derive(Debug, thiserror::Error)]
pub(super) enum Why {
    /// It is of a kind, or a version, that is not migrated.
    #[error("{0}")]
    Kind(&'static str),
    /// It is not one that is understood.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It is not one that could be acted upon.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// It is not one by which anything could be pushed.
    #[error(transparent)]
    Push(#[from] PushPlanError),
    /// A field means something that a native object cannot say.
    #[error("{path}: {problem}")]
    Field {
        /// The field.
        path: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// Native objects have no such field.
    #[error("{path}: {}", advice(.path))]
    Absent {
        /// The field.
        path: String,
    },
    /// It is about the ExternalSecrets that the object has stand in several namespaces.
    #[error("its ExternalSecret: {0}")]
    Copies(Box<Why>),
    /// It cannot be edited in place.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The new object would stand for something else. A bulwark against a wrong edit.
    #[error("the new object would differ in its {0}, so it was left as it is; migrate it by hand")]
    Differs(&'static str),
}

impl Why {
    /// A field of an object that cannot be said natively.
    pub(super) fn field(path: impl Into<String>, problem: &'static str) -> Self {
        Self::Field { path: path.into(), problem }
    }

    /// Why a new object is none: a field that it has from the old one and that native objects lack.
    pub(super) fn not_native(problem: DecodeError) -> Self {
        match problem {
            DecodeError::UnknownField { path, .. } => Self::Absent { path },
            other => Self::Decode(other),
        }
    }

    /// [`Self::not_native`] of what pushes.
    pub(super) fn not_native_push(problem: PushPlanError) -> Self {
        match problem {
            PushPlanError::Decode(problem) => Self::not_native(problem),
            other @ PushPlanError::Field { .. } => Self::Push(other),
        }
    }

    /// What is wrong with the ExternalSecrets that an object has stand in several namespaces.
    pub(super) fn in_copies(self) -> Self {
        Self::Copies(Box::new(self))
    }

    /// Names the object that it is about.
    pub(super) fn of(self, object: &Object<'_>) -> Refused {
        let name = object.namespace().map_or_else(|| object.name().to_owned(), |space| format!("{space}/{}", object.name()));
        Refused { object: format!("{} {name}", object.kind()), why: self }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.why)
    }
}

/// What to do about a field that native objects lack.
fn advice(path: &str) -> &'static str {
    let known = [
        ("namespaceRegexes", "a native store names namespaces, or selects them by label; write it so"),
        ("spec.conditions", "it says nothing in a SecretStore; remove it"),
    ];
    let found = known.iter().find(|(field, _)| path.contains(field));
    found.map_or("native objects have no such field; remove it, or keep this object", |(_, advice)| advice)
}
