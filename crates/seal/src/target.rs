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
        KnownPlace::from(*self).part(part)
    }
}

/// What is known of the place where a value stands, such as in a file whose namespace is decided elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownPlace<'a> {
    /// The namespace of the Secret.
    pub namespace: Option<&'a str>,
    /// The name of the Secret.
    pub name: Option<&'a str>,
    /// The key of the entry in the Secret's data.
    pub key: Option<&'a str>,
}

impl<'a> From<Target<'a>> for KnownPlace<'a> {
    fn from(target: Target<'a>) -> Self {
        Self { namespace: Some(target.namespace), name: Some(target.name), key: Some(target.key) }
    }
}

impl<'a> KnownPlace<'a> {
    /// The text of one part, empty where it is not known.
    pub(crate) fn part(&self, part: Part) -> &'a str {
        let text = match part {
            Part::Namespace => self.namespace,
            Part::Name => self.name,
            Part::Key => self.key,
        };
        text.unwrap_or_default()
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
