//! What a plain YAML scalar is: the rules of Go's yaml.v3, which sops reads with.
//!
//! Owns the types. Must never look at how a scalar is written beyond its text and tag.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_secret::SecretBytes;

use crate::scalar::{Scalar, go_float};

/// What a scalar is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Null,
    Scalar(Scalar),
    /// A whole number that does not fit 64 bits with sign, which SOPS has no type for.
    TooLarge,
}

/// Resolves a scalar. `tag` is the suffix of a core tag (`str`, `int`, …) where one is written; `is_plain` is
/// whether it is written without quotes.
pub(super) fn resolve(text: &str, tag: Option<&str>, is_plain: bool) -> Resolved {
    match tag {
        Some("binary") => {
            let packed: String = text.split_whitespace().collect();
            let bytes = BASE64_STANDARD.decode(packed).unwrap_or_else(|_| text.as_bytes().to_vec());
            Resolved::Scalar(Scalar::raw(SecretBytes::new(bytes)))
        }
        Some("float") => match plain(text) {
            Resolved::Scalar(scalar) => {
                let number = scalar.as_str().and_then(go_float);
                Resolved::Scalar(number.map_or_else(|| Scalar::text(text), Scalar::float))
            }
            other => other,
        },
        Some("int" | "bool" | "null" | "timestamp") => plain(text),
        None if is_plain => plain(text),
        _ => Resolved::Scalar(Scalar::text(text)),
    }
}

fn plain(text: &str) -> Resolved {
    let scalar = match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => Scalar::bool(true),
        "false" | "False" | "FALSE" => Scalar::bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::float(f64::NEG_INFINITY),
        _ => match text.chars().next() {
            Some('0'..='9' | '+' | '-') => return number(text),
            // Only what follows Go's syntax of numbers; the words for infinity begin otherwise.
            Some('.') => is_decimal(text).then(|| go_float(text)).flatten().map_or_else(|| Scalar::text(text), Scalar::float),
            _ => Scalar::text(text),
        },
    };
    Resolved::Scalar(scalar)
}

fn number(text: &str) -> Resolved {
    if let Some(time) = timestamp(text) {
        return Resolved::Scalar(Scalar::time(time));
    }
    let digits = text.replace('_', "");
    match integer(&digits) {
        Some(Ok(number)) => return Resolved::Scalar(Scalar::int(number)),
        Some(Err(())) => return Resolved::TooLarge,
        None => {}
    }
    if is_decimal(&digits)
        && let Some(number) = go_float(&digits)
    {
        return Resolved::Scalar(Scalar::float(number));
    }
    Resolved::Scalar(Scalar::text(text))
}

/// A whole number in Go's bases; `Some(Err)` if it fits 64 bits only without sign.
fn integer(digits: &str) -> Option<Result<i64, ()>> {
    let (is_negative, rest) = match digits.strip_prefix(['+', '-']) {
        Some(rest) => (digits.starts_with('-'), rest),
        None => (false, digits),
    };
    let lower = rest.to_ascii_lowercase();
    let (base, rest) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.trim_start_matches('0'))
    } else {
        (10, lower.as_str())
    };
    let rest = if rest.is_empty() && base == 8 && lower.chars().all(|digit| digit == '0') { "0" } else { rest };
    if rest.is_empty() || !rest.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let magnitude = i128::from_str_radix(rest, base).ok()?;
    let value = if is_negative { -magnitude } else { magnitude };
    match i64::try_from(value) {
        Ok(number) => Some(Ok(number)),
        Err(_) if u64::try_from(value).is_ok() => Some(Err(())),
        Err(_) => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits))
}

