//! Splits a path into steps.
//!
//! Must never: guess at syntax that is not built; it is refused.

use super::Unsupported;
use super::modifier::Modifier;
use super::query::Query;
use super::wildcard::Pattern;

/// One step from a value to the next.
pub(super) enum Step {
    /// A member by name, or an element by its index.
    Part(String),
    /// A member whose name matches.
    Wild(Pattern),
    /// The number of elements.
    Count,
    /// The rest of the group applied to each element; what is there makes a new array.
    Each(Vec<Step>),
    /// The first element that matches.
    First(Query),
    /// All elements that match, with the rest of the group applied to each.
    All(Query, Vec<Step>),
    /// A whole new value made from the value.
    Modify(Modifier),
}

/// Reads a path.
///
/// # Errors
/// [`Unsupported`] for multipaths, literals, JSON lines, and modifiers or modifier arguments that are not built.
pub(super) fn parse(path: &str) -> Result<Vec<Step>, Unsupported> {
    if path.starts_with("..") {
        return Err(Unsupported);
    }
    let mut steps = Vec::new();
    let mut rest = Some(path);
    while let Some(remaining) = rest {
        let (group, after) = split_group(remaining);
        steps.extend(parse_group(group)?);
        rest = after;
    }
    Ok(steps)
}

/// Everything up to a `|` that stands outside of a query.
fn split_group(path: &str) -> (&str, Option<&str>) {
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in path.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return (path.get(..at).unwrap_or(""), path.get(at + 1..)),
            _ => {}
        }
    }
    (path, None)
}

fn parse_group(group: &str) -> Result<Vec<Step>, Unsupported> {
    let mut steps = Vec::new();
    let mut rest = Some(group);
    while let Some(remaining) = rest {
        let (step, after) = next_step(remaining)?;
        match (step, after) {
            (Step::Count, Some(after)) => {
                steps.push(Step::Each(parse_group(after)?));
                return Ok(steps);
            }
            (Step::All(query, _), Some(after)) => {
                steps.push(Step::All(query, parse_group(after)?));
                return Ok(steps);
            }
            (step, after) => {
                steps.push(step);
                rest = after;
            }
        }
    }
    Ok(steps)
}

fn next_step(path: &str) -> Result<(Step, Option<&str>), Unsupported> {
    if path.starts_with(['{', '[', '!']) {
        return Err(Unsupported);
    }
    if let Some(rest) = path.strip_prefix('#') {
        if rest.is_empty() {
            return Ok((Step::Count, None));
        }
        if let Some(after) = rest.strip_prefix('.') {
            return Ok((Step::Count, Some(after)));
        }
        if let Some((query, after)) = rest.strip_prefix('(').and_then(Query::parse) {
            let (step, after) = match after.strip_prefix('#') {
                Some(after) => (Step::All(query?, Vec::new()), after),
                None => (Step::First(query?), after),
            };
            return Ok((step, after.split_once('.').map(|(_, after)| after)));
        }
    }
    let part = Part::read(path);
    if let Some(name) = part.text.strip_prefix('@') {
        let (name, argument) = name.split_once(':').map_or((name, false), |(name, _)| (name, true));
        if let Some(modifier) = Modifier::by_name(name)? {
            return if argument { Err(Unsupported) } else { Ok((Step::Modify(modifier), part.after)) };
        }
    }
    let step = if part.wild { Step::Wild(part.pattern) } else { Step::Part(part.text) };
    Ok((step, part.after))
}

/// A component up to the next dot that is not escaped.
struct Part<'a> {
    text: String,
    pattern: Pattern,
    wild: bool,
    after: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn read(path: &'a str) -> Self {
        let mut part = Self { text: String::new(), pattern: Pattern::default(), wild: false, after: None };
        let mut escaped = false;
        for (at, c) in path.char_indices() {
            if escaped {
                escaped = false;
                part.text.push(c);
                part.pattern.push_literal(c);
                continue;
            }
            match c {
                '\\' => escaped = true,
                '.' => {
                    part.after = path.get(at + 1..);
                    return part;
                }
                _ => {
                    part.wild |= matches!(c, '*' | '?');
                    part.text.push(c);
                    part.pattern.push(c);
                }
            }
        }
        part
    }
}
