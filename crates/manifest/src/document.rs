//! Texts of one or several YAML or JSON documents, read within limits.
//!
//! Owns: which objects a text holds and where. Must never: quote the text in an error, since any of it can
//! be a value, or read without a bound on size, depth and aliases.

mod decode;
mod object;
mod ranges;
mod strict;

use serde_json::Value;
use serde_saphyr::Error as Reader;

pub use decode::{DecodeError, decode, shown_name};
pub use object::{Object, Place, objects};
pub use ranges::ranges;

/// The longest text that is read, in bytes.
pub const MAX_TEXT_LEN: usize = 8 * 1024 * 1024;
const MAX_DEPTH: usize = 48;
/// What the longest text of a chart holds, with room to spare: CRDs have a node in about 25 bytes.
const MAX_NODES: usize = 400_000;
const MAX_ALIASES: usize = 1_000;
const MAX_REPLAYED_EVENTS: usize = 100_000;

/// Why a text could not be read. Carries positions and classes, never the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is longer than [`MAX_TEXT_LEN`].
    #[error("is larger than 8 MiB; split it into smaller files")]
    TooLarge,
    /// The text is not YAML.
    #[error("is not valid YAML at line {line}, column {column}; correct it there")]
    Syntax {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
    },
    /// A mapping has the same key twice.
    #[error("has the same key twice in one mapping, again at line {line}; remove one of them")]
    DuplicateKey {
        /// The line of the second one, from 1.
        line: u64,
    },
    /// The text unfolds to more than any manifest needs: nesting, nodes or aliases.
    #[error("is nested deeper, or unfolds through aliases to more, than any manifest needs; write it out plainly")]
    Budget,
}

/// Reads all documents of a YAML or JSON text, leaving out empty ones. Aliases and merge keys are resolved.
///
/// # Errors
/// [`DocumentError`] for a text that cannot be read within the limits.
pub fn parse(text: &str) -> Result<Vec<Value>, DocumentError> {
    if text.len() > MAX_TEXT_LEN {
        return Err(DocumentError::TooLarge);
    }
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| classify(&error))
}

/// Reads a text that is one document as what it stands for, within the same limits.
///
/// # Errors
/// [`DocumentError`] for a text that cannot be read so.
pub fn decode_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DocumentError> {
    if text.len() > MAX_TEXT_LEN {
        return Err(DocumentError::TooLarge);
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| classify(&error))
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        emit_comments: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED_EVENTS },
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            // A chart can have thousands; the nodes are what costs.
            max_documents: MAX_NODES,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
        },
    }
}

fn classify(error: &Reader) -> DocumentError {
    let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    match error {
        Reader::DuplicateMappingKey { .. } => DocumentError::DuplicateKey { line },
        Reader::Budget { .. }
        | Reader::AliasReplayLimitExceeded { .. }
        | Reader::AliasExpansionLimitExceeded { .. }
        | Reader::AliasReplayStackDepthExceeded { .. }
        | Reader::AliasReplayCounterOverflow { .. } => DocumentError::Budget,
        Reader::AliasError { error, .. } => classify(error),
        _ => DocumentError::Syntax { line, column },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn billion_laughs() -> String {
        let mut text = String::from("l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for level in 1..12 {
            let previous = format!("*l{}, ", level - 1).repeat(10);
            text.push_str(&format!("l{level}: &l{level} [{previous}]\n"));
        }
        text
    }

    #[test]
    fn a_billion_laughs_are_told_as_what_they_are() {
        assert_eq!(parse(&billion_laughs()), Err(DocumentError::Budget));
    }

    #[rstest]
    #[case::deep_flow("[".repeat(5_000))]
    #[case::deep_block((0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect())]
    #[case::wide(format!("a: [{}]", "1,".repeat(500_000)))]
    fn bombs_end_in_an_error(#[case] text: String) {
        assert!(matches!(parse(&text), Err(DocumentError::Budget | DocumentError::Syntax { .. })));
    }

    #[test]
    fn a_large_chart_is_no_bomb() {
        assert_eq!(parse(&"---\nkind: X\n".repeat(5_000)).expect("YAML").len(), 5_000);
    }

    #[test]
    fn a_text_past_the_limit_is_refused_unread() {
        assert_eq!(parse(&" ".repeat(MAX_TEXT_LEN + 1)), Err(DocumentError::TooLarge));
    }

    #[rstest]
    #[case("a: hunter2\na: hunter3\n", "has the same key twice in one mapping, again at line 2; remove one of them")]
    #[case("a: 'hunter2\n", "is not valid YAML at line")]
    #[case("a: {{ hunter2 }}\n", "is not valid YAML at line 1")]
    fn errors_hold_a_place_and_no_text(#[case] text: &str, #[case] begins: &str) {
        let message = parse(text).expect_err("refused").to_string();
        assert!(message.starts_with(begins), "{message}");
        assert!(!message.contains("hunter"), "{message}");
    }

    #[test]
    fn empty_documents_do_not_count() {
        let documents = parse("---\n# nothing\n---\na: 1\n---\n---\n{\"b\": 2}\n").expect("documents");
        assert_eq!(documents, [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})]);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[-a-z0-9:#&*!{}\\[\\]|>'\"\n ,.]{0,200}") {
            drop(parse(&text));
        }
    }
}