/// A date, or a date and time, as RFC 3339 with as many fractional digits as needed.
fn timestamp(text: &str) -> Option<String> {
    let fields = |text: &str, separator: char, widths: [usize; 3]| -> Option<[u32; 3]> {
        let mut parts = text.split(separator);
        let mut numbers = [0; 3];
        for (number, width) in numbers.iter_mut().zip(widths) {
            let part = parts.next()?;
            let fits = (1..=width).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            *number = fits.then(|| part.parse().ok()).flatten()?;
        }
        parts.next().is_none().then_some(numbers)
    };
    if text.get(4..5) != Some("-") {
        return None;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let day_text = format!("{year:04}-{month:02}-{day:02}");
    if date.len() == text.len() {
        return Some(format!("{day_text}T00:00:00Z"));
    }
    let is_spaced = text.get(date.len()..=date.len()) == Some(" ");
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at)?;
    // With a blank yaml.v3 takes no zone, with a T it wants one.
    let zone = match zone {
        "" if is_spaced => "Z".to_owned(),
        _ if is_spaced => return None,
        "Z" => "Z".to_owned(),
        zone => {
            let [hours, minutes] = zone.get(1..)?.split(':').collect::<Vec<_>>().try_into().ok()?;
            let is_two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if !is_two(hours) || !is_two(minutes) || hours > "23" || minutes > "59" {
                return None;
            }
            if hours == "00" && minutes == "00" { "Z".to_owned() } else { zone.to_owned() }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    Some(format!("{day_text}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Kind;
    use rstest::rstest;

    #[rstest]
    #[case("yes", Kind::Str, "yes")]
    #[case("on", Kind::Str, "on")]
    #[case("True", Kind::Bool, "True")]
    #[case("tRUE", Kind::Str, "tRUE")]
    #[case("1.10", Kind::Float, "1.1")]
    #[case("1e3", Kind::Float, "1000")]
    #[case("09", Kind::Float, "9")]
    #[case("+12", Kind::Int, "12")]
    #[case("017", Kind::Int, "15")]
    #[case("0o17", Kind::Int, "15")]
    #[case("0x1F", Kind::Int, "31")]
    #[case("-0b11", Kind::Int, "-3")]
    #[case("1_000", Kind::Int, "1000")]
    #[case("00", Kind::Int, "0")]
    #[case("-9223372036854775808", Kind::Int, "-9223372036854775808")]
    #[case("18446744073709551616", Kind::Float, "18446744073709552000")]
    #[case("12:30:45", Kind::Str, "12:30:45")]
    #[case("2020-01-01", Kind::Time, "2020-01-01T00:00:00Z")]
    #[case("2020-1-1 1:2:3.50", Kind::Time, "2020-01-01T01:02:03.5Z")]
    #[case("2001-12-14t21:59:43.10-05:00", Kind::Time, "2001-12-14T21:59:43.1-05:00")]
    #[case("2020-13-01", Kind::Str, "2020-13-01")]
    #[case("1.2.3", Kind::Str, "1.2.3")]
    #[case("-", Kind::Str, "-")]
    #[case(".5", Kind::Float, "0.5")]
    #[case("..", Kind::Str, "..")]
    #[case("-.inf", Kind::Float, "-Inf")]
    fn plain_scalars(#[case] text: &str, #[case] kind: Kind, #[case] bytes: &str) {
        let Resolved::Scalar(scalar) = resolve(text, None, true) else { panic!("no scalar") };
        assert_eq!((scalar.kind(), scalar.as_str()), (kind, Some(bytes)));
    }

    #[test]
    fn quotes_and_tags_decide() {
        let text = |text| Resolved::Scalar(Scalar::text(text));
        assert_eq!(resolve("1", None, false), text("1"));
        assert_eq!(resolve("1", Some("str"), true), text("1"));
        assert_eq!(resolve("1", Some("int"), false), Resolved::Scalar(Scalar::int(1)));
        assert_eq!(resolve("1", Some("float"), true), Resolved::Scalar(Scalar::float(1.0)));
        assert_eq!(resolve("aGVsbG8=", Some("binary"), true), text("hello"));
        assert_eq!(resolve("~", None, true), Resolved::Null);
        assert_eq!(resolve("18446744073709551615", None, true), Resolved::TooLarge);
    }
}
