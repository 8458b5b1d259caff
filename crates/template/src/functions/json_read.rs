//! JSON text to values, with numbers as float64, as Go reads it into an `interface {}`.
//!
//! Must never: say where or what it could not read.

use crate::context::Context;
use crate::fault::Fault;
use crate::format::deeper;
use crate::text::{Text, push_char, runes};
use crate::value::{Entries, Value};

/// What was read.
pub(super) struct Read {
    pub(super) value: Value,
    /// Whether every number fitted; one that does not is nil.
    pub(super) is_whole: bool,
}

/// Reads one document; none if it is not JSON.
pub(super) fn read(context: &Context<'_>, text: &[u8]) -> Result<Option<Read>, Fault> {
    let mut reader = Reader { context, rest: text, is_whole: true };
    let value = reader.value(0)?;
    reader.skip_blank();
    let is_whole = reader.is_whole;
    Ok(value.filter(|_| reader.rest.is_empty()).map(|value| Read { value, is_whole }))
}

struct Reader<'r> {
    context: &'r Context<'r>,
    rest: &'r [u8],
    is_whole: bool,
}

/// None where the text is no JSON.
type Found<T> = Result<Option<T>, Fault>;

impl Reader<'_> {
    fn skip_blank(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn accept(&mut self, prefix: &[u8]) -> bool {
        self.skip_blank();
        self.rest.strip_prefix(prefix).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn value(&mut self, depth: usize) -> Found<Value> {
        self.context.steps(1)?;
        self.skip_blank();
        match self.rest.first() {
            Some(b'{') => self.object(deeper(depth)?),
            Some(b'[') => self.array(deeper(depth)?),
            Some(b'"') => Ok(self.string().map(Value::from)),
            Some(b'-' | b'0'..=b'9') => Ok(self.number()),
            _ if self.accept(b"null") => Ok(Some(Value::Nil)),
            _ if self.accept(b"true") => Ok(Some(Value::Bool(true))),
            _ if self.accept(b"false") => Ok(Some(Value::Bool(false))),
            _ => Ok(None),
        }
    }

    fn object(&mut self, depth: usize) -> Found<Value> {
        self.accept(b"{");
        let mut entries = Entries::new();
        if !self.accept(b"}") {
            loop {
                self.skip_blank();
                let Some(key) = self.string() else { return Ok(None) };
                if !self.accept(b":") {
                    return Ok(None);
                }
                let Some(value) = self.value(depth)? else { return Ok(None) };
                entries.insert(Text::new(key), value);
                if self.accept(b"}") {
                    break;
                }
                if !self.accept(b",") {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Value::Map(self.context.map(entries))))
    }

    fn array(&mut self, depth: usize) -> Found<Value> {
        self.accept(b"[");
        let mut items = Vec::new();
        if !self.accept(b"]") {
            loop {
                let Some(value) = self.value(depth)? else { return Ok(None) };
                items.push(value);
                if self.accept(b"]") {
                    break;
                }
                if !self.accept(b",") {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Value::list(items)))
    }

    fn number(&mut self) -> Option<Value> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)).count();
        let (number, rest) = self.rest.split_at_checked(length)?;
        let text = std::str::from_utf8(number).ok()?;
        if !is_number(text) {
            return None;
        }
        self.rest = rest;
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        self.is_whole &= number.is_some();
        Some(number.map_or(Value::Nil, Value::Float))
    }

    fn string(&mut self) -> Option<Vec<u8>> {
        let text = self.rest.strip_prefix(b"\"")?;
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            let rune = runes(text.get(at..)?).next()?;
            at += rune.width;
            match rune.char {
                '"' => {
                    self.rest = text.get(at..)?;
                    return Some(out);
                }
                '\\' => at += escape(text.get(at..)?, &mut out)?,
                char if char < ' ' => return None,
                char => push_char(&mut out, char),
            }
        }
    }
}

/// Takes what stands behind a backslash and says how long it is.
fn escape(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let simple = match text.first()? {
        b'u' => {
            let first = code_unit(text.get(1..5)?)?;
            if let Some(char) = char::from_u32(first) {
                push_char(out, char);
                return Some(5);
            }
            let second = text.get(5..7).filter(|mark| *mark == b"\\u").and_then(|_| code_unit(text.get(7..11)?));
            if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second) {
                push_char(out, char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00))?);
                return Some(11);
            }
            push_char(out, char::REPLACEMENT_CHARACTER);
            return Some(5);
        }
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        plain @ (b'"' | b'\\' | b'/') => *plain,
        _ => return None,
    };
    out.push(simple);
    Some(1)
}

fn code_unit(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// JSON's grammar of numbers.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && digits(fraction)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}
