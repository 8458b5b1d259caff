//! New keys, added at the end of their mapping in the style of their siblings.

use super::render::{self, Braces, Node};
use super::splice::{self, Splice};
use super::{EditError, replace};
use crate::syntax::{Present, Site};

const STEP: &str = "  ";

/// Adds the entries, in their order, at the end of the mapping.
pub(super) fn insert(text: &str, site: &Site<'_>, entries: &[(String, Node)]) -> Result<Vec<Splice>, EditError> {
    let unsupported = || EditError::Unsupported { path: site.path_of(entries.first().map_or("", |(key, _)| key)) };
    let present = site.entries();
    match (site.is_flow(), present.last()) {
        (true, Some(last)) => flow(text, site, &present, last, entries),
        (true, None) => empty_flow(text, site, entries),
        (false, Some(last)) => block(text, last, entries),
        (false, None) => None,
    }
    .ok_or_else(unsupported)
}

fn block(text: &str, last: &Present, entries: &[(String, Node)]) -> Option<Vec<Splice>> {
    let indent = splice::indent_of(text, last.start)?;
    let line_break = splice::line_break(text);
    let like_sibling: Vec<_> = entries.iter().map(|(key, node)| (key.clone(), block_like_sibling(text, last, node))).collect();
    let lines = render::block(&like_sibling, &indent, &step(text, last, &indent), line_break);
    let starts_a_line = text.get(..last.end)?.ends_with('\n');
    Some(vec![if starts_a_line {
        Splice::insert(last.end, format!("{lines}{line_break}"))
    } else {
        Splice::insert(splice::line_end(text, last.end), format!("{line_break}{lines}"))
    }])
}

/// Mappings are written line by line when the sibling's value is.
fn block_like_sibling(text: &str, sibling: &Present, node: &Node) -> Node {
    match (node, sibling.mapping(text)) {
        (Node::Flow(entries), Some(value)) if !value.is_flow() => Node::Block(entries.clone()),
        (node, _) => node.clone(),
    }
}

/// By how much the sibling's own value is indented, where it stands on lines of its own.
fn step(text: &str, sibling: &Present, indent: &str) -> String {
    let inner = sibling.mapping(text).filter(|value| !value.is_flow()).and_then(|value| value.entries().into_iter().next());
    inner
        .and_then(|first| splice::indent_of(text, first.start))
        .and_then(|inner| inner.strip_prefix(indent).map(str::to_owned))
        .filter(|step| !step.is_empty())
        .unwrap_or_else(|| STEP.to_owned())
}

fn flow(text: &str, site: &Site<'_>, present: &[Present], last: &Present, entries: &[(String, Node)]) -> Option<Vec<Splice>> {
    let always_quoted = present.iter().all(|entry| entry.key_is_quoted);
    let braces = last.mapping(text).and_then(|sibling| braces_of(text, &sibling)).unwrap_or_else(Braces::tight);
    let before_last = text.get(site.range().start + 1..last.start)?;
    let blank_before_last = before_last.get(before_last.trim_end().len()..)?;
    let gap = if present.len() == 1 && !blank_before_last.contains('\n') { " " } else { blank_before_last };
    let entry = |(key, node): &(String, Node)| {
        format!("{gap}{}: {}", render::word(key, always_quoted), render::in_line(node, always_quoted, &braces))
    };
    let written = entries.iter().map(entry).collect::<Vec<_>>().join(",");
    let behind_last = text.get(last.end..site.range().end)?;
    let has_trailing_comma = behind_last.trim_start().starts_with(',');
    Some(vec![if has_trailing_comma {
        Splice::insert(last.end + behind_last.find(',')? + 1, written)
    } else {
        Splice::insert(last.end, format!(",{written}"))
    }])
}

/// How a mapping in braces sets its entries apart.
fn braces_of(text: &str, site: &Site<'_>) -> Option<Braces> {
    let entries = site.entries();
    let (first, last) = (entries.first()?, entries.last()?);
    if !site.is_flow() {
        return None;
    }
    let open = text.get(site.range().start + 1..first.start)?;
    let close = text.get(last.end..site.range().end.checked_sub(1)?)?;
    if !open.trim().is_empty() || !close.trim().is_empty() {
        return None;
    }
    let between = if open.contains('\n') { open } else { " " };
    Some(Braces { open: open.to_owned(), between: between.to_owned(), close: close.to_owned() })
}

fn empty_flow(text: &str, site: &Site<'_>, entries: &[(String, Node)]) -> Option<Vec<Splice>> {
    replace::empty_value(text, site.holder.as_deref()?, &Node::Block(entries.to_vec()))
}
