//! Strings in quotes as Go's strconv.Quote writes them.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::{push_char, runes};

/// Go's `unicode.IsPrint` beyond ASCII.
static PRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok());

/// Whether Go writes a character as it is.
pub(crate) fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return char == ' ' || char.is_ascii_graphic();
    }
    PRINTABLE.as_ref().is_some_and(|pattern| pattern.is_match(char.encode_utf8(&mut [0; 4])))
}

/// The string between two `mark`s; with `ascii_only` nothing beyond ASCII stays as it is.
pub(crate) fn quoted(bytes: &[u8], mark: char, ascii_only: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    push_char(&mut out, mark);
    for rune in runes(bytes) {
        if rune.is_broken() {
            let byte = bytes.get(rune.at).copied().unwrap_or_default();
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        } else {
            escaped(&mut out, rune.char, mark, ascii_only);
        }
    }
    push_char(&mut out, mark);
    out
}

fn escaped(out: &mut Vec<u8>, char: char, mark: char, ascii_only: bool) {
    let code = u32::from(char);
    let text = match char {
        '\\' => "\\\\".to_owned(),
        char if char == mark => format!("\\{mark}"),
        char if is_printable(char) && (char.is_ascii() || !ascii_only) => return push_char(out, char),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        _ if code < 0x20 || code == 0x7f => format!("\\x{code:02x}"),
        _ if code < 0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// Whether the string can stand between back quotes.
pub(crate) fn can_stand_raw(bytes: &[u8]) -> bool {
    runes(bytes).all(|rune| {
        !rune.is_broken() && !matches!(rune.char, '\u{feff}' | '`' | '\u{7f}') && (rune.char >= ' ' || rune.char == '\t')
    })
}

static PUNCTUATION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{P}$").ok());

/// Go's `unicode.IsPunct`.
pub(crate) fn is_punctuation(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_punctuation() && !"$+<=>^`|~".contains(char);
    }
    PUNCTUATION.as_ref().is_some_and(|pattern| pattern.is_match(char.encode_utf8(&mut [0; 4])))
}
