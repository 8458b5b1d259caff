//! Objects that are compared, and written again with some members changed.
//!
//! Must never: change a member that nobody named, or leave a copy of one behind that is not wiped.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Html, Json, Kind, Text, write_escaped};

/// What a store does with numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// It keeps their text.
    AsText,
    /// It may keep the nearest double, and write that.
    AsDoubles,
}

/// Whether a store that holds `held` holds `wanted`: objects by their members in whatever order, of two of one name the last.
pub(crate) fn same(held: &Json<'_>, wanted: &Json<'_>, numbers: Numbers) -> bool {
    match (&held.kind, &wanted.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Bool(one), Kind::Bool(other)) => one == other,
        (Kind::Number, Kind::Number) => {
            held.raw == wanted.raw || (numbers == Numbers::AsDoubles && is_double_of(held.raw, wanted.raw))
        }
        (Kind::String(one), Kind::String(other)) => *one.decoded() == *other.decoded(),
        (Kind::Array(one), Kind::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other, numbers))
        }
        (Kind::Object(one), Kind::Object(other)) => {
            let (one, other) = (last_by_name(one), last_by_name(other));
            one.len() == other.len()
                && one.iter().zip(&other).all(|((name, one), (other_name, other))| name == other_name && same(one, other, numbers))
        }
        _ => false,
    }
}

/// Whether a number is what is left of another one that went through a double. One that has more digits than a double
/// tells apart was kept as it was written, so that it is not.
fn is_double_of(held: &str, wanted: &str) -> bool {
    let double = held.parse::<f64>().ok().filter(|double| double.is_finite());
    let printed = double.map(|double| Zeroizing::new(format!("{double:e}")));
    printed.is_some_and(|printed| digits(held) == digits(&printed)) && double == wanted.parse::<f64>().ok()
}

/// The digits that count.
fn digits(number: &str) -> Zeroizing<String> {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let mut digits = Zeroizing::new(String::with_capacity(mantissa.len()));
    digits.extend(mantissa.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0'));
    let end = digits.trim_end_matches('0').len();
    digits.truncate(end);
    digits
}

fn last_by_name<'j, 't>(members: &'j [(Text<'t>, Json<'t>)]) -> BTreeMap<Cow<'t, str>, &'j Json<'t>> {
    members.iter().map(|(name, value)| (name.public(), value)).collect()
}

/// `text` as a JSON string.
pub(crate) fn quoted(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(longest_quoted(text)));
    write_escaped(&mut out, text, Html::Plain);
    out
}

/// The object of these members, each with its text as it stands.
pub(crate) fn object(members: &BTreeMap<impl Borrow<str>, &Json<'_>>) -> Zeroizing<String> {
    let room: usize = members.iter().map(|(name, value)| longest_quoted(name.borrow()) + value.raw.len() + 2).sum();
    let mut out = Zeroizing::new(String::with_capacity(room + 2));
    out.push('{');
    for (name, value) in members {
        if out.len() > 1 {
            out.push(',');
        }
        write_escaped(&mut out, name.borrow(), Html::Plain);
        out.push(':');
        out.push_str(value.raw);
    }
    out.push('}');
    out
}

/// An upper bound, so that a buffer never moves: six bytes are the longest escape of one.
fn longest_quoted(text: &str) -> usize {
    6 * text.len() + 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::json::parse;

    #[rstest]
    #[case(r#"{"a":1,"b":[true,null,"x"]}"#, r#"{ "b": [true, null, "\u0078"], "a": 1 }"#, true)]
    #[case(r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":2,"b":1}}"#, true)]
    #[case(r#"{"a":0,"a":1}"#, r#"{"a":1}"#, true)]
    #[case("[1,2]", "[2,1]", false)]
    #[case("[1]", "[1,1]", false)]
    #[case("1", "1.0", false)]
    #[case("1", r#""1""#, false)]
    #[case("12345678901234567890", "12345678901234567891", false)]
    #[case("true", "false", false)]
    #[case("{}", "null", false)]
    #[case(r#"{"a":1}"#, r#"{"b":1}"#, false)]
    #[case(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, false)]
    fn compared(#[case] one: &str, #[case] other: &str, #[case] wanted: bool) {
        let (one, other) = (parse(one).ok().unwrap(), parse(other).ok().unwrap());
        let same = |one, other| same(one, other, Numbers::AsText);
        assert_eq!((same(&one, &other), same(&other, &one)), (wanted, wanted));
        assert!(same(&one, &one) && same(&other, &other));
    }

    #[rstest]
    #[case("1.5", "1.50", true)]
    #[case("1000", "1e3", true)]
    #[case("0", "-0.0", true)]
    #[case("1e-7", "0.0000001", true)]
    #[case("12345678901234567000", "12345678901234567890", true)]
    #[case("1.2345678901234567e+19", "12345678901234567890", true)]
    #[case("12345678901234567890", "12345678901234567891", false)]
    #[case("9007199254740993", "9007199254740992", false)]
    #[case("1.5", "1.6", false)]
    #[case("1e400", "1e500", false)]
    fn numbers_that_a_store_rounds(#[case] held: &str, #[case] wanted: &str, #[case] is_same: bool) {
        let texts = [format!("[{held}]"), format!("[{wanted}]")];
        let [held, wanted] = texts.each_ref().map(|text| parse(text).ok().unwrap());
        assert_eq!(same(&held, &wanted, Numbers::AsDoubles), is_same);
        assert!(!same(&held, &wanted, Numbers::AsText));
    }

    #[test]
    fn members_keep_their_text() {
        let value = parse(r#"{ "n": 1.50, "m": [1, 2] }"#).ok().unwrap();
        let members: BTreeMap<&str, &Json<'_>> = [("a \"<\" b", &value)].into();
        assert_eq!(*object(&members), r#"{"a \"<\" b":{ "n": 1.50, "m": [1, 2] }}"#);
        assert_eq!(*object(&BTreeMap::<&str, &Json<'_>>::new()), "{}");
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_back_and_its_buffer_never_moves(text in any::<String>()) {
            let quoted = quoted(&text);
            let json = parse(&quoted).ok().unwrap();
            prop_assert_eq!(json.as_str().unwrap(), text.as_str());
            prop_assert!(quoted.len() <= longest_quoted(&text));
        }
    }
}
