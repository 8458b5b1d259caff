//! The value of a string, character or number as it is written in a template, by the rules of Go's strconv.
//!
//! Must never: accept what Go refuses.

use super::ast::Number;
use crate::number;
use crate::text::push_char;

/// The bytes of a string in double quotes.
pub(super) fn unquote(quoted: &str) -> Option<Vec<u8>> {
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        rest = unescape(rest, '"', &mut bytes)?;
    }
    Some(bytes)
}

/// The code point of a character in single quotes.
pub(super) fn character(quoted: &str) -> Option<Number> {
    let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut bytes = Vec::new();
    let rest = unescape(inner, '\'', &mut bytes)?;
    let code = match (std::str::from_utf8(&bytes), bytes.as_slice()) {
        (Ok(text), _) => u32::from(text.chars().next()?),
        (Err(_), [byte]) => u32::from(*byte),
        _ => return None,
    };
    let number = i64::from(code);
    rest.is_empty().then(|| Number {
        int: Some(number),
        unsigned: Some(u64::from(code)),
        float: Some(f64::from(code)),
        is_written_as_float: false,
    })
}

/// Takes one character, possibly escaped, and gives what stands behind it.
fn unescape<'a>(text: &'a str, quote: char, out: &mut Vec<u8>) -> Option<&'a str> {
    let mut chars = text.chars();
    let char = chars.next()?;
    if char == quote || char == '\n' {
        return None;
    }
    if char != '\\' {
        push_char(out, char);
        return Some(chars.as_str());
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let simple = match escape {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '\'' | '"' if escape == quote => u8::try_from(escape).ok()?,
        'x' => {
            let (digits, rest) = rest.split_at_checked(2)?;
            out.push(u8::try_from(digits_of(digits, 16)?).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (digits, rest) = rest.split_at_checked(if escape == 'u' { 4 } else { 8 })?;
            push_char(out, char::from_u32(digits_of(digits, 16)?)?);
            return Some(rest);
        }
        '0'..='7' => {
            let (digits, rest) = text.get(1..)?.split_at_checked(3)?;
            out.push(u8::try_from(digits_of(digits, 8)?).ok()?);
            return Some(rest);
        }
        _ => return None,
    };
    out.push(simple);
    Some(rest)
}

fn digits_of(digits: &str, radix: u32) -> Option<u32> {
    digits.chars().all(|char| char.is_digit(radix)).then(|| u32::from_str_radix(digits, radix).ok())?
}

/// A number; none where Go says that it is written wrong or does not fit.
pub(super) fn number(text: &str) -> Option<Number> {
    let unsigned = integer(text).filter(|_| !text.starts_with(['+', '-'])).and_then(|number| u64::try_from(number).ok());
    let int = integer(text).and_then(|number| i64::try_from(number).ok());
    if int.is_some() || unsigned.is_some() {
        let float = int.map(number::float).or(unsigned.map(number::float_of_unsigned));
        let unsigned = if int == Some(0) { Some(0) } else { unsigned };
        return Some(Number { int, unsigned, float, is_written_as_float: false });
    }
    let is_hexadecimal = text.trim_start_matches(['+', '-']).starts_with(['0']) && text.contains(['x', 'X']);
    let float = if is_hexadecimal { hexadecimal_float(text) } else { decimal_float(text) }?;
    if !text.contains(['.', 'e', 'E', 'p', 'P']) {
        return None;
    }
    let whole = number::truncated(float);
    let is_whole = number::float(whole).to_bits() == float.to_bits() || float == 0.0;
    Some(Number {
        int: is_whole.then_some(whole),
        unsigned: if is_whole { u64::try_from(whole).ok() } else { None },
        float: Some(float),
        is_written_as_float: true,
    })
}

/// An integer in Go's notation, with the base in front and underscores between digits.
pub(crate) fn integer(text: &str) -> Option<i128> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.get(..2) {
        Some("0x" | "0X") => (16, unsigned.get(2..)?),
        Some("0o" | "0O") => (8, unsigned.get(2..)?),
        Some("0b" | "0B") => (2, unsigned.get(2..)?),
        Some(_) if unsigned.starts_with('0') => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    let has_prefix = unsigned.len() != digits.len();
    let plain = without_underscores(digits, has_prefix)?;
    if plain.is_empty() || !plain.chars().all(|char| char.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(&plain, radix).ok()?;
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// The digits without the underscores; none if one of these does not stand between digits.
pub(crate) fn without_underscores(digits: &str, has_prefix: bool) -> Option<String> {
    let is_digit = |char: char| char.is_ascii_alphanumeric();
    let mut before = has_prefix;
    let mut chars = digits.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '_' && !(before && chars.peek().copied().is_some_and(is_digit)) {
            return None;
        }
        before = is_digit(char);
    }
    Some(digits.replace('_', ""))
}

fn decimal_float(text: &str) -> Option<f64> {
    let plain = without_underscores(text, false)?;
    // Rust knows names for what is not a number; Go's templates do not.
    let number = plain.chars().all(|char| char.is_ascii_digit() || "+-.eE".contains(char)).then(|| plain.parse::<f64>().ok())??;
    number.is_finite().then_some(number)
}

fn hexadecimal_float(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']).get(2..)?;
    let (mantissa, exponent) = digits.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = without_underscores(&format!("{whole}{fraction}"), true)?;
    let value = u64::from_str_radix(&all, 16).ok()?;
    let shift = exponent.parse::<i32>().ok()? - 4 * i32::try_from(fraction.len()).ok()?;
    let number = number::float_of_unsigned(value) * 2.0_f64.powi(shift);
    let number = if text.starts_with('-') { -number } else { number };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#""a\x80\377\u00e9\n""#, Some(&b"a\x80\xff\xc3\xa9\n"[..]))]
    #[case(r#""\"""#, Some(&b"\""[..]))]
    #[case(r#""\'""#, None)]
    #[case(r#""\ud800""#, None)]
    #[case(r#""\400""#, None)]
    fn strings(#[case] quoted: &str, #[case] expected: Option<&[u8]>) {
        assert_eq!(unquote(quoted).as_deref(), expected);
    }

    #[rstest]
    #[case("1", Some(1), Some(1.0))]
    #[case("-0x10", Some(-16), Some(-16.0))]
    #[case("017", Some(15), Some(15.0))]
    #[case("1_000", Some(1000), Some(1000.0))]
    #[case("1e3", Some(1000), Some(1000.0))]
    #[case("1.5", None, Some(1.5))]
    #[case("0x1p-1", None, Some(0.5))]
    fn numbers(#[case] text: &str, #[case] int: Option<i64>, #[case] float: Option<f64>) {
        let number = number(text).expect("a number");
        assert_eq!((number.int, number.float), (int, float));
    }

    #[rstest]
    #[case("08")]
    #[case("1__0")]
    #[case("0x")]
    #[case("99999999999999999999")]
    #[case("1e999")]
    fn what_go_refuses(#[case] text: &str) {
        assert_eq!(number(text), None);
    }
}
