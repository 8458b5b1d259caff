//! JSON: one object, read with the place of each value, written by replacing these.
//!
//! Owns what sops makes of numbers: whole ones of 64 bits are integers, all others floats. Must never keep a
//! duplicate key.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::{Map as Fields, Value};
use zeroize::Zeroizing;

use crate::error::SopsError;
use crate::limits::Budget;
use crate::scalar::{Kind, Scalar, go_float};
use crate::tree::{Element, Entry, Item, Leaf, List, Map, Node, Shape, Site, Tree};

/// Reads one object; anything behind it but blanks is refused.
pub(crate) fn read(text: &str) -> Result<Tree, SopsError> {
    let mut reader = Reader { text, at: 0, budget: Budget::default() };
    reader.blanks();
    if reader.peek() != Some(b'{') {
        return Err(reader.syntax("the document must be an object"));
    }
    let map = reader.map(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.syntax("there is something behind the object"));
    }
    Ok(Tree { documents: vec![map] })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    budget: Budget,
}

impl Reader<'_> {
    fn syntax(&self, problem: &'static str) -> SopsError {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        SopsError::Syntax { line, problem }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn map(&mut self, depth: usize) -> Result<Map, SopsError> {
        Budget::depth(depth)?;
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        self.blanks();
        while !self.take(b'}') {
            if !items.is_empty() {
                if !self.take(b',') {
                    return Err(self.syntax("a comma or closing brace is missing"));
                }
                self.blanks();
            }
            let begin = self.at;
            let key = self.string()?.to_string();
            self.blanks();
            if !self.take(b':') {
                return Err(self.syntax("a colon is missing"));
            }
            if !seen.insert(key.clone()) {
                return Err(SopsError::DuplicateKey { path: key });
            }
            let node = self.value(depth + 1)?;
            items.push(Item::Entry(Entry { key, range: begin..self.at, node }));
            self.blanks();
        }
        Ok(Map { items, shape: self.shape(start) })
    }

    fn shape(&self, start: usize) -> Shape {
        Shape { range: start..self.at, flow: true, indent: 0 }
    }

    fn list(&mut self, depth: usize) -> Result<List, SopsError> {
        Budget::depth(depth)?;
        let start = self.at;
        self.at += 1;
        let mut elements = Vec::new();
        self.blanks();
        while !self.take(b']') {
            if !elements.is_empty() {
                if !self.take(b',') {
                    return Err(self.syntax("a comma or closing bracket is missing"));
                }
                self.blanks();
            }
            let begin = self.at;
            let node = self.value(depth + 1)?;
            elements.push(Element::Node(node, begin..self.at));
            self.blanks();
        }
        Ok(List { elements, shape: self.shape(start) })
    }

    fn value(&mut self, depth: usize) -> Result<Node, SopsError> {
        self.budget.leaf()?;
        self.blanks();
        let start = self.at;
        let scalar = match self.peek() {
            Some(b'{') => return self.map(depth).map(Node::Map),
            Some(b'[') => return self.list(depth).map(Node::List),
            Some(b'"') => Some(Scalar::text(&self.string()?)),
            _ => self.word()?,
        };
        let site = Site { range: start..self.at, flow: true, indent: 0 };
        Ok(scalar.map_or_else(|| Node::Null(site.clone()), |scalar| Node::Leaf(Leaf::new(scalar, site.clone()))))
    }

    fn range(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn word(&mut self) -> Result<Option<Scalar>, SopsError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        let word = self.range(start..self.at);
        Ok(match word {
            "null" => None,
            "true" => Some(Scalar::bool(true)),
            "false" => Some(Scalar::bool(false)),
            // The grammar of numbers is checked by a reader of JSON; what it holds is not a secret's text.
            _ if serde_json::from_str::<serde_json::Number>(word).is_err() => {
                return Err(self.syntax("this is no value"));
            }
            _ => match word.parse::<i64>() {
                Ok(number) => Some(Scalar::int(number)),
                Err(_) => Some(Scalar::float(go_float(word).ok_or_else(|| self.syntax("a number is too large"))?)),
            },
        })
    }

    fn string(&mut self) -> Result<Zeroizing<String>, SopsError> {
        let start = self.at;
        if !self.take(b'"') {
            return Err(self.syntax("a key or value in quotes is missing"));
        }
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.syntax("a quote is not closed")),
            }
        }
        self.at += 1;
        let quoted = self.range(start..self.at);
        let decoded = serde_json::from_str::<String>(quoted);
        decoded.map(Zeroizing::new).map_err(|_| self.syntax("a text has a wrong escape or a control character"))
    }
}

