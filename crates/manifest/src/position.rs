//! Where each key and item stands in a text, for whoever points people at it.
//!
//! Owns: lines and columns. Must never: judge a text. One that cannot be read has no positions past its mistake.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, options};

use crate::edit::Step;

/// Deeper nesting is not followed.
const MAX_DEPTH: usize = 64;

/// A place in a text, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The places of all keys and items of a text.
#[derive(Debug, Default)]
pub struct Positions {
    /// Documents that are not empty.
    documents: Vec<(Spot, Node)>,
}

#[derive(Debug)]
enum Node {
    Map(Vec<(String, Spot, Node)>),
    List(Vec<(Spot, Node)>),
    Leaf,
}

impl Positions {
    /// Reads the places of a YAML or JSON text, as far as it can be read.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let options = options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
        let mut reader = Reader(Parser::new_from_str_with_options(text, options));
        let mut positions = Self::default();
        while let Some((event, _)) = reader.next() {
            if matches!(event, Event::DocumentStart(..)) {
                positions.documents.extend(reader.document());
            }
        }
        positions
    }

    /// The place of a path, or of the deepest part of it that stands in the text: what comes from an alias or a merge
    /// key stands elsewhere. Documents are counted from 0, without empty ones.
    #[must_use]
    pub fn find(&self, document: usize, path: &[Step]) -> Spot {
        let Some((start, root)) = self.documents.get(document) else { return Spot { line: 1, column: 1 } };
        let (mut spot, mut node) = (*start, root);
        for step in path {
            let next = match (step, node) {
                (Step::Key(key), Node::Map(entries)) => {
                    entries.iter().find(|(name, ..)| name == key).map(|(_, spot, node)| (spot, node))
                }
                (Step::Index(index), Node::List(items)) => items.get(*index).map(|(spot, node)| (spot, node)),
                _ => None,
            };
            let Some((found, below)) = next else { break };
            (spot, node) = (*found, below);
        }
        spot
    }
}

struct Reader<'a>(Parser<'a, StrInput<'a>>);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        loop {
            match self.0.next()?.ok()? {
                (Event::Comment(..), _) => {}
                other => return Some(other),
            }
        }
    }

    fn document(&mut self) -> Option<(Spot, Node)> {
        let (event, span) = self.next()?;
        let is_empty = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..)
            if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"));
        let found = (spot(&span), self.node(&event));
        (!is_empty).then_some(found)
    }

    /// The node that an event begins, as far as the text can be read.
    fn node(&mut self, event: &Event<'_>) -> Node {
        match event {
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                while let Some((key, span)) = self.next() {
                    let name = match &key {
                        Event::MappingEnd => break,
                        Event::Scalar(text, ..) => Some(text.to_string()),
                        _ => None,
                    };
                    self.node(&key);
                    let Some((value, _)) = self.next() else { break };
                    let node = self.node(&value);
                    entries.extend(name.map(|name| (name, spot(&span), node)));
                }
                Node::Map(entries)
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                while let Some((event, span)) = self.next() {
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    let node = self.node(&event);
                    items.push((spot(&span), node));
                }
                Node::List(items)
            }
            _ => Node::Leaf,
        }
    }
}

fn spot(span: &Span) -> Spot {
    Spot { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const TEXT: &str = "# first\n---\n---\nkind: A\nspec:\n  data:\n    ä: {x: 1, y: &y 2}\n    z: *y\n  list:\n  - a\n  - b: {c: d}\n---\n{\"kind\": \"B\",\n  \"spec\": {\"k\": 1}}\n";

    #[rstest]
    #[case(0, &[], (4, 1))]
    #[case(0, &["spec", "data"], (6, 3))]
    #[case(0, &["spec", "data", "ä", "y"], (7, 15))]
    #[case(0, &["spec", "data", "z"], (8, 5))]
    #[case(0, &["spec", "data", "z", "beyond"], (8, 5))]
    #[case(0, &["spec", "list", "#1"], (11, 5))]
    #[case(0, &["spec", "list", "#1", "b", "c"], (11, 9))]
    #[case(0, &["nowhere", "at", "all"], (4, 1))]
    #[case(1, &["spec", "k"], (14, 12))]
    #[case(7, &["spec"], (1, 1))]
    fn places(#[case] document: usize, #[case] path: &[&str], #[case] expected: (usize, usize)) {
        let steps: Vec<_> = path
            .iter()
            .map(|part| {
                part.strip_prefix('#').map_or_else(|| Step::key(part), |index| Step::Index(index.parse().expect("a number")))
            })
            .collect();
        let found = Positions::of(TEXT).find(document, &steps);
        assert_eq!((found.line, found.column), expected);
    }

    #[test]
    fn documents_are_counted_as_they_are_read() {
        let documents = crate::document::parse(TEXT).expect("YAML");
        assert_eq!(Positions::of(TEXT).documents.len(), documents.len());
    }

    #[test]
    fn a_broken_text_has_the_places_before_the_mistake() {
        let positions = Positions::of("a: 1\nb: [\n");
        assert_eq!(positions.find(0, &[Step::key("a")]), Spot { line: 1, column: 1 });
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[-a-c0-9:#&*!{}\\[\\]|>'\"\n ,.]{0,200}") {
            drop(Positions::of(&text));
        }
    }
}
