//! Paths in SOPS documents: `a.b[0]`, or sops' own `["a"]["b"][0]`.
//!
//! Must never: guess which of several documents is meant.

use sealbridge_manifest::edit;
use sealbridge_sops::{Opened, Step};

use crate::error::Error;
use crate::value_path;

const FORM: &str = "a place in a SOPS document is keys and positions, like db.users[0].password or [\"db\"][\"users\"][0]; a dot or bracket in a key is written with a \\ before it";

/// A path and the document that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SopsPath {
    pub(crate) document: usize,
    pub(crate) steps: Vec<Step>,
}

impl SopsPath {
    /// Finds the path's document: the only one, or the only one that has the path's first key.
    pub(crate) fn find(opened: &Opened, text: &str) -> Result<Self, Error> {
        let steps = parse(text)?;
        let has_first = |document: &usize| opened.leaves(*document).iter().any(|(path, _)| path.first() == steps.first());
        let having: Vec<usize> = (0..opened.documents()).filter(has_first).collect();
        let document = match (opened.documents(), having.as_slice()) {
            (1, _) => 0,
            (_, [only]) => *only,
            _ => {
                return Err(Error::Arguments(
                    "of several documents, none or several have the first key of the path; split the file, or name another path",
                ));
            }
        };
        Ok(Self { document, steps })
    }
}

/// The steps of a path.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, Error> {
    let steps = if text.starts_with('[') { bracketed(text) } else { value_path::parse(text).map(converted) };
    steps.ok_or(Error::Arguments(FORM))
}

/// Refuses what is no path, and what looks like a value.
pub(crate) fn ensure_path(text: &str) -> Result<(), Error> {
    if text.contains('=') {
        return Err(Error::ValueInArguments);
    }
    parse(text).map(drop)
}

fn converted(steps: Vec<edit::Step>) -> Vec<Step> {
    steps
        .into_iter()
        .map(|step| match step {
            edit::Step::Key(key) => Step::Key(key),
            edit::Step::Index(position) => Step::Index(position),
        })
        .collect()
}

/// `["a"]["b"][0]`: as sops takes it, the texts in brackets are JSON.
fn bracketed(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix('[') {
        let mut values = serde_json::Deserializer::from_str(inner).into_iter::<serde_json::Value>();
        let step = match values.next()?.ok()? {
            serde_json::Value::String(key) => Step::Key(key),
            serde_json::Value::Number(position) => Step::Index(usize::try_from(position.as_u64()?).ok()?),
            _ => return None,
        };
        steps.push(step);
        rest = inner.get(values.byte_offset()..)?.trim_start().strip_prefix(']')?;
    }
    (rest.is_empty() && matches!(steps.first(), Some(Step::Key(_)))).then_some(steps)
}

/// A path as [`parse`] reads it.
pub(crate) fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&value_path::key_text(key));
            }
            Step::Index(position) => text.push_str(&format!("[{position}]")),
        }
    }
    text
}

/// A path, with its document where there are several.
pub(crate) fn shown_in(documents: usize, document: usize, steps: &[Step]) -> String {
    let path = shown(steps);
    if documents > 1 { format!("document {}, {path}", document + 1) } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("a.b", "[\"a\"][\"b\"]")]
    #[case("a[0].b\\.c", "[\"a\"][0][\"b.c\"]")]
    #[case("a", "[\"a\"]")]
    fn both_ways_name_the_same_place(#[case] ours: &str, #[case] theirs: &str) {
        assert_eq!(parse(ours).expect("a path"), parse(theirs).expect("a path"));
        assert_eq!(shown(&parse(theirs).expect("a path")), ours);
    }

    #[rstest]
    fn refused(#[values("", "[0]", "[\"a\"", "[\"a\"]b", "[a]", "[true]", "[\"a\"][-1]", "a..b")] text: &str) {
        assert!(parse(text).is_err(), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[a\"\\[\\]0-9.\\\\]{0,16}") {
            drop(parse(&text));
        }

        #[test]
        fn keys_come_back(first in "\\PC{1,6}", second in "\\PC{1,6}", position in 0_usize..99) {
            let steps = vec![Step::Key(first), Step::Index(position), Step::Key(second)];
            let text = shown(&steps);
            if !text.starts_with('[') {
                prop_assert_eq!(parse(&text).expect("a path"), steps);
            }
        }
    }
}
