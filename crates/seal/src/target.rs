//! The place where a value is used.
//!
//! Owns the names of its parts. Must never hold the value.

use std::fmt;

/// One entry of one Secret: what a value is sealed for, and what it is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The namespace of the Secret.
    pub namespace: &'a str,
    /// The name of the Secret.
    pub name: &'a str,
    /// The key of the entry in the Secret's data.
    pub key: &'a str,
}

impl<'a> Target<'a> {
    /// The text of one part.
    #[must_use]
    pub fn part(&self, part: Part) -> &'a str {
        match part {
            Part::Namespace => self.namespace,
            Part::Name => self.name,
            Part::Key => self.key,
        }
    }
}

/// A part of a [`Target`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The namespace of the Secret.
    Namespace,
    /// The name of the Secret.
    Name,
    /// The key of the entry.
    Key,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Namespace => "namespace",
            Self::Name => "Secret name",
            Self::Key => "entry",
        })
    }
}
