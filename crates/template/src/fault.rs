//! Why a function or a step of a template failed, before it is known on which line.
//!
//! Must never: hold anything that was made from a value.

use std::borrow::Cow;

/// What a function gives.
pub(crate) type Outcome = Result<crate::value::Value, Fault>;

/// A failure inside of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A function cannot do it; the reason is a constant text.
    Because(&'static str),
    /// A step is wrong in itself. Made from names in the template and from types only.
    Step(Cow<'static, str>),
    /// A map has no such key.
    Missing(String),
    /// A budget is used up.
    Limit(Limit),
}

/// A budget of one rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Steps: actions, rounds of loops, elements that functions go through.
    Steps,
    /// Bytes that functions read and make.
    Work,
    /// Bytes of output.
    Output,
    /// Key generations, key derivations, compilations of regular expressions.
    Costly,
    /// Templates that call each other, and values that stand in each other.
    Depth,
}

impl Limit {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Steps => "it takes too many steps",
            Self::Work => "its functions go through too many bytes",
            Self::Output => "its output grows too large",
            Self::Costly => "it asks for too many keys, derivations or regular expressions",
            Self::Depth => "its templates or values stand too deep in each other",
        }
    }
}

impl From<&'static str> for Fault {
    fn from(reason: &'static str) -> Self {
        Self::Because(reason)
    }
}
