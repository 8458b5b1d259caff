//! Scalars and metadata as YAML text.
//!
//! Owns quoting. Must never write a text that would be read as another type.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::resolve::{Resolved, resolve};
use crate::error::SopsError;
use crate::scalar::{Kind, Scalar};
use crate::splice;
use crate::tree::{Node, Site};

/// The indentation of what is written anew, as sops writes it.
const INDENT: usize = 4;

/// A ciphertext, or nothing, at a place.
pub(crate) fn cipher_text(site: &Site, cipher: &str) -> String {
    if cipher.is_empty() || site.flow { format!("\"{cipher}\"") } else { cipher.to_owned() }
}

/// A value at a place in `text`.
pub(crate) fn plain_text(text: &str, site: &Site, scalar: &Scalar) -> Zeroizing<String> {
    let Some(value) = scalar.as_str() else { return Zeroizing::new(binary(scalar)) };
    if scalar.kind() == Kind::Str && !site.flow && is_alone(text, site) && is_block(value) {
        return Zeroizing::new(block(value, site.indent + INDENT, splice::line_break(text)));
    }
    Zeroizing::new(inline(scalar, value))
}

fn inline(scalar: &Scalar, value: &str) -> String {
    match scalar.kind() {
        Kind::Str | Kind::Bytes if is_safe(value) => value.to_owned(),
        Kind::Str | Kind::Bytes => quoted(value),
        Kind::Int | Kind::Time => value.to_owned(),
        Kind::Bool => value.to_ascii_lowercase(),
        Kind::Float => match value {
            "+Inf" => ".inf".to_owned(),
            "-Inf" => "-.inf".to_owned(),
            "NaN" => ".nan".to_owned(),
            // A float stays one when the text is read again.
            number if !number.contains('.') => format!("{number}.0"),
            number => number.to_owned(),
        },
    }
}

fn binary(scalar: &Scalar) -> String {
    use base64::Engine;
    format!("!!binary {}", base64::prelude::BASE64_STANDARD.encode(scalar.bytes().expose()))
}

/// Text that needs no quotes, neither in brackets nor for a reader of YAML 1.1.
fn is_safe(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+' | '@' | '=');
    let words = ["y", "n", "yes", "no", "on", "off"];
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'))
        && text.chars().all(is_word)
        && !words.contains(&text.to_ascii_lowercase().as_str())
        && resolve(text, None, true) == Resolved::Scalar(Scalar::text(text))
}

/// A key in a map.
pub(crate) fn key_text(key: &str) -> String {
    if is_safe(key) { key.to_owned() } else { quoted(key) }
}

/// Text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Controls, other line breaks, byte order mark, and what is no character.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether nothing follows the value on its line; a blank would become part of a block's last line.
fn is_alone(text: &str, site: &Site) -> bool {
    let end = splice::line_end(text, site.range.end);
    text.get(site.range.end..end).is_some_and(str::is_empty)
}

/// Whether a literal block gives exactly this text back.
fn is_block(text: &str) -> bool {
    let is_printable = |c: char| {
        c == '\n'
            || c == ' '
            || (!c.is_control()
                && !matches!(c, '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{85}'))
    };
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && text.chars().all(is_printable)
        && !body.ends_with('\n')
        && !body.starts_with(['\n', ' '])
        && body.lines().all(|line| !line.ends_with(' '))
}

fn block(text: &str, indent: usize, line_break: &str) -> String {
    let mut block = String::from(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.lines() {
        block.push_str(line_break);
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent));
            block.push_str(line);
        }
    }
    block
}

