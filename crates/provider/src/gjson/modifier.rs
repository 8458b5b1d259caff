//! `@name`: a new value made from the whole of a value.
//!
//! Must never: take one of gjson's modifiers for the name of a member.

use zeroize::Zeroizing;

use super::{Unsupported, printed};
use crate::json::{Html, Json, Kind, Text, compact, parse, write_escaped};

/// The modifiers that are built.
#[derive(Clone, Copy)]
pub(super) enum Modifier {
    /// The value itself.
    This,
    /// The value without blanks between tokens.
    Ugly,
    /// Elements or members in the opposite order.
    Reverse,
    /// The names of an object as an array.
    Keys,
    /// The values of an object as an array.
    Values,
    /// The value's text as a JSON string.
    ToStr,
    /// The JSON that a string holds.
    FromStr,
}

impl Modifier {
    /// The modifier of that name, or nothing where gjson has none either.
    ///
    /// # Errors
    /// [`Unsupported`] for a modifier that gjson has and that is not built.
    pub(super) fn by_name(name: &str) -> Result<Option<Self>, Unsupported> {
        Ok(Some(match name {
            // Whatever gets here is valid JSON.
            "this" | "valid" => Self::This,
            "ugly" => Self::Ugly,
            "reverse" => Self::Reverse,
            "keys" => Self::Keys,
            "values" => Self::Values,
            "tostr" => Self::ToStr,
            "fromstr" => Self::FromStr,
            "pretty" | "flatten" | "join" | "group" | "dig" => return Err(Unsupported),
            _ => return Ok(None),
        }))
    }

    /// The JSON text of the new value, or nothing if there is none.
    pub(super) fn apply(self, value: &Json<'_>) -> Option<Zeroizing<String>> {
        Some(match self {
            Self::This => Zeroizing::new(value.raw.to_owned()),
            Self::Ugly => compact(value),
            Self::Reverse => match &value.kind {
                Kind::Array(elements) => array(elements.iter().rev().map(|element| element.raw)),
                Kind::Object(members) => object(members.iter().rev()),
                _ => Zeroizing::new(value.raw.to_owned()),
            },
            Self::Keys => match &value.kind {
                Kind::Object(members) => {
                    let names: Vec<_> = members.iter().map(|(name, _)| Zeroizing::new(format!("\"{}\"", name.inner()))).collect();
                    array(names.iter().map(|name| name.as_str()))
                }
                Kind::Array(elements) => array(elements.iter().map(|_| "null")),
                _ => array(std::iter::once("null")),
            },
            Self::Values => match &value.kind {
                Kind::Object(members) => array(members.iter().map(|(_, value)| value.raw)),
                Kind::Array(_) => Zeroizing::new(value.raw.to_owned()),
                _ => array(std::iter::once(value.raw)),
            },
            Self::ToStr => quoted(value.raw),
            Self::FromStr => {
                let text = printed(value);
                let valid = parse(&text).is_ok();
                return valid.then_some(text);
            }
        })
    }
}

fn quoted(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 6 + 2));
    write_escaped(&mut out, text, Html::Escaped);
    out
}

fn array<'a>(raws: impl Iterator<Item = &'a str> + Clone) -> Zeroizing<String> {
    let length: usize = raws.clone().map(|raw| raw.len() + 1).sum();
    let mut out = Zeroizing::new(String::with_capacity(length + 2));
    out.push('[');
    for (index, raw) in raws.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(raw);
    }
    out.push(']');
    out
}

fn object<'a, 't: 'a>(members: impl Iterator<Item = &'a (Text<'t>, Json<'t>)> + Clone) -> Zeroizing<String> {
    let length: usize = members.clone().map(|(name, value)| name.inner().len() + value.raw.len() + 4).sum();
    let mut out = Zeroizing::new(String::with_capacity(length + 2));
    out.push('{');
    for (index, (name, value)) in members.enumerate() {
        out.push_str(if index > 0 { ",\"" } else { "\"" });
        out.push_str(name.inner());
        out.push_str("\":");
        out.push_str(value.raw);
    }
    out.push('}');
    out
}
