//! New keys and values as text, in the style of what surrounds them.

use crate::plain_key;

/// A new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Text; in quotes unless it cannot be taken for anything else.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A sequence, written in brackets.
    List(Vec<Node>),
    /// A mapping that is written in braces unless its siblings are not.
    Flow(Vec<(String, Node)>),
    /// A mapping that is written line by line where its surroundings are.
    Block(Vec<(String, Node)>),
}

impl Node {
    /// The entries of a mapping.
    pub(super) fn entries(&self) -> Option<&[(String, Node)]> {
        match self {
            Self::Text(_) | Self::Flag(_) | Self::List(_) => None,
            Self::Flow(entries) | Self::Block(entries) => Some(entries),
        }
    }

    /// The value as the reader sees it.
    pub(super) fn value(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => serde_json::Value::String(text.clone()),
            Self::Flag(flag) => serde_json::Value::Bool(*flag),
            Self::List(items) => serde_json::Value::Array(items.iter().map(Self::value).collect()),
            Self::Flow(entries) | Self::Block(entries) => {
                serde_json::Value::Object(entries.iter().map(|(key, node)| (key.clone(), node.value())).collect())
            }
        }
    }
}

/// A new document of these entries, ended by a line break.
#[must_use]
pub fn written(entries: &[(String, Node)]) -> String {
    let mut text = block(entries, "", "  ", "\n");
    text.push('\n');
    text
}

/// These entries as one line, valid in YAML and JSON alike.
#[must_use]
pub fn inline(entries: &[(String, Node)]) -> String {
    in_line(&Node::Flow(entries.to_vec()), true, &Braces::tight())
}

/// How the entries of a mapping in braces are set apart.
pub(super) struct Braces {
    /// Between the opening brace and the first key, and behind each comma.
    pub(super) open: String,
    /// Behind each comma.
    pub(super) between: String,
    /// Before the closing brace.
    pub(super) close: String,
}

impl Braces {
    /// `{a: b, c: d}`
    pub(super) fn tight() -> Self {
        Self { open: String::new(), between: " ".to_owned(), close: String::new() }
    }
}

/// A text in double quotes, valid in YAML and JSON alike.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    push_quoted(&mut result, text);
    result
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // A sealed value is long, and nothing in it needs an escape.
    while let Some((plain, c, behind)) = first_special(rest) {
        out.push_str(plain);
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.push('"');
}

