//! Where in a JSON document something stands: names and positions from its root, as `result.jsonPath` of a webhook has them.
//!
//! The language there has filters, wildcards and scripts too. What they find is no one thing, so that none of it is here.
//! Must never: carry a byte of a document in an error.

#[cfg(feature = "remote")]
use crate::json::{Json, Kind};

/// A longer path cannot be meant.
const LONGEST: usize = 1024;

/// A path to one place of a JSON document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

/// The text is no such path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no path of names and positions; write it as $.data.items[0]['a-b'], without filters, wildcards and slices")]
pub struct NoJsonPath;

impl JsonPath {
    /// Reads `$.a.b[0]['c']`; `$` is the whole document, and so is an empty text.
    ///
    /// # Errors
    /// [`NoJsonPath`] for everything else that the language has.
    pub fn parse(text: &str) -> Result<Self, NoJsonPath> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut rest = text.strip_prefix('$').filter(|_| text.len() <= LONGEST).ok_or(NoJsonPath)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('.') {
                Some(rest) => member(rest)?,
                None => in_brackets(rest.strip_prefix('[').ok_or(NoJsonPath)?)?,
            };
            steps.push(step);
            rest = after;
        }
        Ok(Self(steps))
    }

    /// What stands there.
    #[cfg(feature = "remote")]
    pub(crate) fn find<'d, 'a>(&self, document: &'d Json<'a>) -> Option<&'d Json<'a>> {
        self.0.iter().try_fold(document, |found, step| match (step, &found.kind) {
            (Step::Member(name), _) => found.last_member(name),
            (Step::Item(position), Kind::Array(items)) => items.get(*position),
            (Step::Item(_), _) => None,
        })
    }
}

/// A name as programs have them.
fn member(text: &str) -> Result<(Step, &str), NoJsonPath> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).ok_or(NoJsonPath)?;
    match name.chars().next() {
        Some(first) if !first.is_numeric() => Ok((Step::Member(name.to_owned()), rest)),
        _ => Err(NoJsonPath),
    }
}

/// A name in quotes, or a position.
fn in_brackets(text: &str) -> Result<(Step, &str), NoJsonPath> {
    for quote in ['"', '\''] {
        if let Some(text) = text.strip_prefix(quote) {
            let (name, rest) = text.split_once(quote).ok_or(NoJsonPath)?;
            let rest = rest.strip_prefix(']').ok_or(NoJsonPath)?;
            return if name.contains('\\') { Err(NoJsonPath) } else { Ok((Step::Member(name.to_owned()), rest)) };
        }
    }
    let (digits, rest) = text.split_once(']').ok_or(NoJsonPath)?;
    let is_position = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let position = digits.parse().ok().filter(|_| is_position).ok_or(NoJsonPath)?;
    Ok((Step::Item(position), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[cfg(feature = "remote")]
    #[rstest]
    #[case("", Some(r#"{"a":{"b":[1,{"c-d":2}]},"e":3,"e":4}"#))]
    #[case("$", Some(r#"{"a":{"b":[1,{"c-d":2}]},"e":3,"e":4}"#))]
    #[case("$.a.b[0]", Some("1"))]
    #[case("$.a.b[1]['c-d']", Some("2"))]
    #[case(r#"$["a"].b[1]["c-d"]"#, Some("2"))]
    #[case("$.e", Some("4"))]
    #[case("$.a.b[2]", None)]
    #[case("$.a[0]", None)]
    #[case("$.a.c", None)]
    #[case("$.a.b.c", None)]
    #[case("$.e.f", None)]
    fn places(#[case] path: &str, #[case] stands_there: Option<&str>) {
        let document = crate::json::parse(r#"{"a":{"b":[1,{"c-d":2}]},"e":3,"e":4}"#).unwrap_or_else(|_| panic!("JSON"));
        assert_eq!(JsonPath::parse(path).unwrap().find(&document).map(|found| found.raw), stands_there);
    }

    #[rstest]
    #[case("a")]
    #[case(".a")]
    #[case("@.a")]
    #[case("$a")]
    #[case("$.")]
    #[case("$..a")]
    #[case("$.*")]
    #[case("$[*]")]
    #[case("$.a-b")]
    #[case("$.0")]
    #[case("$[-1]")]
    #[case("$[+1]")]
    #[case("$[0:2]")]
    #[case("$[0,1]")]
    #[case("$[?(@.a == 1)]")]
    #[case("$[(1)]")]
    #[case("$[]")]
    #[case("$['a','b']")]
    #[case(r"$['a\'b']")]
    #[case("$['a'")]
    #[case("$[0")]
    #[case("$[99999999999999999999999]")]
    #[case("$.a ")]
    #[case(" $.a")]
    fn what_is_no_one_place(#[case] path: &str) {
        assert_eq!(JsonPath::parse(path), Err(NoJsonPath));
    }

    proptest! {
        #[test]
        fn every_text_is_read_or_refused(text in r#"\$?[.\[\]'"a0ü*@-]{0,12}"#) {
            drop(JsonPath::parse(&text));
        }
    }
}
