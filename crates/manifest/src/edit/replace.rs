//! A new value for a key that is there: scalars and empty values only.

use yaml_edit::YamlNode;

use super::EditError;
use super::render::{self, Braces, Node};
use super::splice::{self, Splice};
use crate::syntax::{Present, Site};

/// Gives the entry another value.
pub(super) fn replace(text: &str, site: &Site<'_>, present: &Present, node: &Node) -> Result<Vec<Splice>, EditError> {
    site.refuse_shared(present)?;
    let unsupported = || EditError::Unsupported { path: site.path_of(&present.key) };
    match (&present.value, node) {
        (None, node) => empty_value(text, present, node),
        (Some(YamlNode::Scalar(scalar)), node) if scalar.is_null() => empty_value(text, present, node),
        (Some(YamlNode::Scalar(_)), Node::Text(new)) => scalar(text, site, present, new),
        (Some(YamlNode::Mapping(mapping)), node) if mapping.is_empty() => empty_value(text, present, node),
        _ => None,
    }
    .ok_or_else(unsupported)
}

/// The scalar's bytes are replaced; the style of its quotes stays, blank lines behind a block scalar too. A literal block
/// scalar stays one where it can, so that lines that are the same stay as they are.
fn scalar(text: &str, site: &Site<'_>, present: &Present, new: &str) -> Option<Vec<Splice>> {
    let range = present.value_range()?;
    let old = text.get(range.clone())?;
    let kept = old.trim_end();
    let block = kept.starts_with('|').then(|| block(kept, new, splice::line_break(text))).flatten();
    let rendered = match kept.chars().next()? {
        '|' if block.is_some() => block?,
        '\'' => render::single_quoted(new).unwrap_or_else(|| render::quoted(new)),
        '"' => render::quoted(new),
        _ => render::word(new, site.is_flow() && site.entries().iter().all(|entry| entry.key_is_quoted)),
    };
    Some(vec![Splice::replace(range.start..range.start + kept.len(), rendered)])
}

/// The lines of the new text, indented as those of the old one.
fn block(old: &str, new: &str, line_break: &str) -> Option<String> {
    let (header, lines) = old.split_once('\n')?;
    // A comment behind the header, or an indentation that it fixes, is for whoever wrote it.
    if !matches!(header.trim_end_matches('\r'), "|" | "|-" | "|+") {
        return None;
    }
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let indent = lines.lines().filter(|line| !line.trim().is_empty()).map(blanks).min()?;
    render::literal(new, &" ".repeat(indent), line_break)
}

/// Fills in a value where none, `null` or `{}` stands. A mapping is written line by line below its key if
/// the key stands on a line of its own.
pub(super) fn empty_value(text: &str, present: &Present, node: &Node) -> Option<Vec<Splice>> {
    let old = match present.value_range() {
        Some(range) => text.get(range.clone())?.trim_end().len() + range.start,
        None => present.colon_end,
    };
    let line_break = splice::line_break(text);
    let behind = text.get(old..splice::line_end(text, old))?.trim_start();
    let ends_the_line = behind.is_empty() || behind.starts_with('#');
    match (node, splice::indent_of(text, present.start)) {
        (Node::Block(entries), Some(indent)) if ends_the_line && !present.key_is_quoted => {
            let lines = render::block(entries, &format!("{indent}  "), "  ", line_break);
            Some(vec![
                Splice::delete(present.colon_end..old),
                Splice::insert(splice::line_end(text, old), format!("{line_break}{lines}")),
            ])
        }
        (node, indent) => {
            let pretty = indent.filter(|_| present.key_is_quoted).map(|indent| Braces {
                open: format!("{line_break}{indent}  "),
                between: format!("{line_break}{indent}  "),
                close: format!("{line_break}{indent}"),
            });
            let value = render::in_line(node, present.key_is_quoted, &pretty.unwrap_or_else(Braces::tight));
            Some(vec![Splice::replace(present.colon_end..old, format!(" {value}"))])
        }
    }
}