/// Text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// A value.
pub(crate) fn plain_text(scalar: &Scalar) -> Result<Zeroizing<String>, &'static str> {
    let text = scalar.as_str().ok_or("it is no UTF-8 text, which JSON cannot hold")?;
    Ok(Zeroizing::new(match scalar.kind() {
        Kind::Str | Kind::Bytes | Kind::Time => quoted(text),
        Kind::Int => text.to_owned(),
        Kind::Bool => text.to_ascii_lowercase(),
        Kind::Float if text.ends_with(['f', 'N']) => return Err("JSON has no number for infinity"),
        // A float stays one when the text is read again.
        Kind::Float if text.contains('.') => text.to_owned(),
        Kind::Float => format!("{text}.0"),
    }))
}

/// The metadata as an entry of an object that is indented by `unit`, on its first level.
pub(crate) fn metadata_entry(fields: &Fields<String, Value>, unit: &str) -> String {
    let mut text = String::from("\"sops\": ");
    pretty(&Value::Object(fields.clone()), unit, 1, &mut text);
    text
}

fn pretty(value: &Value, unit: &str, level: usize, text: &mut String) {
    let line = |text: &mut String, level: usize| {
        text.push('\n');
        text.push_str(&unit.repeat(level));
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (position, (key, value)) in fields.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                line(text, level + 1);
                text.push_str(&quoted(key));
                text.push_str(": ");
                pretty(value, unit, level + 1, text);
            }
            line(text, level);
            text.push('}');
        }
        Value::Array(values) if !values.is_empty() => {
            text.push('[');
            for (position, value) in values.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                line(text, level + 1);
                pretty(value, unit, level + 1, text);
            }
            line(text, level);
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn leaf(text: &str) -> Option<(Kind, String)> {
        let tree = read(&format!("{{\"k\": {text}}}")).ok()?;
        match tree.documents[0].at(&[crate::Step::key("k")])? {
            Node::Leaf(leaf) => Some((leaf.value.kind(), leaf.value.as_str()?.to_owned())),
            _ => None,
        }
    }

    #[rstest]
    #[case("1", Some((Kind::Int, "1")))]
    #[case("9223372036854775807", Some((Kind::Int, "9223372036854775807")))]
    #[case("9223372036854775808", Some((Kind::Float, "9223372036854776000")))]
    #[case("1.0", Some((Kind::Float, "1")))]
    #[case("1e2", Some((Kind::Float, "100")))]
    #[case("-0", Some((Kind::Int, "0")))]
    #[case("1e999", None)]
    #[case("01", None)]
    #[case("NaN", None)]
    #[case("\"\\u00e9\\n\"", Some((Kind::Str, "é\n")))]
    #[case("\"\\ud800\"", None)]
    #[case("\"open", None)]
    #[case("true", Some((Kind::Bool, "True")))]
    #[case("{}", None)]
    fn values_and_their_types(#[case] text: &str, #[case] expected: Option<(Kind, &str)>) {
        assert_eq!(leaf(text), expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[rstest]
    #[case("[1]")]
    #[case("{\"a\": 1} x")]
    #[case("{\"a\": 1,}")]
    #[case("{\"a\" 1}")]
    #[case("{\"a\": 1, \"a\": 2}")]
    #[case("")]
    fn what_is_no_object_is_refused(#[case] text: &str) {
        assert!(read(text).is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(&deep), Err(SopsError::TooLarge { what: "levels", .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,60}") {
            drop(read(&text));
            drop(read(&format!("{{\"a\": {text}}}")));
        }
    }
}
