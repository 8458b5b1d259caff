//! Why a manifest of pushes cannot be acted upon.

use crate::document::DecodeError;

/// Why a manifest of pushes cannot be acted upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushPlanError {
    /// A field does not fit its kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A field has a value that cannot be meant.
    #[error("{path}: {problem}")]
    Field {
        /// The path of the field.
        path: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl PushPlanError {
    pub(crate) fn field(path: &str, problem: &str) -> Self {
        Self::Field { path: path.to_owned(), problem: problem.to_owned() }
    }

    /// The path of the field.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Decode(error) => error.path(),
            Self::Field { path, .. } => path,
        }
    }
}
