//! Replacing ranges of bytes in a text; every other byte stays.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::error::SopsError;

/// One range of bytes and what stands there afterwards.
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: Zeroizing<String>,
}

impl Splice {
    pub(crate) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: Zeroizing::new(text.into()) }
    }

    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    pub(crate) fn delete(range: Range<usize>) -> Self {
        Self::replace(range, String::new())
    }
}

/// Makes all replacements.
pub(crate) fn apply(text: &str, mut splices: Vec<Splice>) -> Result<Zeroizing<String>, SopsError> {
    splices.sort_by_key(|splice| splice.range.start);
    let overlap = || SopsError::Syntax { line: 0, problem: "two values share a place in the text" };
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut result = Zeroizing::new(String::with_capacity(text.len() + added));
    let mut done = 0;
    for splice in &splices {
        result.push_str(text.get(done..splice.range.start).ok_or_else(overlap)?);
        result.push_str(&splice.text);
        done = splice.range.end.max(splice.range.start);
    }
    result.push_str(text.get(done..).ok_or_else(overlap)?);
    Ok(result)
}

/// The line break that a text uses.
pub(crate) fn line_break(text: &str) -> &'static str {
    if text.split('\n').next().is_some_and(|line| line.ends_with('\r')) && text.contains('\n') { "\r\n" } else { "\n" }
}

/// Where the line of `position` begins.
pub(crate) fn line_start(text: &str, position: usize) -> usize {
    text.get(..position).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// Where the line of `position` ends, before its line break.
pub(crate) fn line_end(text: &str, position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    position + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the line after that of `position` begins, or the end of the text.
pub(crate) fn next_line(text: &str, position: usize) -> usize {
    text.get(position..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| position + found + 1)
}