/// A node in brackets and braces; `leaf` writes its leaves in order.
pub(crate) fn flow(node: &Node, leaf: &mut impl FnMut(&Scalar) -> Result<String, SopsError>) -> Result<String, SopsError> {
    Ok(match node.inner() {
        Node::Map(map) => {
            let entries = map.entries().map(|entry| Ok(format!("{}: {}", key_text(&entry.key), flow(&entry.node, leaf)?)));
            format!("{{{}}}", entries.collect::<Result<Vec<_>, SopsError>>()?.join(", "))
        }
        Node::List(list) => {
            let nodes = list.nodes().map(|(node, _)| flow(node, leaf)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", nodes.join(", "))
        }
        Node::Leaf(found) => leaf(&found.value)?,
        Node::Null(_) | Node::Expanded(..) => "null".to_owned(),
    })
}

/// The metadata below a key `sops` in column `column`, as sops writes it; ends with a line break.
pub(crate) fn block_metadata(fields: &Map<String, Value>, column: usize, line_break: &str) -> String {
    let mut lines = Vec::new();
    lines.push(format!("{}sops:", " ".repeat(column)));
    map_lines(fields, column + INDENT, &mut lines);
    lines.join(line_break) + line_break
}

fn map_lines(fields: &Map<String, Value>, indent: usize, lines: &mut Vec<String>) {
    let pad = " ".repeat(indent);
    for (key, value) in fields {
        value_lines(&format!("{pad}{}:", key_text(key)), value, indent, lines);
    }
}

fn value_lines(head: &str, value: &Value, indent: usize, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            lines.push(head.to_owned());
            map_lines(fields, indent + INDENT, lines);
        }
        Value::Array(values) if !values.is_empty() => {
            lines.push(head.to_owned());
            values.iter().for_each(|value| item_lines(value, indent + INDENT, lines));
        }
        Value::String(text) if is_block(text) => {
            lines.push(format!("{head} {}", if text.ends_with('\n') { "|" } else { "|-" }));
            // Keys behind a dash are indented by two; the text of theirs as if it were four.
            let pad = " ".repeat(indent / INDENT * INDENT + INDENT);
            lines.extend(text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") }));
        }
        Value::String(text) if crate::cipher::is_sealed(text) => lines.push(format!("{head} {text}")),
        Value::String(text) => lines.push(format!("{head} {}", key_text(text))),
        // JSON is YAML: numbers, truth values, null, empty lists and maps.
        other => lines.push(format!("{head} {other}")),
    }
}

/// The first line of an item begins with its dash.
fn item_lines(value: &Value, indent: usize, lines: &mut Vec<String>) {
    let first = lines.len();
    match value {
        Value::Object(fields) if !fields.is_empty() => map_lines(fields, indent + 2, lines),
        Value::String(text) => lines.push(key_text(text)),
        other => lines.push(other.to_string()),
    }
    if let Some(line) = lines.get_mut(first) {
        let body = line.trim_start().to_owned();
        *line = format!("{}- {body}", " ".repeat(indent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn read_back(document: &str) -> Scalar {
        let tree = super::super::read(document).unwrap();
        let Some(Node::Leaf(leaf)) = tree.documents[0].at(&[crate::Step::key("k")]) else { panic!("no leaf in {document:?}") };
        leaf.value.duplicate()
    }

    #[rstest]
    #[case(Scalar::text("1"), "\"1\"")]
    #[case(Scalar::text("yes"), "\"yes\"")]
    #[case(Scalar::text("plain-word"), "plain-word")]
    #[case(Scalar::float(1.0), "1.0")]
    #[case(Scalar::float(f64::NAN), ".nan")]
    #[case(Scalar::bool(true), "true")]
    #[case(Scalar::text("a\nb\n"), "|\n    a\n    b")]
    #[case(Scalar::text("a\nb"), "|-\n    a\n    b")]
    #[case(Scalar::text("a\n\n"), "\"a\\n\\n\"")]
    fn values_keep_their_type(#[case] scalar: Scalar, #[case] expected: &str) {
        let text = "k: x\n";
        let site = Site { range: 3..4, flow: false, indent: 0 };
        let written = plain_text(text, &site, &scalar);
        assert_eq!(written.as_str(), expected);
        assert_eq!(read_back(&format!("k: {}\n", written.as_str())), scalar);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(value in any::<String>(), flow: bool) {
            let scalar = Scalar::text(&value);
            let site = Site { range: 3..4, flow, indent: 0 };
            let written = plain_text("k: x\n", &site, &scalar);
            let document = if flow { format!("{{k: {}}}\n", written.as_str()) } else { format!("k: {}\n", written.as_str()) };
            prop_assert_eq!(read_back(&document), scalar);
        }

        #[test]
        fn any_lines_are_read_back(lines in prop::collection::vec("[ a:#\\-]{0,6}", 0..6)) {
            let scalar = Scalar::text(&lines.join("\n"));
            let site = Site { range: 3..4, flow: false, indent: 0 };
            let written = plain_text("k: x\n", &site, &scalar);
            let document = format!("k: {}\nz: 1\n", written.as_str());
            prop_assert_eq!(read_back(&document), scalar);
        }
    }
}
