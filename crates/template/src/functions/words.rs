//! sprig's functions on words, with the habits of the library below them: some take each byte for a character.

use super::Function;
use super::Param::{Int, Text};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::number::{int, position};
use crate::text::{find, is_space, lower, mapped, push_char, runes, title, upper};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("upper", &[Text], |_, args| Ok(Value::from(mapped_or_ascii(args.text(0)?, upper, u8::to_ascii_uppercase)))),
    Function::new("lower", &[Text], |_, args| Ok(Value::from(mapped_or_ascii(args.text(0)?, lower, u8::to_ascii_lowercase)))),
    Function::new("title", &[Text], |_, args| {
        let mut before = ' ';
        Ok(Value::from(each(args.text(0)?, |char| {
            let shown = if separates(before) { title(char) } else { char };
            before = char;
            shown
        })))
    }),
    Function::new("untitle", &[Text], |_, args| {
        let mut begins = true;
        Ok(Value::from(each(args.text(0)?, |char| {
            let shown = if begins && !is_space(char) { lower(char) } else { char };
            begins = is_space(char);
            shown
        })))
    }),
    Function::new("swapcase", &[Text], |_, args| {
        let mut begins = true;
        Ok(Value::from(each(args.text(0)?, |char| {
            if char.is_uppercase() || title(char) == char && upper(char) != char {
                begins = false;
                lower(char)
            } else if char.is_lowercase() {
                let shown = if begins { title(char) } else { upper(char) };
                begins = false;
                shown
            } else {
                begins = is_space(char);
                char
            }
        })))
    }),
    Function::new("nospace", &[Text], |_, args| Ok(Value::from(without_space(args.text(0)?)))),
    Function::new("initials", &[Text], |_, args| {
        let (mut out, mut begins) = (Vec::new(), true);
        for byte in args.text(0)? {
            let char = char::from(*byte);
            if begins && !is_space(char) {
                push_char(&mut out, char);
            }
            begins = is_space(char);
        }
        Ok(Value::from(out))
    }),
    Function::new("abbrev", &[Int, Text], |_, args| {
        let (width, text) = (args.int(0)?, args.text(1)?);
        if width < 4 { Ok(Value::from(text)) } else { Ok(Value::from(abbreviated(text, 0, width)?)) }
    }),
    Function::new("abbrevboth", &[Int, Int, Text], |_, args| {
        let (left, right, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
        if right < 4 || (left > 0 && right < 7) {
            return Ok(Value::from(text));
        }
        Ok(Value::from(abbreviated(text, left, right)?))
    }),
    Function::new("wrap", &[Int, Text], |context, args| wrapped(context, args.int(0)?, b"\n", false, args.text(1)?)),
    Function::new("wrapWith", &[Int, Text, Text], |context, args| {
        let line_end = args.text(1)?;
        let line_end = if line_end.is_empty() { b"\n" } else { line_end };
        wrapped(context, args.int(0)?, line_end, true, args.text(2)?)
    }),
];

/// Go maps characters only where there is one beyond ASCII, and then what is no UTF-8 becomes U+FFFD.
fn mapped_or_ascii(bytes: &[u8], map: fn(char) -> char, ascii: fn(&u8) -> u8) -> Vec<u8> {
    if bytes.is_ascii() { bytes.iter().map(ascii).collect() } else { mapped(bytes, map) }
}

fn each(bytes: &[u8], mut map: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for rune in runes(bytes) {
        push_char(&mut out, map(rune.char));
    }
    out
}

/// What stands between words, as Go's deprecated Title sees it.
fn separates(char: char) -> bool {
    if char.is_ascii() {
        return !(char.is_ascii_alphanumeric() || char == '_');
    }
    !char.is_alphanumeric() && is_space(char)
}

fn without_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_space(char::from(*byte))) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    text.iter().map(|byte| char::from(*byte)).filter(|char| !is_space(*char)).for_each(|char| push_char(&mut out, char));
    out
}

const OUTSIDE: Fault = Fault::Because("a position is outside of the string");

fn abbreviated(text: &[u8], offset: i64, width: i64) -> Result<Vec<u8>, Fault> {
    let length = int(text.len());
    if length <= width {
        return Ok(text.to_vec());
    }
    let offset = offset.min(length);
    let offset = if length.saturating_sub(offset) < width - 3 { length - (width - 3) } else { offset };
    let kept = position(width - 3).ok_or(OUTSIDE)?;
    if offset <= 4 {
        return Ok([text.get(..kept).ok_or(OUTSIDE)?, b"..."].concat());
    }
    if width < 7 {
        return Ok(Vec::new());
    }
    if offset.saturating_add(width - 3) < length {
        let rest = position(offset).and_then(|offset| text.get(offset..)).ok_or(OUTSIDE)?;
        let rest = if width - 3 < 4 { Vec::new() } else { abbreviated(rest, 0, width - 3)? };
        return Ok([b"...", rest.as_slice()].concat());
    }
    Ok([b"...", text.get(text.len() - kept..).ok_or(OUTSIDE)?].concat())
}

fn wrapped(context: &Context<'_>, width: i64, line_end: &[u8], wraps_long: bool, text: &[u8]) -> Outcome {
    let width = position(width.max(1)).ok_or(OUTSIDE)?;
    let mut out = context.out();
    let mut rest = text;
    while rest.len() > width {
        context.steps(1)?;
        if let Some(behind) = rest.strip_prefix(b" ") {
            rest = behind;
            continue;
        }
        let window = rest.get(..=width).unwrap_or(rest);
        let (end, next) = if let Some(blank) = window.iter().rposition(|byte| *byte == b' ') {
            (blank, blank + 1)
        } else if wraps_long {
            (width, width)
        } else {
            match find(rest.get(width..).unwrap_or_default(), b" ") {
                Some(blank) => (width + blank, width + blank + 1),
                None => break,
            }
        };
        out.push(rest.get(..end).unwrap_or_default())?;
        out.push(line_end)?;
        rest = rest.get(next..).unwrap_or_default();
    }
    out.push(rest)?;
    Ok(Value::from(out.finish()))
}
