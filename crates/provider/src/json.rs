//! A JSON document as a tree that borrows from its text, so that numbers keep their digits and nothing of
//! a value is copied before it is asked for.
//!
//! Must never: name a part of the document in an error, or nest deeper than [`MAX_DEPTH`].

#[cfg(feature = "remote")]
mod edit;
mod parse;
#[cfg(feature = "remote")]
mod path;
mod render;
mod text;

use std::borrow::Cow;
#[cfg(feature = "remote")]
use std::collections::BTreeMap;

#[cfg(feature = "remote")]
use sealbridge_secret::SecretBytes;

#[cfg(feature = "remote")]
pub(crate) use edit::{Numbers, object, quoted, same};
pub(crate) use parse::parse;
#[cfg(feature = "remote")]
pub(crate) use path::{Left, at, cut, set};
pub(crate) use render::{canonical, compact, go_value, reencoded};
#[cfg(feature = "remote")]
pub(crate) use render::{string_map, string_object};
pub(crate) use text::{Html, Text, write_escaped};

/// How deep arrays and objects may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// Why a text is not a document that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// Not JSON as in RFC 8259.
    Syntax,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// One value of the document.
pub(crate) struct Json<'a> {
    /// The value's own text, without blanks around it.
    pub(crate) raw: &'a str,
    /// What it is.
    pub(crate) kind: Kind<'a>,
}

/// What a value is.
pub(crate) enum Kind<'a> {
    Null,
    Bool(bool),
    Number,
    String(Text<'a>),
    Array(Vec<Json<'a>>),
    /// Members in the order of the text; a name may stand twice.
    Object(Vec<(Text<'a>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The member that decoders which keep one value a name would keep: the last of that name.
    pub(crate) fn last_member(&self, name: &str) -> Option<&Json<'a>> {
        match &self.kind {
            Kind::Object(members) => members.iter().rev().find(|(key, _)| key.is(name)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<Cow<'a, str>> {
        match &self.kind {
            Kind::String(text) => Some(text.public()),
            _ => None,
        }
    }

    /// The text of a string that is secret.
    #[cfg(feature = "remote")]
    pub(crate) fn secret(&self) -> Option<SecretBytes> {
        match &self.kind {
            Kind::String(text) => Some(SecretBytes::new(std::mem::take(&mut *text.decoded()).into_bytes())),
            _ => None,
        }
    }

    /// The members of an object of strings that are no secrets; null is one without members.
    #[cfg(feature = "remote")]
    pub(crate) fn string_members(&self) -> Option<BTreeMap<String, String>> {
        match &self.kind {
            Kind::Null => Some(BTreeMap::new()),
            Kind::Object(members) => {
                members.iter().map(|(name, value)| Some((name.public().into_owned(), value.as_str()?.into_owned()))).collect()
            }
            _ => None,
        }
    }

    /// A number that is a whole one and not negative.
    #[cfg(feature = "remote")]
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self.kind {
            Kind::Number => self.raw.parse().ok(),
            _ => None,
        }
    }

    /// Whether it is null.
    #[cfg(feature = "remote")]
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether it is an object.
    #[cfg(feature = "remote")]
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.kind, Kind::Object(_))
    }
}
