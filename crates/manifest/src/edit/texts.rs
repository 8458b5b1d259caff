//! Many texts replaced at once, wherever they stand as values: one reading before, one after, whatever their number.
//!
//! Must never: touch a text that is no value, as in a comment or inside another text.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::splice::{self, Splice};
use super::{Change, Edit, EditError, Node, Step, apply};
use crate::document;

/// What no text has that can be found without knowing how it is quoted.
const DELIMITERS: [char; 7] = ['"', '\'', ',', '{', '}', '[', ']'];

/// Replaces string values by what `replacements` has for them. `before` is what [`document::parse`] reads in
/// `text`. The answer is the new text and what it was read as again.
///
/// Texts without blanks, quotes, commas and brackets, as sealed values are, are found in one pass; others one by
/// one.
///
/// # Errors
/// [`EditError`] when a value cannot be replaced in place; the result was read again and differs from `before` in
/// these values only.
pub fn replace_texts(
    text: &str,
    before: &[Value],
    replacements: &BTreeMap<String, String>,
) -> Result<(String, Vec<Value>), EditError> {
    let mut places = HashMap::new();
    before.iter().for_each(|value| count(value, replacements, &mut places));
    let found = occurrences(text, replacements);
    let is_plain = |old: &str| {
        let found = found.get(old);
        found.is_some_and(|found| !found.is_doubtful && Some(&found.starts.len()) == places.get(old))
    };
    let mut splices = Vec::new();
    for (old, found) in found.iter().filter(|(old, _)| is_plain(old)) {
        let new = replacements.get(*old).ok_or(EditError::Verification)?;
        splices.extend(found.starts.iter().map(|start| Splice::replace(*start..*start + old.len(), new.as_str())));
    }
    let mut edited = splice::apply(text, splices).ok_or(EditError::Verification)?;
    for (document, value) in before.iter().enumerate() {
        let mut edits = Vec::new();
        let mut collector = Collector { replacements, is_plain: &is_plain, edits: &mut edits };
        collector.collect(&mut Vec::new(), value)?;
        if !edits.is_empty() {
            edited = apply(&edited, document, &edits)?;
        }
    }
    let after = document::parse(&edited).map_err(|_| EditError::Verification)?;
    let equal = before.len() == after.len() && before.iter().zip(&after).all(|(old, new)| is_replaced(old, new, replacements));
    if equal { Ok((edited, after)) } else { Err(EditError::Verification) }
}

/// Where a text stands in the file, as far as that can be seen without reading its structure.
#[derive(Default)]
struct Found {
    starts: Vec<usize>,
    /// Whether one of them may be in a comment.
    is_doubtful: bool,
}

fn occurrences<'a>(text: &'a str, replacements: &BTreeMap<String, String>) -> HashMap<&'a str, Found> {
    let mut found: HashMap<&str, Found> = HashMap::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut start = 0;
        for word in line.split_inclusive(is_delimiter) {
            let bare = word.trim_end_matches(is_delimiter);
            if replacements.contains_key(bare) {
                let entry = found.entry(bare).or_default();
                entry.starts.push(line_start + start);
                entry.is_doubtful |= line.get(..start).is_none_or(|before| before.contains('#'));
            }
            start += word.len();
        }
        line_start += line.len();
    }
    found
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || DELIMITERS.contains(&c)
}

fn count<'a>(value: &'a Value, replacements: &BTreeMap<String, String>, places: &mut HashMap<&'a str, usize>) {
    match value {
        Value::String(text) if replacements.contains_key(text) => *places.entry(text).or_default() += 1,
        Value::Array(items) => items.iter().for_each(|item| count(item, replacements, places)),
        Value::Object(fields) => fields.values().for_each(|field| count(field, replacements, places)),
        _ => {}
    }
}

/// Edits of the values that were not found in one pass.
struct Collector<'a> {
    replacements: &'a BTreeMap<String, String>,
    is_plain: &'a dyn Fn(&str) -> bool,
    edits: &'a mut Vec<Edit>,
}

