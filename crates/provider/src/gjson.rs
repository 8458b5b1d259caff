//! The path language of gjson, in which External Secrets Operator users name a property inside a JSON value.
//!
//! Built: names, `\` escapes, `*` and `?`, indexes, `#`, `#.rest`, `#(query)`, `#(query)#`, `|`, and the modifiers
//! `@this @valid @ugly @reverse @keys @values @tostr @fromstr`. Multipaths, literals and the other modifiers are
//! refused by name. Must never: answer such a path with something else than gjson would.
//!
//! The syntax is described in <https://github.com/tidwall/gjson/blob/master/SYNTAX.md>.

mod evaluate;
mod modifier;
mod path;
mod query;
mod wildcard;

use zeroize::Zeroizing;

use crate::json::{Json, Kind, parse};

/// A part of the path language that is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported;

/// The text that gjson prints for the value at `path`, or nothing if there is no such value.
///
/// A string is unquoted, null is empty, an array or object is its raw text, a number that is not a plain
/// integer is formatted as a float.
pub(crate) fn get(json: &Json<'_>, path: &str) -> Result<Option<Zeroizing<String>>, Unsupported> {
    let steps = path::parse(path)?;
    let Some(found) = evaluate::evaluate(json, &steps) else { return Ok(None) };
    Ok(match found {
        evaluate::Found::Borrowed(value) => Some(printed(value)),
        evaluate::Found::Built(text) => parse(&text).ok().map(|value| printed(&value)),
    })
}

/// gjson's text of a value, which is also that of Go for a member of decoded JSON, but for arrays and objects.
pub(crate) fn printed(value: &Json<'_>) -> Zeroizing<String> {
    match &value.kind {
        Kind::Null => Zeroizing::new(String::new()),
        Kind::String(text) => text.decoded(),
        Kind::Number => Zeroizing::new(number(value.raw)),
        Kind::Bool(_) | Kind::Array(_) | Kind::Object(_) => Zeroizing::new(value.raw.to_owned()),
    }
}

/// Digits with at most a minus stay as they are; anything else becomes the shortest decimal of its double.
fn number(raw: &str) -> String {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return raw.to_owned();
    }
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() => value.to_string(),
        _ => raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const DOCUMENT: &str = r#"{
      "name": {"first": "Tom", "last": "Anderson"},
      "age": 37,
      "children": ["Sara", "Alex", "Jack"],
      "fav.movie": "Deer Hunter",
      "we*ird": "star",
      "friends": [
        {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
        {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
        {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
      ],
      "price": 1.10, "big": 1e21, "small": 1e-7, "minus": -12, "huge": 12345678901234567890,
      "nothing": null, "yes": true, "text": "{\"inner\":{\"a\":1}}", "tab": "a\tb"
    }"#;

    fn at(path: &str) -> Option<String> {
        let json = parse(DOCUMENT).ok().unwrap();
        get(&json, path).unwrap().map(|text| text.to_string())
    }

    #[rstest]
    #[case("name.last", "Anderson")]
    #[case("name.first|@this", "Tom")]
    #[case("age", "37")]
    #[case("children", r#"["Sara", "Alex", "Jack"]"#)]
    #[case("children.#", "3")]
    #[case("children|#", "3")]
    #[case("children.1", "Alex")]
    #[case("child*.2", "Jack")]
    #[case("c?ildren.0", "Sara")]
    #[case(r"fav\.movie", "Deer Hunter")]
    #[case(r"we\*ird", "star")]
    #[case("friends.#.first", r#"["Dale","Roger","Jane"]"#)]
    #[case("friends.#.first|0", "Dale")]
    #[case("friends.#.nets.#", "[3,2,2]")]
    #[case("friends.1.last", "Craig")]
    #[case(r#"friends.#(last=="Murphy").first"#, "Dale")]
    #[case(r#"friends.#(last="Murphy")#.first"#, r#"["Dale","Jane"]"#)]
    #[case("friends.#(last=Murphy)#.first", r#"["Dale","Jane"]"#)]
    #[case("friends.#(age>45)#.last", r#"["Craig","Murphy"]"#)]
    #[case("friends.#(age>=68).first", "Roger")]
    #[case(r#"friends.#(first%"D*").last"#, "Murphy")]
    #[case(r#"friends.#(first!%"D*").last"#, "Craig")]
    #[case(r#"friends.#(nets.#(=="fb"))#.first"#, r#"["Dale","Roger"]"#)]
    #[case(r#"friends.#(last="Murphy")#|0.first"#, "Dale")]
    #[case(r#"friends.#(last="Murphy")#|#"#, "2")]
    #[case(r#"friends.#(last="Murphy")#.0"#, "[]")]
    #[case(r#"friends.#(last="Nobody")#"#, "[]")]
    #[case(r#"children.#(%"A*")"#, "Alex")]
    #[case("children|@reverse", r#"["Jack","Alex","Sara"]"#)]
    #[case("children.@reverse.0", "Jack")]
    #[case("name.@keys", r#"["first","last"]"#)]
    #[case("name|@values|1", "Anderson")]
    #[case("name.@ugly", r#"{"first":"Tom","last":"Anderson"}"#)]
    #[case("text.@fromstr.inner.a", "1")]
    #[case("name.@tostr", r#"{"first": "Tom", "last": "Anderson"}"#)]
    #[case("price", "1.1")]
    #[case("big", "1000000000000000000000")]
    #[case("small", "0.0000001")]
    #[case("minus", "-12")]
    #[case("huge", "12345678901234567890")]
    #[case("nothing", "")]
    #[case("yes", "true")]
    #[case("tab", "a\tb")]
    fn as_gjson_prints_it(#[case] path: &str, #[case] wanted: &str) {
        assert_eq!(at(path).as_deref(), Some(wanted));
    }

    #[rstest]
    #[case("absent")]
    #[case("name.absent")]
    #[case("age.first")]
    #[case("children.3")]
    #[case("children.-1")]
    #[case("children.x")]
    #[case(r#"friends.#(last="Murphy")#|first"#)]
    #[case("friends.#(last=Nobody)")]
    #[case("friends.#(")]
    #[case("@absent")]
    fn not_there(#[case] path: &str) {
        assert_eq!(at(path), None);
    }

    #[rstest]
    #[case("{name.first,age}")]
    #[case("[age]")]
    #[case("name.{first}")]
    #[case("!\"literal\"")]
    #[case("children.@flatten")]
    #[case("children|@pretty:{\"indent\":\"\"}")]
    #[case("..#")]
    fn refused_by_name(#[case] path: &str) {
        let json = parse(DOCUMENT).ok().unwrap();
        assert_eq!(get(&json, path).err(), Some(Unsupported));
    }

    proptest! {
        #[test]
        fn any_path_is_answered(path in r#"[a-c.|#()@\\*?="%!<>~0-9 é]{0,24}"#) {
            let json = parse(DOCUMENT).ok().unwrap();
            drop(get(&json, &path));
        }

        #[test]
        fn agrees_with_the_gjson_crate(path in r"(name|friends|children|fr\*|age|first|nets|0|1|#)([.|](name|first|last|nets|0|1|2|#|l\*t)){0,3}") {
            let json = parse(DOCUMENT).ok().unwrap();
            let theirs = gjson::get(DOCUMENT, &path);
            let ours = get(&json, &path).unwrap();
            prop_assert_eq!(ours.is_some(), theirs.exists(), "{}", path);
            if let Some(ours) = ours {
                prop_assert_eq!(ours.as_str(), theirs.str(), "{}", path);
            }
        }
    }
}
