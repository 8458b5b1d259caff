//! dotenv: `KEY=value` lines and comments that begin in the first column, as sops reads them: no quotes, no
//! blanks trimmed, `\n` for a line break.
//!
//! Owns the lines. Must never read a backslash before anything else as an escape.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::error::SopsError;
use crate::limits::Budget;
use crate::scalar::Scalar;
use crate::tree::{Comment, Entry, Item, Leaf, Map, Node, Shape, Site, Tree};

pub(crate) fn read(text: &str) -> Result<Tree, SopsError> {
    let mut items = Vec::new();
    let mut budget = Budget::default();
    let mut seen = HashSet::new();
    let mut start = 0;
    for (number, line) in text.split('\n').enumerate() {
        let end = start + line.len();
        let site = |from: usize| Site { range: from..end, flow: false, indent: 0 };
        if let Some(comment) = line.strip_prefix('#') {
            budget.leaf()?;
            items.push(Item::Comment(Comment::new(comment, site(start + 1))));
        } else if !line.is_empty() {
            budget.leaf()?;
            let (key, value) =
                line.split_once('=').ok_or(SopsError::Syntax { line: number + 1, problem: "there is no = in it" })?;
            if !seen.insert(key) {
                return Err(SopsError::DuplicateKey { path: key.to_owned() });
            }
            let value = Zeroizing::new(value.replace("\\n", "\n"));
            let node = Node::Leaf(Leaf::new(Scalar::text(&value), site(start + key.len() + 1)));
            items.push(Item::Entry(Entry { key: key.to_owned(), range: start..end, node }));
        }
        start = end + 1;
    }
    let shape = Shape { range: 0..text.len(), flow: false, indent: 0 };
    Ok(Tree { documents: vec![Map { items, shape }] })
}

/// A value. All values are text here.
pub(crate) fn plain_text(scalar: &Scalar) -> Result<Zeroizing<String>, &'static str> {
    let text = scalar.as_str().ok_or("it is no UTF-8 text")?;
    if text.contains("\\n") {
        return Err("it has a backslash before an n, which dotenv reads as a line break");
    }
    Ok(Zeroizing::new(text.replace('\n', "\\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Option<String> {
        let tree = read(text).ok()?;
        match &tree.documents[0].find("K")?.node {
            Node::Leaf(leaf) => leaf.value.as_str().map(str::to_owned),
            _ => None,
        }
    }

    #[test]
    fn lines_are_taken_as_they_are() {
        assert_eq!(value("K= \"a\" =b\\nc\r\n").as_deref(), Some(" \"a\" =b\nc\r"));
        assert_eq!(value("#K=1\n\n K=2\nK=3").as_deref(), Some("3"));
        assert!(matches!(read("a\n"), Err(SopsError::Syntax { line: 1, .. })));
        assert!(matches!(read("a=1\na=2"), Err(SopsError::DuplicateKey { .. })));
    }

    proptest! {
        #[test]
        fn a_value_is_read_back_or_refused(text in any::<String>()) {
            if let Ok(written) = plain_text(&Scalar::text(&text)) {
                prop_assert_eq!(value(&format!("K={}\n", written.as_str())), Some(text));
            }
        }
    }
}
