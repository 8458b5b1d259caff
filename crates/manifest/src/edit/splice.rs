//! Replacing ranges of bytes in a text.

use std::ops::Range;

use crate::syntax::Site;

/// One range of bytes and what stands there afterwards.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Splice {
    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    pub(super) fn delete(range: Range<usize>) -> Self {
        Self::replace(range, String::new())
    }
}

/// Makes all replacements. `None` when they overlap or do not fit the text.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| splice.range.start);
    let mut result = String::with_capacity(text.len() + splices.iter().map(|splice| splice.text.len()).sum::<usize>());
    let mut done = 0;
    for splice in splices {
        result.push_str(text.get(done..splice.range.start)?);
        result.push_str(&splice.text);
        done = splice.range.end.max(splice.range.start);
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

/// The line break that the text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    if text.split('\n').next().is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

/// Where the line of `position` begins.
pub(super) fn line_start(text: &str, position: usize) -> usize {
    text.get(..position).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// Where the line of `position` ends, before its line break.
pub(super) fn line_end(text: &str, position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    position + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the line after that of `position` begins, or the end of the text.
pub(super) fn next_line(text: &str, position: usize) -> usize {
    text.get(position..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| position + found + 1)
}

/// How far `position` is indented, when only blanks and sequence dashes stand before it on its line.
pub(super) fn indent_of(text: &str, position: usize) -> Option<String> {
    let prefix = text.get(line_start(text, position)..position)?;
    let prefix = prefix.strip_prefix('\u{feff}').unwrap_or(prefix);
    prefix.chars().all(|c| matches!(c, ' ' | '-')).then(|| " ".repeat(prefix.len()))
}

/// Where the dash of an item stands, on the line on which the item begins.
pub(super) fn dash(text: &str, item: &Site<'_>) -> Option<usize> {
    let start = item_start(item)?;
    let line = line_start(text, start);
    let before = text.get(line..start)?;
    let dash = before.find('-')?;
    let is_alone = before.chars().filter(|c| *c == '-').count() == 1 && before.chars().all(|c| matches!(c, ' ' | '-'));
    is_alone.then_some(line + dash)
}

fn item_start(item: &Site<'_>) -> Option<usize> {
    if item.is_flow() { Some(item.range().start) } else { item.entries().first().map(|entry| entry.start) }
}
