//! Which names and tags a search finds, and how much it may bring: the same for every provider.
//!
//! Must never: name a key or a tag in an error, or hand out a part of what was found as all of it.

use std::collections::BTreeMap;

use sealbridge_api::expression::Expression;

use crate::{Absence, Payload, ReadError, Search};

/// Keys, and folders of keys, that one search may list.
#[cfg(feature = "remote")]
pub(crate) const MOST_LISTED: usize = 10_000;
/// Keys that one search may find.
pub(crate) const MOST_FOUND: usize = 1000;
/// Bytes that what one search found may hold in memory.
const MOST_HELD: usize = 8 << 20;

const BAD_EXPRESSION: ReadError = ReadError::InvalidKey(
    "the search's regexp cannot be used: it is not in RE2 syntax, quotes by \\Q or octal digits, or is too large; write it in another way",
);
/// The store holds more names than a search looks through.
#[cfg(feature = "remote")]
pub(crate) const LISTS_TOO_MUCH: ReadError =
    ReadError::InvalidKey("the search has to look through more than 10000 names; give it a path, or one that is further down");
const FINDS_TOO_MUCH: ReadError = ReadError::InvalidKey("the search finds more than 1000 keys; narrow it by path, name or tags");
const HOLDS_TOO_MUCH: ReadError =
    ReadError::InvalidKey("what the search finds is larger than 8 MiB; narrow it by path, name or tags");

/// A search, ready to be held against names and tags.
pub(crate) struct Finder {
    name: Option<Expression>,
    tags: BTreeMap<String, String>,
}

impl Finder {
    /// Compiles what is asked for.
    ///
    /// # Errors
    /// [`ReadError::InvalidKey`] for an expression that cannot be used.
    pub(crate) fn new(search: &Search) -> Result<Self, ReadError> {
        let name = search.name.as_deref().map(Expression::parse).transpose().map_err(|_| BAD_EXPRESSION)?;
        Ok(Self { name, tags: search.tags.clone() })
    }

    /// Whether a full name is one that is asked for.
    pub(crate) fn wants_name(&self, name: &str) -> bool {
        self.name.as_ref().is_none_or(|expression| expression.is_found_in(name))
    }

    /// Whether tags are asked for.
    pub(crate) fn asks_for_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Whether all tags that are asked for are among `tags`, each with its own value.
    #[cfg(feature = "remote")]
    pub(crate) fn wants_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags.iter().all(|(name, value)| tags.get(name) == Some(value))
    }

    /// The tags that are asked for.
    #[cfg(feature = "remote")]
    pub(crate) fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// Refuses more names than a search may find, before any of them is read.
pub(crate) fn ensure_few(names: usize) -> Result<(), ReadError> {
    if names > MOST_FOUND { Err(FINDS_TOO_MUCH) } else { Ok(()) }
}

/// What a search has found so far.
#[derive(Default)]
pub(crate) struct Found {
    payloads: Vec<(String, Payload)>,
    held: usize,
}

impl Found {
    /// Adds what was read at the key of a full name.
    ///
    /// # Errors
    /// [`ReadError::InvalidKey`] once it is more than a search may bring.
    pub(crate) fn add(&mut self, name: String, payload: Payload) -> Result<(), ReadError> {
        self.held += name.len() + payload.held_bytes();
        self.payloads.push((name, payload));
        ensure_few(self.payloads.len())?;
        if self.held > MOST_HELD { Err(HOLDS_TOO_MUCH) } else { Ok(()) }
    }

    /// The whole of it, once the search is over.
    ///
    /// # Errors
    /// [`Absence::NotFound`] if it is nothing.
    pub(crate) fn whole(self) -> Result<Payload, ReadError> {
        if self.payloads.is_empty() { Err(ReadError::Absent(Absence::NotFound)) } else { Ok(Payload::found(self.payloads)) }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_secret::SecretBytes;

    use super::*;
    use crate::Selection;

    fn search(name: Option<&str>, tags: &[(&str, &str)]) -> Search {
        let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Search { name: name.map(str::to_owned), tags }
    }

    #[rstest]
    #[case(None, "anything", true)]
    #[case(Some("b/"), "a/b/c", true)]
    #[case(Some("^b"), "a/b/c", false)]
    #[case(Some("^a/.*/c$"), "a/b/c", true)]
    #[case(Some("(?i)SHOP"), "shop/db", true)]
    #[case(Some(""), "shop", true)]
    #[case(Some(r"\d{2,}"), "v12", true)]
    #[case(Some(r"\d{2,}"), "v1", false)]
    fn names(#[case] expression: Option<&str>, #[case] name: &str, #[case] wanted: bool) {
        assert_eq!(Finder::new(&search(expression, &[])).ok().unwrap().wants_name(name), wanted);
    }

    #[rstest]
    #[case("canary(")]
    #[case("(?=canary)")]
    #[case(r"(canary)\1")]
    #[case(r"\Qcanary\E")]
    #[case("(canary{1000}){1000}")]
    fn expressions_that_cannot_be_used(#[case] expression: &str) {
        let error = Finder::new(&search(Some(expression), &[])).err().unwrap();
        assert_eq!(error, BAD_EXPRESSION);
        assert!(!error.to_string().contains("canary"));
    }

    #[cfg(feature = "remote")]
    #[rstest]
    #[case(&[], true)]
    #[case(&[("a", "1")], true)]
    #[case(&[("a", "1"), ("b", "2")], true)]
    #[case(&[("a", "2"), ("b", "1")], false)]
    #[case(&[("a", "1"), ("c", "")], false)]
    #[case(&[("A", "1")], false)]
    #[case(&[("a", "")], false)]
    fn tags(#[case] asked: &[(&str, &str)], #[case] wanted: bool) {
        let has = search(None, &[("a", "1"), ("b", "2"), ("more", "3")]).tags;
        assert_eq!(Finder::new(&search(None, asked)).ok().unwrap().wants_tags(&has), wanted);
    }

    fn payload(length: usize) -> Payload {
        Payload::new(SecretBytes::new(vec![b'x'; length]), Selection::FakeGjson, None)
    }

    #[test]
    fn nothing_found_is_an_absence() {
        assert_eq!(Found::default().whole().unwrap_err(), ReadError::Absent(Absence::NotFound));
    }

    #[test]
    fn neither_too_many_keys_nor_too_many_bytes_are_a_result() {
        let mut found = Found::default();
        for index in 0..MOST_FOUND {
            found.add(index.to_string(), payload(1)).unwrap();
        }
        assert_eq!(found.add("more".to_owned(), payload(1)).unwrap_err(), FINDS_TOO_MUCH);
        let mut found = Found::default();
        found.add("a".to_owned(), payload(MOST_HELD - 1)).unwrap();
        assert_eq!(found.add("b".to_owned(), payload(0)).unwrap_err(), HOLDS_TOO_MUCH);
    }
}
