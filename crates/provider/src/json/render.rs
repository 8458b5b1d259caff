//! Writes values as External Secrets Operator would: Go's compact JSON, and Go's text for single values.
//!
//! Must never: change a number's digits, unless the rule of the caller is to print it as a float.

#[cfg(feature = "remote")]
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Html, Json, Kind, Text, write_escaped};

/// Compact JSON with sorted names, HTML characters escaped and numbers as they stand.
pub(crate) fn canonical(json: &Json<'_>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(longest(json.raw)));
    write(&mut out, json, Style { html: Html::Escaped, numbers: Numbers::AsTheyStand });
    out
}

/// What Go writes of JSON that it has read: [`canonical`], but numbers that are not whole are doubles printed anew.
pub(crate) fn reencoded(json: &Json<'_>, html: Html) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(longest(json.raw) + longer_numbers(json.raw)));
    write(&mut out, json, Style { html, numbers: Numbers::Anew });
    out
}

/// How values are written.
#[derive(Clone, Copy)]
struct Style {
    html: Html,
    numbers: Numbers,
}

/// How numbers are.
#[derive(Clone, Copy)]
enum Numbers {
    AsTheyStand,
    Anew,
}

/// An upper bound of the canonical text's length, so that its buffer never moves and leaves no copy behind:
/// only these characters take more room when written again.
fn longest(raw: &str) -> usize {
    let growing = raw.chars().filter(|c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')).count();
    raw.len() + 5 * growing
}

/// An upper bound of what numbers grow by when they are printed anew: `1e20` has twenty zeros then.
fn longer_numbers(raw: &str) -> usize {
    24 * raw.bytes().filter(|byte| matches!(byte, b'.' | b'e' | b'E')).count()
}

/// The double nearest to a number that is not whole, as encoding/json writes it.
fn write_number(out: &mut String, raw: &str) {
    let is_whole = raw.strip_prefix('-').unwrap_or(raw).bytes().all(|byte| byte.is_ascii_digit());
    let double = raw.parse::<f64>().ok().filter(|double| !is_whole && double.is_finite());
    let Some(double) = double else { return out.push_str(raw) };
    let size = double.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return out.push_str(&Zeroizing::new(double.to_string()));
    }
    let printed = Zeroizing::new(format!("{double:e}"));
    match printed.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => {
            out.push_str(digits);
            out.push_str("e+");
            out.push_str(exponent);
        }
        _ => out.push_str(&printed),
    }
}

fn write(out: &mut String, json: &Json<'_>, style: Style) {
    match &json.kind {
        Kind::Number if matches!(style.numbers, Numbers::Anew) => write_number(out, json.raw),
        Kind::Null | Kind::Bool(_) | Kind::Number => out.push_str(json.raw),
        Kind::String(text) => write_escaped(out, &text.decoded(), style.html),
        Kind::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, element, style);
            }
            out.push(']');
        }
        Kind::Object(members) => {
            out.push('{');
            for (index, (name, value)) in sorted(members).iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_escaped(out, name, style.html);
                out.push(':');
                write(out, value, style);
            }
            out.push('}');
        }
    }
}

/// Members by name; of two with the same name the last one stands.
fn sorted<'j, 't>(members: &'j [(Text<'t>, Json<'t>)]) -> Vec<(Zeroizing<String>, &'j Json<'t>)> {
    let mut sorted: Vec<_> = members.iter().rev().map(|(name, value)| (name.decoded(), value)).collect();
    sorted.sort_by(|(one, _), (other, _)| one.as_str().cmp(other));
    sorted.dedup_by(|(later, _), (kept, _)| *later == *kept);
    sorted
}

/// The document without blanks between its tokens, otherwise unchanged.
pub(crate) fn compact(json: &Json<'_>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(json.raw.len()));
    let mut in_string = false;
    let mut escaped = false;
    for c in json.raw.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

/// One value as bytes: a string as it is, null as nothing, a number as its text, the rest as canonical JSON.
pub(crate) fn go_value(json: &Json<'_>) -> Zeroizing<String> {
    match &json.kind {
        Kind::Null => Zeroizing::new(String::new()),
        Kind::Bool(_) | Kind::Number => Zeroizing::new(json.raw.to_owned()),
        Kind::String(text) => text.decoded(),
        Kind::Array(_) | Kind::Object(_) => canonical(json),
    }
}

/// A JSON object of strings, written as by [`canonical`]. For what is no secret: the text is not wiped.
#[cfg(feature = "remote")]
pub(crate) fn string_map(members: &BTreeMap<String, String>) -> String {
    string_object(members.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// An object of strings, in the order in which they are given. The caller sees to the text if it is secret.
#[cfg(feature = "remote")]
pub(crate) fn string_object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_escaped(&mut out, name, Html::Escaped);
        out.push(':');
        write_escaped(&mut out, value, Html::Escaped);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{ "b": 1.10, "a": [1e3, null, true] }"#, r#"{"a":[1e3,null,true],"b":1.10}"#)]
    #[case("{\"a\":\"<b>&\u{2028}é\u{7f}\\/\\u0001\"}", "{\"a\":\"\\u003cb\\u003e\\u0026\\u2028é\u{7f}/\\u0001\"}")]
    #[case(r#"{"a":1,"a":2}"#, r#"{"a":2}"#)]
    #[case("12345678901234567890", "12345678901234567890")]
    fn canonical_as_go(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(canonical(&parse(text).ok().unwrap()).as_str(), wanted);
    }

    #[rstest]
    #[case("[1.10,5.0,-2.50,0.5,-0.0]", "[1.1,5,-2.5,0.5,-0]")]
    #[case("[1e3,1e20,1e21,1.5E+22,1e-6,1e-7]", "[1000,100000000000000000000,1e+21,1.5e+22,0.000001,1e-7]")]
    #[case("[12345678901234567890,-7,0]", "[12345678901234567890,-7,0]")]
    #[case(r#"{"b":1.10,"a":"1.10 <"}"#, r#"{"a":"1.10 \u003c","b":1.1}"#)]
    fn written_by_go_after_it_was_read(#[case] text: &str, #[case] wanted: &str) {
        let written = reencoded(&parse(text).ok().unwrap(), Html::Escaped);
        assert_eq!(written.as_str(), wanted);
        assert!(written.len() <= longest(text) + longer_numbers(text));
    }

    #[rstest]
    #[case(r#""a\nb""#, "a\nb")]
    #[case("null", "")]
    #[case("1.10", "1.10")]
    #[case("true", "true")]
    #[case(r#"{"b":"<","a":[ ]}"#, r#"{"a":[],"b":"\u003c"}"#)]
    fn values_as_go(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(go_value(&parse(text).ok().unwrap()).as_str(), wanted);
    }

    #[test]
    fn compact_keeps_blanks_in_strings() {
        let json = parse(" { \"a b\" : \" \\\" \" , \"c\" : [ 1 , 2 ] } ").ok().unwrap();
        assert_eq!(compact(&json).as_str(), "{\"a b\":\" \\\" \",\"c\":[1,2]}");
    }

    proptest! {
        #[test]
        fn canonical_keeps_the_meaning(names in prop::collection::btree_map(any::<String>(), any::<String>(), 0..6)) {
            let text = serde_json::to_string(&names).unwrap();
            let json = parse(&text).ok().unwrap();
            let rendered = canonical(&json);
            prop_assert!(rendered.len() <= longest(json.raw));
            let back: std::collections::BTreeMap<String, String> = serde_json::from_str(&rendered).unwrap();
            prop_assert_eq!(back, names);
        }
    }
}