/// The first character that is not printable ASCII, or is a quote or a backslash, with what stands before and behind it.
fn first_special(text: &str) -> Option<(&str, char, &str)> {
    let at = text.bytes().position(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\'))?;
    let (plain, rest) = text.split_at_checked(at)?;
    let mut characters = rest.chars();
    Some((plain, characters.next()?, characters.as_str()))
}

/// A text in single quotes, where that can express it on one line.
pub(super) fn single_quoted(text: &str) -> Option<String> {
    let expressible =
        text.chars().all(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    expressible.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A text as a literal block scalar, behind which a line break follows: from its `|` on, its lines indented by
/// `indent`. `None` where that cannot express it.
pub(super) fn literal(text: &str, indent: &str, line_break: &str) -> Option<String> {
    let (body, chomping) = match text.strip_suffix('\n') {
        Some(body) => (body, ""),
        None => (text, "-"),
    };
    let is_foreign = |c: char| {
        c != '\n' && (c.is_control() && c != '\t' || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
    };
    if body.starts_with([' ', '\t', '\n']) || body.ends_with('\n') || !body.contains('\n') || text.contains(is_foreign) {
        return None;
    }
    let mut block = format!("|{chomping}");
    for line in body.split('\n') {
        block.push_str(line_break);
        if !line.is_empty() {
            block.push_str(indent);
            block.push_str(line);
        }
    }
    Some(block)
}

/// A key or a short text: bare where no reader can mistake it, else in quotes.
pub(super) fn word(text: &str, always_quoted: bool) -> String {
    let mut result = String::new();
    push_word(&mut result, text, always_quoted);
    result
}

fn push_word(out: &mut String, text: &str, always_quoted: bool) {
    if always_quoted || plain_key::needs_quotes(text) { push_quoted(out, text) } else { out.push_str(text) }
}

/// A value on one line, or as `braces` say.
pub(super) fn in_line(node: &Node, always_quoted: bool, braces: &Braces) -> String {
    let mut result = String::new();
    push_in_line(&mut result, node, always_quoted, braces);
    result
}

fn push_in_line(out: &mut String, node: &Node, always_quoted: bool, braces: &Braces) {
    let entries = match node {
        Node::Text(text) => return push_word(out, text, always_quoted),
        Node::Flag(flag) => return out.push_str(if *flag { "true" } else { "false" }),
        Node::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                out.push_str(if position == 0 { "" } else { ", " });
                push_in_line(out, item, always_quoted, &Braces::tight());
            }
            return out.push(']');
        }
        Node::Flow(entries) | Node::Block(entries) => entries,
    };
    out.push('{');
    for (position, (key, node)) in entries.iter().enumerate() {
        if position == 0 {
            out.push_str(&braces.open);
        } else {
            out.push(',');
            out.push_str(&braces.between);
        }
        push_word(out, key, always_quoted);
        out.push_str(": ");
        push_in_line(out, node, always_quoted, &Braces::tight());
    }
    out.push_str(if entries.is_empty() { "" } else { &braces.close });
    out.push('}');
}

/// A mapping line by line, each line indented and ended by `line_break` but the last.
pub(super) fn block(entries: &[(String, Node)], indent: &str, step: &str, line_break: &str) -> String {
    let mut result = String::new();
    push_block(&mut result, entries, indent, step, line_break);
    result
}

fn push_block(out: &mut String, entries: &[(String, Node)], indent: &str, step: &str, line_break: &str) {
    for (position, (key, node)) in entries.iter().enumerate() {
        out.push_str(if position == 0 { "" } else { line_break });
        out.push_str(indent);
        push_word(out, key, false);
        out.push(':');
        match node {
            Node::Block(inner) if !inner.is_empty() => {
                out.push_str(line_break);
                push_block(out, inner, &format!("{indent}{step}"), step, line_break);
            }
            node => {
                out.push(' ');
                push_in_line(out, node, false, &Braces::tight());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mapping_in_braces() {
        let node = Node::Flow(vec![
            ("ON".to_owned(), Node::Text("a b".to_owned())),
            ("x".to_owned(), Node::Flow(vec![("key".to_owned(), Node::Text("shop/db".to_owned()))])),
        ]);
        assert_eq!(in_line(&node, false, &Braces::tight()), r#"{"ON": "a b", x: {key: shop/db}}"#);
        assert_eq!(in_line(&node, true, &Braces::tight()), r#"{"ON": "a b", "x": {"key": "shop/db"}}"#);
    }

    proptest! {
        #[test]
        fn a_literal_reads_back(text in "[ -~\n\t#ä]{0,40}", chomped in any::<bool>()) {
            if let Some(block) = literal(&text, "    ", if chomped { "\r\n" } else { "\n" }) {
                let expected = serde_json::json!({ "a": text, "b": "c" });
                prop_assert_eq!(crate::document::parse(&format!("a: {block}\nb: c\n")), Ok(vec![expected]));
            }
        }

        #[test]
        fn quoted_text_reads_back(text in any::<String>()) {
            let yaml = format!("a: {}\n", quoted(&text));
            let expected = serde_json::json!({ "a": text });
            prop_assert_eq!(crate::document::parse(&yaml), Ok(vec![expected.clone()]));
            let json = format!("{{\"a\": {}}}", quoted(&text));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), expected);
        }

        #[test]
        fn single_quoted_text_reads_back(text in any::<String>()) {
            if let Some(quoted) = single_quoted(&text) {
                let expected = serde_json::json!({ "a": text });
                prop_assert_eq!(crate::document::parse(&format!("a: {quoted}\n")), Ok(vec![expected]));
            }
        }
    }
}
