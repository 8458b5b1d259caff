//! Entries added to and cut out of a text.
//!
//! Owns commas, lines and indentation. Must never touch a byte of another entry.

use std::ops::Range;

use crate::format::Format;
use crate::splice::{self, Splice};
use crate::tree::{Entry, Map};
use crate::{json, yaml};

const YAML_INDENT: usize = 4;

/// What has to go with entries of one map, given by their ranges in order.
pub(super) fn cut(format: Format, text: &str, map: &Map, taken: &[Range<usize>]) -> Vec<Range<usize>> {
    if !map.shape.flow {
        let lines = taken.iter().map(|range| splice::line_start(text, range.start)..splice::next_line(text, range.end));
        return lines.map(|lines| if format == Format::Ini { with_blank_line(text, lines) } else { lines }).collect();
    }
    let entries: Vec<&Entry> = map.entries().collect();
    let ranges = taken.iter().filter_map(|range| {
        let at = entries.iter().position(|entry| entry.range == *range)?;
        let before = at.checked_sub(1).and_then(|before| entries.get(before));
        let after = entries.get(at + 1);
        Some(match (before, after) {
            (Some(before), _) => before.range.end..range.end,
            (None, Some(after)) => range.start..after.range.start,
            (None, None) => map.shape.range.start + 1..map.shape.range.end.saturating_sub(1),
        })
    });
    ranges.collect()
}

/// The blank line that was put before a section goes with it.
fn with_blank_line(text: &str, lines: Range<usize>) -> Range<usize> {
    let before = text.get(..lines.start).unwrap_or_default();
    let kept = before.strip_suffix("\r\n").or_else(|| before.strip_suffix('\n')).unwrap_or(before);
    if kept.ends_with('\n') { kept.len()..lines.end } else { lines }
}

/// What removes an entry. `None` where that would leave a map without entries.
pub(crate) fn remove(format: Format, text: &str, map: &Map, key: &str) -> Option<Vec<Splice>> {
    let entry = map.find(key)?;
    if !map.shape.flow && format == Format::Yaml && map.entries().count() < 2 {
        return None;
    }
    Some(cut(format, text, map, std::slice::from_ref(&entry.range)).into_iter().map(Splice::delete).collect())
}

/// What adds an entry behind all others, with an empty text as its value. `path` are the keys, all but the last
/// of which become maps of their own.
pub(crate) fn insert(format: Format, text: &str, map: &Map, path: &[&str]) -> Option<Splice> {
    let line_break = splice::line_break(text);
    let (key, inner) = path.split_first()?;
    match format {
        Format::Json | Format::Binary => Some(into_braces(text, map, &nested_flow(path, json::quoted))),
        Format::Yaml if map.shape.flow => Some(into_braces(text, map, &nested_flow(path, yaml::key_text))),
        Format::Yaml => {
            let mut lines = String::new();
            for (depth, key) in path.iter().enumerate() {
                let value = if depth + 1 == path.len() { " \"\"" } else { "" };
                let indent = " ".repeat(map.shape.indent + depth * YAML_INDENT);
                lines.push_str(&format!("{indent}{}:{value}{line_break}", yaml::key_text(key)));
            }
            Some(behind_last(text, map, lines, line_break))
        }
        Format::Dotenv if inner.is_empty() && is_line_key(key, &['=', '\n']) && !key.starts_with('#') => {
            Some(behind_last(text, map, format!("{key}={line_break}"), line_break))
        }
        Format::Ini if inner.is_empty() && is_line_key(key, &['=', ':', '#', ';', '\n', '\r', '[', '"', '`']) => {
            Some(behind_last(text, map, format!("{key} = {line_break}"), line_break))
        }
        Format::Dotenv | Format::Ini => None,
    }
}

fn is_line_key(key: &str, forbidden: &[char]) -> bool {
    !key.is_empty() && key.trim() == key && !key.contains(forbidden)
}

fn nested_flow(path: &[&str], quote: impl Fn(&str) -> String) -> String {
    let open: Vec<String> = path.iter().map(|key| format!("{}: ", quote(key))).collect();
    format!("{}\"\"{}", open.join("{"), "}".repeat(path.len().saturating_sub(1)))
}

/// On the line behind the last entry, or behind the head of a map without one.
fn behind_last(text: &str, map: &Map, lines: String, line_break: &str) -> Splice {
    let end = map.entries().last().map_or(map.shape.range.end, |entry| entry.range.end);
    if map.entries().next().is_none() && map.shape.range.is_empty() {
        return Splice::insert(map.shape.range.start, lines);
    }
    let at = splice::next_line(text, end);
    let is_at_start = text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
    Splice::insert(at, if is_at_start { lines } else { format!("{line_break}{lines}") })
}

/// Behind the last entry in braces, set off as the entries are from each other.
pub(super) fn into_braces(text: &str, map: &Map, entry: &str) -> Splice {
    let entries: Vec<&Entry> = map.entries().collect();
    let open = map.shape.range.start + 1;
    let Some(last) = entries.last() else {
        let line_break = if text.get(open..map.shape.range.end).is_some_and(|inner| inner.contains('\n')) { "\n" } else { "" };
        let close = map.shape.range.end.saturating_sub(1);
        return Splice::replace(open..close, format!("{line_break}{entry}{line_break}"));
    };
    let before = match entries.len().checked_sub(2).and_then(|before| entries.get(before)) {
        Some(before) => before.range.end,
        None => open,
    };
    let gap = text.get(before..last.range.start).unwrap_or_default();
    let blank = gap.trim_start_matches([',', ' ']);
    let gap = if gap.trim_matches([',', ' ', '\t', '\n', '\r']).is_empty() { blank } else { "" };
    let gap = if gap.is_empty() { " " } else { gap };
    Splice::insert(last.range.end, format!(",{gap}{entry}"))
}

/// The indentation of the first level of an object.
pub(super) fn unit(text: &str, map: &Map) -> String {
    let first = map.entries().next().map_or(0, |entry| entry.range.start);
    let before = text.get(splice::line_start(text, first)..first).unwrap_or_default();
    if !before.is_empty() && before.trim().is_empty() { before.to_owned() } else { "\t".to_owned() }
}
