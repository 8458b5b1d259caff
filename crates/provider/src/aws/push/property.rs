//! Which member of a JSON object a property of an entry means, so that a read of the property finds it again.

use crate::PushError;
use crate::json::Json;
use crate::push::invalid;

/// Deeper than anybody nests by hand, and far from what a reader refuses.
const DEEPEST: usize = 32;

/// The names on the way to the member: the property as it stands if there is such a member, as at a read, else its parts
/// between dots. A backslash takes the meaning of the character after it.
pub(super) fn names(property: &str, current: Option<&Json<'_>>) -> Result<Vec<String>, PushError> {
    if current.is_some_and(|json| json.last_member(property).is_some()) {
        return Ok(vec![property.to_owned()]);
    }
    let mut names = vec![String::new()];
    let mut chars = property.chars();
    while let Some(c) = chars.next() {
        let is_first = names.last().is_some_and(String::is_empty);
        let literal = match c {
            '.' => {
                names.push(String::new());
                continue;
            }
            '\\' => chars.next(),
            // A read takes these for something else than a name.
            '*' | '?' | '|' | '#' => None,
            '@' | '!' | '{' | '[' | '(' | ':' if is_first => None,
            c => Some(c),
        };
        let Some(literal) = literal else { return Err(no_path()) };
        if let Some(name) = names.last_mut() {
            name.push(literal);
        }
    }
    if names.len() > DEEPEST || names.iter().any(String::is_empty) { Err(no_path()) } else { Ok(names) }
}

fn no_path() -> PushError {
    invalid(
        "remoteRef.property",
        "it does not say under which name the value is to stand; write names parted by dots, and a backslash before characters \
         that mean something in a path",
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::json::parse;

    #[rstest]
    #[case("password", Some(&["password"][..]))]
    #[case("db.password", Some(&["db", "password"][..]))]
    #[case(r"db\.password", Some(&["db.password"][..]))]
    #[case("tls.key", Some(&["tls.key"][..]))]
    #[case("a@b.0", Some(&["a@b", "0"][..]))]
    #[case(r"\@this", Some(&["@this"][..]))]
    #[case("", None)]
    #[case("a..b", None)]
    #[case(".a", None)]
    #[case("a.", None)]
    #[case("a.#", None)]
    #[case("*", None)]
    #[case("@this", None)]
    #[case("a|b", None)]
    #[case("{a,b}", None)]
    #[case("a\\", None)]
    fn told(#[case] property: &str, #[case] wanted: Option<&[&str]>) {
        let current = parse(r#"{"tls.key":"x"}"#).ok().unwrap();
        let found = names(property, Some(&current)).ok();
        assert_eq!(found, wanted.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(names(&["a"; DEEPEST].join("."), None).is_ok());
        assert!(names(&["a"; DEEPEST + 1].join("."), None).is_err());
    }
}
