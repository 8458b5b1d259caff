//! The strings of templates: any bytes, counted and cut by the byte as Go does, wiped when dropped.
//!
//! Must never: print, or change bytes that are not UTF-8 except where Go does.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A string in Go's sense. Copies share the bytes; the last one wipes them.
#[derive(Clone)]
pub(crate) struct Text(Arc<Zeroizing<Vec<u8>>>);

impl Text {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

/// One character of a string, as Go's `range` over it sees it.
#[derive(Clone, Copy)]
pub(crate) struct Rune {
    /// Where it begins.
    pub(crate) at: usize,
    /// The character; U+FFFD for a byte that begins none.
    pub(crate) char: char,
    /// How many bytes it takes; 1 for a byte that begins none.
    pub(crate) width: usize,
}

impl Rune {
    /// Whether it stands for a byte that is not UTF-8.
    pub(crate) fn is_broken(self) -> bool {
        self.char == char::REPLACEMENT_CHARACTER && self.width == 1
    }
}

/// The first character.
fn first_rune(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let width = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((char::REPLACEMENT_CHARACTER, 1)),
    };
    let whole = bytes.get(..width).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|text| text.chars().next());
    Some(whole.map_or((char::REPLACEMENT_CHARACTER, 1), |char| (char, width)))
}

/// The characters of a string; each byte that is not UTF-8 is one U+FFFD.
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = Rune> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (char, width) = first_rune(bytes.get(at..)?)?;
        let rune = Rune { at, char, width };
        at += width;
        Some(rune)
    })
}

/// The number of characters.
pub(crate) fn rune_count(bytes: &[u8]) -> usize {
    runes(bytes).count()
}

/// Appends a character in UTF-8.
pub(crate) fn push_char(out: &mut Vec<u8>, char: char) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The string with U+FFFD for each byte that is not UTF-8.
pub(crate) fn lossy(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    text.extend(runes(bytes).map(|rune| rune.char));
    text
}

/// Where `needle` first stands.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [byte] => haystack.iter().position(|other| other == byte),
        [first, ..] => {
            let mut from = 0;
            loop {
                let at = from + haystack.get(from..)?.iter().position(|byte| byte == first)?;
                if haystack.get(at..)?.starts_with(needle) {
                    return Some(at);
                }
                from = at + 1;
            }
        }
    }
}

/// The upper-case form of one character, where that is one character.
pub(crate) fn upper(char: char) -> char {
    one(char.to_uppercase(), char)
}

/// The lower-case form of one character.
pub(crate) fn lower(char: char) -> char {
    if char == '\u{130}' { 'i' } else { one(char.to_lowercase(), char) }
}

/// The title-case form of one character: the upper-case one but for the four digraphs that have three forms.
pub(crate) fn title(char: char) -> char {
    match char {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        other => upper(other),
    }
}

fn one(mut mapped: impl Iterator<Item = char>, char: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => char,
    }
}

/// White space as Go's `unicode.IsSpace` has it.
pub(crate) fn is_space(char: char) -> bool {
    char.is_whitespace()
}

/// The string with each character mapped; what is ASCII alone stays byte by byte.
pub(crate) fn mapped(bytes: &[u8], map: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for rune in runes(bytes) {
        push_char(&mut out, map(rune.char));
    }
    out
}

/// The string without the characters at both ends for which `strip` holds.
pub(crate) fn trimmed(bytes: &[u8], strip: impl Fn(char) -> bool) -> &[u8] {
    let kept = |rune: &Rune| !strip(rune.char);
    let Some(first) = runes(bytes).find(kept) else { return &[] };
    let last = runes(bytes).filter(kept).last().unwrap_or(first);
    bytes.get(first.at..last.at + last.width).unwrap_or_default()
}
