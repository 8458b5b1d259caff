//! `camelcase`, `snakecase`, `kebabcase`: how huandu/xstrings finds words.

use super::Function;
use super::Param::Text;
use crate::format::quote::is_punctuation;
use crate::text::{is_space, lower, push_char, runes, upper};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("camelcase", &[Text], |_, args| Ok(Value::from(pascal(args.text(0)?)))),
    Function::new("snakecase", &[Text], |_, args| Ok(Value::from(separated(args.text(0)?, '_')))),
    Function::new("kebabcase", &[Text], |_, args| Ok(Value::from(separated(args.text(0)?, '-')))),
];

fn connects(char: char) -> bool {
    matches!(char, '-' | '_') || is_space(char)
}

fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut chars = runes(text).map(|rune| rune.char);
    let mut before = None;
    let mut begins_upper = false;
    for char in chars.by_ref() {
        if connects(char) {
            push_char(&mut out, char);
            continue;
        }
        begins_upper = char.is_uppercase();
        before = Some(upper(char));
        break;
    }
    let Some(mut before) = before else {
        // Connectors alone: the last one is written twice.
        if let Some(last) = runes(text).last() {
            push_char(&mut out, last.char);
        }
        return out;
    };
    for char in chars {
        let mut shown = char;
        if connects(char) && connects(before) {
            push_char(&mut out, before);
            before = char;
            continue;
        }
        if connects(before) {
            begins_upper = char.is_uppercase();
            shown = upper(char);
        } else {
            if begins_upper {
                if char.is_uppercase() {
                    shown = lower(char);
                } else {
                    begins_upper = false;
                }
            }
            push_char(&mut out, before);
        }
        before = shown;
    }
    push_char(&mut out, before);
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// A letter of a script that has words; Han characters stand for themselves.
fn is_letter(char: char) -> bool {
    char.is_alphabetic() && !matches!(char, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// The next character that is one; the former one where only broken bytes are left.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut size = 0;
    for rune in runes(text) {
        size += rune.width;
        if rune.char != char::REPLACEMENT_CHARACTER {
            return (rune.char, size);
        }
    }
    (before, size)
}

/// The length of the run of characters for which `belongs` holds, from `offset` on; the character and width behind it.
fn run(text: &[u8], mut offset: usize, mut char: char, belongs: impl Fn(char, usize) -> bool) -> (usize, char, usize) {
    let mut width = 0;
    while offset < text.len() {
        let (next, size) = next_valid(text.get(offset..).unwrap_or_default(), char);
        char = next;
        if !belongs(char, size) {
            break;
        }
        width = size;
        offset += size;
    }
    (offset, char, width)
}

fn next_word(text: &[u8]) -> (Kind, &[u8], &[u8]) {
    if text.is_empty() {
        return (Kind::Invalid, &[], &[]);
    }
    let (char, size) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let (kind, end) = if char == char::REPLACEMENT_CHARACTER {
        (Kind::Invalid, size)
    } else if connects(char) {
        (Kind::Connector, run(text, size, char, |char, _| connects(char)).0)
    } else if is_punctuation(char) {
        (Kind::Punctuation, run(text, size, char, |char, _| is_punctuation(char)).0)
    } else if char.is_uppercase() {
        (Kind::Upper, upper_word(text, size, char))
    } else if is_letter(char) {
        (Kind::Alphabet, run(text, size, char, |char, _| is_letter(char) && !char.is_uppercase()).0)
    } else if char.is_numeric() {
        (Kind::Number, run(text, size, char, |char, _| char.is_numeric()).0)
    } else {
        let ends =
            |char: char, size: usize| size == 0 || connects(char) || is_letter(char) || char.is_numeric() || is_punctuation(char);
        (Kind::Other, run(text, size, char, |char, size| !ends(char, size)).0)
    };
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    (kind, word, rest)
}

/// `HTTPStatus` is `HTTP` and `Status`: the last capital belongs to the next word.
fn upper_word(text: &[u8], size: usize, char: char) -> usize {
    if size >= text.len() {
        return size;
    }
    let (second, width) = next_valid(text.get(size..).unwrap_or_default(), char);
    if second.is_uppercase() {
        let (end, behind, last) = run(text, size + width, second, |char, _| char.is_uppercase());
        let last = if last == 0 { width } else { last };
        return if end < text.len() && is_letter(behind) { end - last } else { end };
    }
    if is_letter(second) {
        return run(text, size, char, |char, _| is_letter(char) && !char.is_uppercase()).0;
    }
    size
}

struct Writer {
    out: Vec<u8>,
    connector: char,
}

impl Writer {
    fn word(&mut self, kind: Kind, word: &[u8]) {
        if !matches!(kind, Kind::Upper | Kind::Connector) {
            self.out.extend_from_slice(word);
            return;
        }
        for rune in runes(word) {
            let char = if connects(rune.char) {
                self.connector
            } else if rune.char.is_uppercase() {
                lower(rune.char)
            } else {
                rune.char
            };
            push_char(&mut self.out, char);
        }
    }

    fn connect(&mut self) {
        push_char(&mut self.out, self.connector);
    }
}

fn separated(text: &[u8], connector: char) -> Vec<u8> {
    let mut writer = Writer { out: Vec::with_capacity(text.len()), connector };
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            writer.word(kind, word);
        }
        let (before, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match before {
            Kind::Number => {
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    writer.word(kind, word);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::Invalid | Kind::Punctuation | Kind::Connector) {
                    writer.connect();
                }
            }
            Kind::Connector => writer.word(before, last),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                    writer.connect();
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind == Kind::Alphabet {
                    // Small letters behind a number make a word of their own with it.
                    writer.connect();
                    writer.word(Kind::Number, number);
                    while matches!(kind, Kind::Alphabet | Kind::Number) {
                        writer.word(kind, word);
                        (kind, word, rest) = next_word(rest);
                    }
                    if !matches!(kind, Kind::Invalid | Kind::Connector | Kind::Punctuation) {
                        writer.connect();
                    }
                } else {
                    writer.word(Kind::Number, number);
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        writer.connect();
                    }
                }
            }
        }
    }
    writer.word(kind, word);
    writer.out
}
