//! Items of a list replaced and added as they are given, for lists of objects that pass through.
//!
//! Must never: look into what is given, which may hold values.

use serde_json::Value;

use super::splice::{self, Splice};
use super::{Change, Edit, EditError, Node, Path, Step, apply};
use crate::document;
use crate::syntax::{Present, Site, Tree};

/// Stands for what is given while the result is judged.
const MARK: &str = "{\"mark\": 0}";

/// Puts JSON texts in the place of items of the list `key` at the top of a document, and behind the last item. What is
/// given is not read: it has to be JSON objects without a line break.
///
/// # Errors
/// [`EditError`] when the list cannot be edited in place; of a result with other objects in these places, it was read
/// again that every other value is the same.
pub fn set_items(text: &str, document: usize, key: &str, replaced: &[(usize, &str)], added: &[&str]) -> Result<String, EditError> {
    let mut expected = document::parse(text)?;
    let documents = expected.len();
    let list = vec![Step::key(key)];
    let unsupported = || EditError::Unsupported { path: Path(&list).to_string() };
    let root = expected.get_mut(document).and_then(Value::as_object_mut).ok_or_else(unsupported)?;
    if root.get(key).is_none_or(Value::is_null) {
        let empty = Edit { mapping: Vec::new(), key: key.to_owned(), change: Change::Set(Node::List(Vec::new())) };
        let text = apply(text, document, &[empty])?;
        return set_items(&text, document, key, replaced, added);
    }
    let items = root.get_mut(key).and_then(Value::as_array_mut).ok_or_else(unsupported)?;
    let mark = || serde_json::json!({"mark": 0});
    for (item, _) in replaced {
        *items.get_mut(*item).ok_or_else(unsupported)? = mark();
    }
    items.extend(added.iter().map(|_| mark()));
    let tree = Tree::parse(text, documents).ok_or(EditError::Verification)?;
    let present = tree.mapping(document, &[])?.find(key).ok_or_else(unsupported)?;
    let sites = replaced.iter().map(|(item, _)| tree.mapping(document, &[Step::key(key), Step::Index(*item)]));
    let sites = sites.collect::<Result<Vec<_>, _>>()?;
    let made = |replaced: Vec<&str>, added: &[&str]| {
        let mut splices = Vec::new();
        for (site, text_of) in sites.iter().zip(replaced) {
            splices.push(replace(text, site, text_of)?);
        }
        if !added.is_empty() {
            splices.push(add(text, &present, added)?);
        }
        splice::apply(text, splices)
    };
    let judged = made(vec![MARK; replaced.len()], &vec![MARK; added.len()]).ok_or_else(unsupported)?;
    if document::parse(&judged)? != expected {
        return Err(EditError::Verification);
    }
    made(replaced.iter().map(|(_, text)| *text).collect(), added).ok_or(EditError::Verification)
}

fn replace(text: &str, item: &Site<'_>, with: &str) -> Option<Splice> {
    if item.is_flow() {
        return Some(Splice::replace(item.range(), with));
    }
    let entries = item.entries();
    let (start, end) = (entries.first()?.start, entries.last()?.end);
    let kept = text.get(start..end)?.trim_end().len();
    Some(Splice::replace(start..start + kept, with))
}

fn add(text: &str, list: &Present, added: &[&str]) -> Option<Splice> {
    let range = list.value_range()?;
    let written = text.get(range.clone())?.trim_end();
    if let Some(inner) = written.strip_prefix('[').and_then(|written| written.strip_suffix(']')) {
        let comma = if inner.trim().is_empty() { "" } else { ", " };
        let at = range.start + 1 + inner.trim_end().len();
        return Some(Splice::insert(at, format!("{comma}{}", added.join(", "))));
    }
    let dash = range.start + written.find('-')?;
    let indent = splice::indent_of(text, dash)?;
    let line_break = splice::line_break(text);
    let lines: Vec<_> = added.iter().map(|text| format!("{indent}- {text}")).collect();
    let lines = lines.join(line_break);
    Some(if text.get(..list.end)?.ends_with('\n') {
        Splice::insert(list.end, format!("{lines}{line_break}"))
    } else {
        Splice::insert(splice::line_end(text, list.end), format!("{line_break}{lines}"))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::block(
        "kind: L\nitems:\n- a: 1\n  b: |\n    x\n\n# two\n- a: 2 # c\n- {a: 3}\nz: 1\n",
        "kind: L\nitems:\n- {\"n\":1}\n\n# two\n- a: 2 # c\n- {\"n\":3}\n- {\"n\":4}\nz: 1\n"
    )]
    #[case::last_is_a_block_scalar(
        "items:\n  - a: 1\n  - b: 2\n  - c: |\n      x\nz: 1\n",
        "items:\n  - {\"n\":1}\n  - b: 2\n  - {\"n\":3}\n  - {\"n\":4}\nz: 1\n"
    )]
    #[case::flow("items: [{a: 1}, {a: 2}, {a: 3}]\n", "items: [{\"n\":1}, {a: 2}, {\"n\":3}, {\"n\":4}]\n")]
    #[case::without_final_line_break("items:\n- a: 1\n- a: 2\n- a: 3", "items:\n- {\"n\":1}\n- a: 2\n- {\"n\":3}\n- {\"n\":4}")]
    fn replaced_and_added(#[case] before: &str, #[case] after: &str) {
        let made = set_items(before, 0, "items", &[(0, "{\"n\":1}"), (2, "{\"n\":3}")], &["{\"n\":4}"]);
        assert_eq!(made.as_deref(), Ok(after));
    }

    #[rstest]
    #[case("kind: L\nitems: []\n", "kind: L\nitems: [{\"n\":4}]\n")]
    #[case("kind: L\n", "kind: L\nitems: [{\"n\":4}]\n")]
    fn added_to_none(#[case] before: &str, #[case] after: &str) {
        assert_eq!(set_items(before, 0, "items", &[], &["{\"n\":4}"]).as_deref(), Ok(after));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(set_items("items: {a: 1}\n", 0, "items", &[], &["{}"]).is_err());
        assert!(set_items("items: [{}]\n", 0, "items", &[(1, "{}")], &[]).is_err());
    }
}
