//! One member deep in a document: looked up, set and taken out by the names on the way to it.
//!
//! Must never: go through a list, or make an object of what is none.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Json, Kind, object, parse};

/// What stands on the way is there and no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoObject;

/// What is left of a document.
pub(crate) enum Left {
    /// All of it: there was no such member.
    Everything,
    /// An object without members, which is as good as none.
    Nothing,
    /// This document.
    Document(Zeroizing<String>),
}

fn members<'j, 't>(json: &'j Json<'t>) -> Option<BTreeMap<String, &'j Json<'t>>> {
    match &json.kind {
        Kind::Null => Some(BTreeMap::new()),
        Kind::Object(members) => Some(members.iter().map(|(name, value)| (name.public().into_owned(), value)).collect()),
        _ => None,
    }
}

/// What stands there.
pub(crate) fn at<'j, 't>(document: &'j Json<'t>, path: &[String]) -> Option<&'j Json<'t>> {
    path.iter().try_fold(document, |json, name| json.last_member(name))
}

/// The document with `value`, which is JSON, there, and the objects on the way to it.
pub(crate) fn set(document: Option<&Json<'_>>, path: &[String], value: &str) -> Result<Zeroizing<String>, NoObject> {
    let Some((name, rest)) = path.split_first() else { return Ok(Zeroizing::new(value.to_owned())) };
    let mut members = document.map_or(Some(BTreeMap::new()), members).ok_or(NoObject)?;
    let inner = set(members.get(name).copied(), rest, value)?;
    let inner = parse(&inner).map_err(|_| NoObject)?;
    members.insert(name.clone(), &inner);
    Ok(object(&members))
}

/// The document without what stands there, and without the objects on the way to it that have no member then.
pub(crate) fn cut(document: &Json<'_>, path: &[String]) -> Left {
    let (Some((name, rest)), Kind::Object(_)) = (path.split_first(), &document.kind) else { return Left::Everything };
    let mut members = members(document).unwrap_or_default();
    let Some(member) = members.remove(name) else { return Left::Everything };
    let inner = if rest.is_empty() { Left::Nothing } else { cut(member, rest) };
    match inner {
        Left::Everything => Left::Everything,
        Left::Nothing if members.is_empty() => Left::Nothing,
        Left::Nothing => Left::Document(object(&members)),
        Left::Document(text) => match parse(&text) {
            Ok(inner) => {
                members.insert(name.clone(), &inner);
                Left::Document(object(&members))
            }
            Err(_) => Left::Everything,
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn path(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[rstest]
    #[case(None, "a", Ok(r#"{"a":"v"}"#))]
    #[case(None, "a/b/c", Ok(r#"{"a":{"b":{"c":"v"}}}"#))]
    #[case(Some(r#"{"n":1.50,"a":{"x":[1, 2]}}"#), "a/b", Ok(r#"{"a":{"b":"v","x":[1, 2]},"n":1.50}"#))]
    #[case(Some(r#"{"a":null}"#), "a/b", Ok(r#"{"a":{"b":"v"}}"#))]
    #[case(Some(r#"{"a":{"b":1}}"#), "a", Ok(r#"{"a":"v"}"#))]
    #[case(Some(r#"{"a":[1]}"#), "a/0", Err(NoObject))]
    #[case(Some(r#"{"a":"x"}"#), "a/b", Err(NoObject))]
    #[case(Some("[]"), "a", Err(NoObject))]
    fn set_there(#[case] document: Option<&str>, #[case] at: &str, #[case] wanted: Result<&str, NoObject>) {
        let parsed = document.map(|text| parse(text).ok().unwrap());
        let found = set(parsed.as_ref(), &path(at), r#""v""#);
        assert_eq!(found.as_ref().map(|text| text.as_str()), wanted.as_ref().map(|text| &**text));
        if let Ok(text) = found {
            assert_eq!(super::at(&parse(&text).ok().unwrap(), &path(at)).unwrap().raw, r#""v""#);
        }
    }

    #[rstest]
    #[case(r#"{"a":1,"b":2}"#, "a", r#"{"b":2}"#)]
    #[case(r#"{"a":1}"#, "a", "nothing")]
    #[case(r#"{"a":{"b":{"c":1}}}"#, "a/b/c", "nothing")]
    #[case(r#"{"a":{"b":{"c":1},"x":1.50}}"#, "a/b/c", r#"{"a":{"x":1.50}}"#)]
    #[case(r#"{"a":1}"#, "b", "everything")]
    #[case(r#"{"a":1}"#, "a/b", "everything")]
    #[case("[1]", "a", "everything")]
    fn cut_out(#[case] document: &str, #[case] at: &str, #[case] left: &str) {
        let found = match cut(&parse(document).ok().unwrap(), &path(at)) {
            Left::Everything => "everything".to_owned(),
            Left::Nothing => "nothing".to_owned(),
            Left::Document(text) => text.to_string(),
        };
        assert_eq!(found, left);
    }
}
