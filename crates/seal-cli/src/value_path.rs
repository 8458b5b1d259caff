//! Where a sealed text stands in a file that is no manifest of ours, such as Helm values: `app.keys[0].stripe`.
//!
//! Must never: repeat a path that a value could have been put in place of.

use sealbridge_manifest::edit::{Change, Edit, Node, Step};
use serde_json::Value;

use crate::error::Error;
use crate::manifest_file::ManifestFile;

/// A path and the document that it is in.
#[derive(Debug)]
pub(crate) struct ValuePath {
    document: usize,
    steps: Vec<Step>,
}

impl ValuePath {
    /// Finds the path's document: the only one, or the only one that has the path's first key.
    pub(crate) fn find(file: &ManifestFile, text: &str) -> Result<Self, Error> {
        let steps = parse(text).ok_or(Error::Arguments(
            "--path takes keys and positions, like app.keys[0].stripe; a dot or bracket in a key is written with a \\ before it",
        ))?;
        let documents = file.documents();
        let has_first = |value: &&Value| steps.first().is_some_and(|first| step(value, first).is_some());
        let document = match documents {
            [_] => Some(0),
            many if many.iter().filter(has_first).count() == 1 => many.iter().position(|value| has_first(&value)),
            _ => None,
        };
        let document = document.ok_or(Error::Arguments(
            "of several documents, none or several have the first key of --path; split the file, or name another path",
        ))?;
        Ok(Self { document, steps })
    }

    /// What stands there.
    pub(crate) fn value<'a>(&self, file: &'a ManifestFile) -> Option<&'a Value> {
        self.steps.iter().try_fold(file.documents().get(self.document)?, step)
    }

    /// The edit that puts a text there; mappings on the way are made.
    pub(crate) fn set(&self, file: &ManifestFile, text: String) -> Option<(usize, Edit)> {
        let (mut mapping, mut key) = self.split()?;
        let mut node = Node::Text(text);
        let root = file.documents().get(self.document)?;
        while !mapping.is_empty() && mapping.iter().try_fold(root, step).is_none() {
            let Some(Step::Key(above)) = mapping.pop() else { return None };
            node = Node::Block(vec![(key, node)]);
            key = above;
        }
        Some((self.document, Edit { mapping, key, change: Change::Set(node) }))
    }

    /// The edit that takes away what stands there.
    pub(crate) fn remove(&self) -> Option<(usize, Edit)> {
        let (mapping, key) = self.split()?;
        Some((self.document, Edit { mapping, key, change: Change::Remove }))
    }

    fn split(&self) -> Option<(Vec<Step>, String)> {
        match self.steps.split_last()? {
            (Step::Key(key), mapping) => Some((mapping.to_vec(), key.clone())),
            (Step::Index(_), _) => None,
        }
    }
}

fn step<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Key(key) => value.get(key),
        Step::Index(position) => value.get(position),
    }
}

/// A key as a path has it.
pub(crate) fn key_text(key: &str) -> String {
    key.chars().flat_map(|c| matches!(c, '.' | '[' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// Shows each text of a document with its path, as [`parse`] reads it.
pub(crate) fn each_text<'a>(document: &'a Value, show: &mut impl FnMut(&str, &'a str)) {
    texts_below(document, &mut String::new(), show);
}

fn texts_below<'a>(value: &'a Value, path: &mut String, show: &mut impl FnMut(&str, &'a str)) {
    let above = path.len();
    match value {
        Value::String(text) => show(path, text),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                path.push_str(&format!("[{position}]"));
                texts_below(item, path, show);
                path.truncate(above);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                if above > 0 {
                    path.push('.');
                }
                path.push_str(&key_text(key));
                texts_below(field, path, show);
                path.truncate(above);
            }
        }
        _ => {}
    }
}

/// The steps of a path, `a.b[0]`.
pub(crate) fn parse(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut rest = text.chars();
    // After a position there is no key to be ended.
    let mut after_position = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => key.push(rest.next()?),
            '.' | '[' => {
                if !key.is_empty() {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                } else if !after_position {
                    return None;
                }
                after_position = false;
                if c == '[' {
                    let (digits, behind) = rest.as_str().split_once(']')?;
                    steps.push(Step::Index(digits.parse().ok()?));
                    rest = behind.chars();
                    after_position = true;
                }
            }
            _ if after_position => return None,
            c => key.push(c),
        }
    }
    match (key.is_empty(), after_position) {
        (false, _) => steps.push(Step::Key(key)),
        (true, true) => {}
        (true, false) => return None,
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn shown(steps: &[Step]) -> Vec<String> {
        steps
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.clone(),
                Step::Index(position) => format!("#{position}"),
            })
            .collect()
    }

    #[rstest]
    #[case("a", &["a"])]
    #[case("a.b.c", &["a", "b", "c"])]
    #[case("a[0].b", &["a", "#0", "b"])]
    #[case("a[0][12]", &["a", "#0", "#12"])]
    #[case("tls\\.key.x", &["tls.key", "x"])]
    fn paths(#[case] text: &str, #[case] steps: &[&str]) {
        assert_eq!(shown(&parse(text).expect("a path")), steps);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[a.\\[\\]0-9\\\\]{0,12}") {
            drop(parse(&text));
        }

        #[test]
        fn keys_come_back(first in "\\PC{1,6}", second in "\\PC{1,6}", position in 0_usize..99) {
            let text = format!("{}[{position}].{}", key_text(&first), key_text(&second));
            prop_assert_eq!(shown(&parse(&text).expect("a path")), [first, format!("#{position}"), second]);
        }
    }

    #[test]
    fn every_text_comes_with_the_path_that_leads_to_it() {
        let document = serde_json::json!({"a.b": ["x", {"c": "y", "d": 1}], "e": {"f[0]": "z"}});
        let mut found = Vec::new();
        each_text(&document, &mut |path, text| found.push(format!("{path} {text}")));
        assert_eq!(found, ["a\\.b[0] x", "a\\.b[1].c y", "e.f\\[0] z"]);
    }

    #[rstest]
    fn refused(#[values("", ".", "a.", ".a", "a..b", "a[x]", "a[0", "a[0]b", "[0]", "a\\")] text: &str) {
        assert!(parse(text).is_none(), "{text}");
    }
}