impl Collector<'_> {
    fn new_text(&self, value: &Value) -> Option<String> {
        let old = value.as_str()?;
        self.replacements.get(old).filter(|_| !(self.is_plain)(old)).cloned()
    }

    fn collect(&mut self, path: &mut Vec<Step>, value: &Value) -> Result<(), EditError> {
        match value {
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    path.push(Step::Index(position));
                    if self.new_text(item).is_some() {
                        return Err(EditError::Unsupported { path: super::Path(path).to_string() });
                    }
                    self.collect(path, item)?;
                    path.pop();
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    if let Some(new) = self.new_text(field) {
                        let change = Change::Set(Node::Text(new));
                        self.edits.push(Edit { mapping: path.clone(), key: key.clone(), change });
                    } else {
                        path.push(Step::key(key));
                        self.collect(path, field)?;
                        path.pop();
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether the new value is the old one but for the texts that were to be replaced.
fn is_replaced(old: &Value, new: &Value, replacements: &BTreeMap<String, String>) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) => replacements.get(old).unwrap_or(old) == new,
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_replaced(old, new, replacements))
        }
        (Value::Object(old), Value::Object(new)) => {
            let same = |(key, old): (&String, &Value)| new.get(key).is_some_and(|new| is_replaced(old, new, replacements));
            old.len() == new.len() && old.iter().all(same)
        }
        (old, new) => old == new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn replaced(text: &str) -> Result<String, EditError> {
        let replacements = [("sb1:old".to_owned(), "sb1:n/w==".to_owned()), ("sb1:two".to_owned(), "sb1:2".to_owned())].into();
        let before = document::parse(text).expect("readable");
        replace_texts(text, &before, &replacements).map(|(text, _)| text)
    }

    #[rstest]
    #[case::block("a: sb1:old # c\r\nb:   'sb1:two'\r\n", "a: sb1:n/w== # c\r\nb:   'sb1:2'\r\n")]
    #[case::flow("a: {b: \"sb1:old\", c: [sb1:two,sb1:old]}", "a: {b: \"sb1:n/w==\", c: [sb1:2,sb1:n/w==]}")]
    #[case::json("{\"a\":\"sb1:old\",\"b\":[\"sb1:two\"]}", "{\"a\":\"sb1:n/w==\",\"b\":[\"sb1:2\"]}")]
    #[case::several_documents("a: sb1:old\n---\n# x\n---\n- sb1:old\n", "a: sb1:n/w==\n---\n# x\n---\n- sb1:n/w==\n")]
    #[case::tagged("a: !!str sb1:old\n", "a: !!str sb1:n/w==\n")]
    #[case::comment_keeps_the_old_one("# was sb1:old\na: sb1:old\n", "# was sb1:old\na: \"sb1:n/w==\"\n")]
    #[case::text_in_a_text("a: |\n  sb1:old\nb: sb1:old\n", "a: |\n  sb1:old\nb: \"sb1:n/w==\"\n")]
    #[case::folded("a: \"sb1:\\\n  old\"\nb: sb1:two\n", "a: \"sb1:n/w==\"\nb: sb1:2\n")]
    #[case::longer_word("a: xsb1:old\nb: sb1:old-2\nc: sb1:old\n", "a: xsb1:old\nb: sb1:old-2\nc: sb1:n/w==\n")]
    #[case::nothing("a: b", "a: b")]
    fn values_change_and_every_other_byte_stays(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(replaced(text).as_deref(), Ok(expected));
    }

    #[test]
    fn what_an_alias_repeats_is_refused() {
        assert!(matches!(replaced("a: &x sb1:old\nb: *x\n"), Err(EditError::Alias { .. })));
    }

    #[test]
    fn a_list_item_that_cannot_be_told_from_a_comment_is_refused() {
        assert!(matches!(replaced("# sb1:old\n- sb1:old\n"), Err(EditError::Unsupported { .. })));
    }

    #[test]
    fn a_key_is_no_value() {
        assert_eq!(replaced("sb1:old: b\nc: sb1:two\n").as_deref(), Ok("sb1:old: b\nc: sb1:2\n"));
    }
}
