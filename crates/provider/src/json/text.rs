//! JSON strings: as they stand in the text, decoded, and written again.
//!
//! Must never: leave a decoded copy of a value behind that is not wiped.

use std::borrow::Cow;

use zeroize::Zeroizing;

/// What stands for half of a surrogate pair, as in Go.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A string as it stands between its quotes, escapes included.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    inner: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// A string whose text between the quotes is `inner`, checked before.
    pub(super) fn new(inner: &'a str, escaped: bool) -> Self {
        Self { inner, escaped }
    }

    /// Whether the string is `other`.
    pub(crate) fn is(&self, other: &str) -> bool {
        if self.escaped { self.decoded().as_str() == other } else { self.inner == other }
    }

    /// What stands between the quotes, escapes included.
    pub(crate) fn inner(&self) -> &'a str {
        self.inner
    }

    /// The string itself.
    pub(crate) fn decoded(&self) -> Zeroizing<String> {
        if self.escaped { decode(self.inner) } else { Zeroizing::new(self.inner.to_owned()) }
    }

    /// A string that is no secret, such as the kind of a mount.
    pub(crate) fn public(&self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(self.decoded().to_string()) } else { Cow::Borrowed(self.inner) }
    }
}

fn decode(inner: &str) -> Zeroizing<String> {
    // Decoding never makes a string longer, so that the buffer never moves and leaves no copy behind.
    let mut out = Zeroizing::new(String::with_capacity(inner.len()));
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let (decoded, after) = escape_sequence(escape);
        out.push(decoded);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn escape_sequence(escape: &str) -> (char, &str) {
    let mut chars = escape.chars();
    chars.next();
    let decoded = match chars.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return code_unit(chars.as_str()),
        Some(other) => other,
        None => REPLACEMENT,
    };
    (decoded, chars.as_str())
}

fn code_unit(digits: &str) -> (char, &str) {
    let Some((first, after)) = four_digits(digits) else { return (REPLACEMENT, "") };
    if let Some(decoded) = char::from_u32(first) {
        return (decoded, after);
    }
    let second = after.strip_prefix("\\u").and_then(four_digits);
    match second {
        Some((second, after_pair)) if first < 0xdc00 && (0xdc00..0xe000).contains(&second) => {
            let joined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            (char::from_u32(joined).unwrap_or(REPLACEMENT), after_pair)
        }
        _ => (REPLACEMENT, after),
    }
}

fn four_digits(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, after))
}

/// Appends `text` as a JSON string as Go's encoder writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped too.
pub(crate) fn write_escaped(out: &mut String, text: &str) {
    write(out, text, |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'));
}

/// Appends `text` as a JSON string as Go's encoder writes it without escapes for HTML.
pub(crate) fn write_unescaped_html(out: &mut String, text: &str) {
    write(out, text, |c| matches!(c, '\u{2028}' | '\u{2029}'));
}

fn write(out: &mut String, text: &str, escaped_too: impl Fn(char) -> bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ if c < ' ' || escaped_too(c) => {
                out.push_str("\\u");
                for shift in [12_u32, 8, 4, 0] {
                    out.push(char::from_digit((u32::from(c) >> shift) & 0xf, 16).unwrap_or('0'));
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}
