//! Walks a document along the steps of a path.
//!
//! Must never: recurse deeper than the document nests or the path is long.

use zeroize::Zeroizing;

use super::path::Step;
use super::query::Query;
use crate::json::{Json, Kind, parse};

/// What a path leads to.
pub(super) enum Found<'j, 't> {
    /// A part of the document.
    Borrowed(&'j Json<'t>),
    /// The JSON text of a value that was put together.
    Built(Zeroizing<String>),
}

impl Found<'_, '_> {
    fn raw(&self) -> &str {
        match self {
            Self::Borrowed(value) => value.raw,
            Self::Built(text) => text,
        }
    }
}

/// The value at the end of `steps`.
pub(super) fn evaluate<'j, 't>(value: &'j Json<'t>, steps: &[Step]) -> Option<Found<'j, 't>> {
    let Some((step, rest)) = steps.split_first() else { return Some(Found::Borrowed(value)) };
    match (step, &value.kind) {
        (Step::Part(name), Kind::Object(members)) => {
            members.iter().filter(|(key, _)| key.is(name)).find_map(|(_, member)| evaluate(member, rest))
        }
        (Step::Wild(pattern), Kind::Object(members)) => {
            members.iter().filter(|(key, _)| pattern.matches(&key.decoded())).find_map(|(_, member)| evaluate(member, rest))
        }
        (Step::Count, Kind::Object(members)) => {
            members.iter().filter(|(key, _)| key.is("#")).find_map(|(_, member)| evaluate(member, rest))
        }
        (Step::Each(group), Kind::Object(members)) => {
            let member = members.iter().filter(|(key, _)| key.is("#")).find_map(|(_, member)| evaluate(member, group))?;
            proceed(member, rest)
        }
        (Step::Part(index), Kind::Array(elements)) => {
            let index: usize = if index.bytes().all(|byte| byte.is_ascii_digit()) { index.parse().ok()? } else { return None };
            evaluate(elements.get(index)?, rest)
        }
        (Step::Count, Kind::Array(elements)) => proceed(Found::Built(Zeroizing::new(elements.len().to_string())), rest),
        (Step::Each(group), Kind::Array(elements)) => proceed(collect(elements.iter(), group), rest),
        (Step::First(query), Kind::Array(elements)) => evaluate(elements.iter().find(|element| query.matches(element))?, rest),
        (Step::All(query, group), Kind::Array(elements)) => proceed(matching(elements, query, group), rest),
        (Step::Modify(modifier), _) => proceed(Found::Built(modifier.apply(value)?), rest),
        _ => None,
    }
}

fn matching<'j, 't>(elements: &'j [Json<'t>], query: &Query, group: &[Step]) -> Found<'j, 't> {
    collect(elements.iter().filter(|element| query.matches(element)), group)
}

/// A new array of what the steps find in each value.
fn collect<'j, 't: 'j>(values: impl Iterator<Item = &'j Json<'t>>, group: &[Step]) -> Found<'j, 't> {
    let found: Vec<Found<'_, '_>> = values.filter_map(|value| evaluate(value, group)).collect();
    let length: usize = found.iter().map(|part| part.raw().len() + 1).sum();
    let mut out = Zeroizing::new(String::with_capacity(length + 2));
    out.push('[');
    for (index, part) in found.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(part.raw());
    }
    out.push(']');
    Found::Built(out)
}

fn proceed<'j, 't>(found: Found<'j, 't>, rest: &[Step]) -> Option<Found<'j, 't>> {
    if rest.is_empty() {
        return Some(found);
    }
    match found {
        Found::Borrowed(value) => evaluate(value, rest),
        Found::Built(text) => {
            let json = parse(&text).ok()?;
            let raw = evaluate(&json, rest)?.raw().to_owned();
            Some(Found::Built(Zeroizing::new(raw)))
        }
    }
}
