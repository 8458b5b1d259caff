//! How yaml.v2 writes a string: plain, in quotes or as a block, folded behind the eightieth column.

use super::resolve::{is_base_60, is_timestamp, resolve};
use crate::context::Out;
use crate::fault::Fault;
use crate::text::runes;

/// What stands in a string, as far as it decides how it can be written.
#[expect(clippy::struct_excessive_bools, reason = "each forbids one way of writing")]
#[derive(Default)]
struct Analysis {
    plain_is_forbidden: bool,
    single_is_forbidden: bool,
    block_is_forbidden: bool,
    has_breaks: bool,
}

fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What libyaml writes as it is.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && char != '\u{feff}'
}

fn analyze(text: &str) -> Analysis {
    let mut found = Analysis::default();
    if text.starts_with("---") || text.starts_with("...") {
        found.plain_is_forbidden = true;
    }
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied();
        let blank_behind = next.is_none_or(|next| matches!(next, ' ' | '\t'));
        let is_indicator = match (before, char) {
            (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => true,
            (None, '?' | ':' | '-') => blank_behind,
            (Some(_), ':') => blank_behind,
            (Some(before), '#') => matches!(before, ' ' | '\t') || is_break(before),
            _ => false,
        };
        let at_edge = before.is_none() || next.is_none();
        found.plain_is_forbidden |= is_indicator || (at_edge && (char == ' ' || is_break(char)));
        let is_special = !is_printable(char);
        let space_before_break = before == Some(' ') && is_break(char);
        let space_behind_break = before.is_some_and(is_break) && char == ' ';
        found.has_breaks |= is_break(char);
        found.single_is_forbidden |= is_special || space_before_break || space_behind_break;
        found.block_is_forbidden |= is_special || space_before_break || (next.is_none() && char == ' ');
        before = Some(char);
    }
    found.plain_is_forbidden |= found.single_is_forbidden || found.has_breaks;
    found
}

/// Columns behind which a blank is a place to break the line.
const WIDTH: usize = 80;

/// Where a string is written.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The column of lines after the first.
    pub(super) indent: usize,
    /// The column at which it begins.
    pub(super) column: usize,
    pub(super) is_key: bool,
}

/// Writes one string.
pub(super) fn string(text: &str, place: Place, out: &mut Out) -> Result<(), Fault> {
    let found = analyze(text);
    let is_other_type = resolve(text).is_some() || is_timestamp(text) || is_base_60(text);
    if text.contains('\n') && !found.block_is_forbidden && !place.is_key {
        return block(text, place, out);
    }
    if is_other_type || (text.contains('\n') && (found.block_is_forbidden || place.is_key)) {
        return double_quoted(text, place, out);
    }
    if !found.plain_is_forbidden {
        return folded(text, place, out);
    }
    if found.single_is_forbidden || (place.is_key && found.has_breaks) {
        return double_quoted(text, place, out);
    }
    out.text("'")?;
    let doubled = text.replace('\'', "''");
    folded(&doubled, Place { column: place.column + 1, ..place }, out)?;
    out.text("'")
}

fn line(place: Place, out: &mut Out) -> Result<(), Fault> {
    out.text("\n")?;
    out.fill(b' ', place.indent)
}

/// Text with line breaks in place of single blanks that stand too far to the right.
fn folded(text: &str, place: Place, out: &mut Out) -> Result<(), Fault> {
    let mut column = place.column;
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let breaks =
            char == ' ' && !place.is_key && before != Some(' ') && column > WIDTH && chars.peek().is_some_and(|next| *next != ' ');
        if breaks {
            line(place, out)?;
            column = place.indent;
        } else {
            out.text(char.encode_utf8(&mut [0; 4]))?;
            column += 1;
        }
        before = Some(char);
    }
    Ok(())
}

fn block(text: &str, place: Place, out: &mut Out) -> Result<(), Fault> {
    out.text("|")?;
    if text.starts_with([' ', '\n']) {
        out.text("2")?;
    }
    if !text.ends_with('\n') {
        out.text("-")?;
    } else if text.ends_with("\n\n") || text == "\n" {
        out.text("+")?;
    }
    out.text("\n")?;
    for part in text.split_inclusive('\n') {
        if part != "\n" {
            out.fill(b' ', place.indent)?;
        }
        out.text(part)?;
    }
    Ok(())
}

fn double_quoted(text: &str, place: Place, out: &mut Out) -> Result<(), Fault> {
    out.text("\"")?;
    let mut column = place.column + 1;
    let mut before_is_space = false;
    let mut all = runes(text.as_bytes()).peekable();
    while let Some(rune) = all.next() {
        let char = rune.char;
        let written = if char == ' ' {
            let inside = rune.at > 0 && rune.at + 1 < text.len();
            if !place.is_key && !before_is_space && column > WIDTH && inside {
                line(place, out)?;
                column = place.indent;
                if all.peek().is_some_and(|next| next.char == ' ') {
                    out.text("\\")?;
                    column += 1;
                }
                before_is_space = true;
                continue;
            }
            " ".to_owned()
        } else {
            escaped(char)
        };
        before_is_space = char == ' ';
        column += written.chars().count();
        out.text(&written)?;
    }
    out.text("\"")
}

fn escaped(char: char) -> String {
    let code = u32::from(char);
    let letter = match char {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => char,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ if is_printable(char) => return char.to_string(),
        _ if code <= 0xff => return format!("\\x{code:02X}"),
        _ if code <= 0xffff => return format!("\\u{code:04X}"),
        _ => return format!("\\U{code:08X}"),
    };
    format!("\\{letter}")
}
