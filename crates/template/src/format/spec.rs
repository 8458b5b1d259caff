//! One verb with its flags, width and precision, applied to a value; lists and maps element by element.
//!
//! Must never: pad beyond the budget.

use super::{deeper, float, quote};
use crate::context::{Context, Out};
use crate::fault::Fault;
use crate::number::position;
use crate::text::{push_char, rune_count, runes};
use crate::value::{List, Map, Value};

/// Flags, width and precision.
#[expect(clippy::struct_excessive_bools, reason = "one for each flag of Go's")]
#[derive(Clone, Default)]
pub(crate) struct Spec {
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// `%#v`: the flag means something else than with other verbs.
    pub(super) sharp_v: bool,
}

impl Spec {
    pub(super) fn pad(&self, bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
        let padding = self.width.unwrap_or(0).saturating_sub(rune_count(bytes));
        if self.minus {
            out.push(bytes)?;
            return out.fill(b' ', padding);
        }
        out.fill(if self.zero { b'0' } else { b' ' }, padding)?;
        out.push(bytes)
    }

    fn pad_with_blanks(&self, bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
        Self { zero: false, ..self.clone() }.pad(bytes, out)
    }

    /// `value` under `verb`.
    pub(crate) fn value(&self, context: &Context<'_>, value: &Value, verb: char, out: &mut Out, depth: usize) -> Result<(), Fault> {
        context.steps(1)?;
        if depth == 0 && verb == 'T' {
            // The type of nil is padded and never cut.
            let cut =
                if matches!(value, Value::Nil) { value.type_name().as_bytes() } else { self.cut(value.type_name().as_bytes()) };
            return self.pad(cut, out);
        }
        match value {
            Value::Nil if verb == 'v' || depth > 0 => {
                let nil = if depth > 0 && self.sharp_v { "interface {}(nil)" } else { "<nil>" };
                if depth > 0 { out.text(nil) } else { self.pad(nil.as_bytes(), out) }
            }
            Value::Bool(bool) if matches!(verb, 't' | 'v') => self.pad(if *bool { b"true" } else { b"false" }, out),
            Value::Int(number) | Value::Int64(number) if is_integer_verb(verb) => {
                self.integer(number.unsigned_abs(), *number < 0, verb, out)
            }
            Value::Byte(number) if is_integer_verb(verb) => self.unsigned(u64::from(*number), verb, out),
            Value::Unsigned(number) if is_integer_verb(verb) => self.unsigned(*number, verb, out),
            Value::Float(number) if "veEfFgG".contains(verb) => self.float(*number, verb, out),
            Value::Text(text) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => self.string(text.bytes(), verb, out),
            Value::Time(time) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.sharp_v => {
                self.string(time.to_string().as_bytes(), verb, out)
            }
            Value::Version(version) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.sharp_v => {
                self.string(version.to_string().as_bytes(), verb, out)
            }
            Value::List(list) => self.list(context, list, verb, out, depth),
            Value::Map(map) => self.map(context, map, verb, out, depth),
            Value::Pair(pair) if !self.sharp_v => {
                out.text("{")?;
                self.value(context, &pair.certificate, verb, out, depth + 1)?;
                out.text(" ")?;
                self.value(context, &pair.key, verb, out, depth + 1)?;
                out.text("}")
            }
            Value::Time(_) | Value::Version(_) | Value::Pair(_) => {
                Err("this verb does not exist here for values of this type".into())
            }
            Value::Float(_) if "bxX".contains(verb) => Err("this verb does not exist here for values of this type".into()),
            other => self.bad_verb(context, other, verb, out, depth),
        }
    }

    fn bad_verb(&self, context: &Context<'_>, value: &Value, verb: char, out: &mut Out, depth: usize) -> Result<(), Fault> {
        let mut mark = String::from("%!");
        mark.push(verb);
        mark.push('(');
        out.text(&mark)?;
        if matches!(value, Value::Nil) {
            out.text("<nil>")?;
        } else {
            out.text(value.type_name())?;
            out.text("=")?;
            self.value(context, value, 'v', out, depth)?;
        }
        out.text(")")
    }

    fn unsigned(&self, number: u64, verb: char, out: &mut Out) -> Result<(), Fault> {
        if self.sharp_v && verb == 'v' {
            return out.text(&format!("{number:#x}"));
        }
        self.integer(number, false, verb, out)
    }

    fn integer(&self, number: u64, negative: bool, verb: char, out: &mut Out) -> Result<(), Fault> {
        let code = || u32::try_from(number).ok().filter(|_| !negative).and_then(char::from_u32);
        match verb {
            'c' => {
                let mut bytes = Vec::new();
                push_char(&mut bytes, code().unwrap_or(char::REPLACEMENT_CHARACTER));
                return self.pad(&bytes, out);
            }
            'q' => {
                let char = code().unwrap_or(char::REPLACEMENT_CHARACTER);
                let bytes = quote::quoted(char.encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.plus);
                return self.pad(&bytes, out);
            }
            'U' => {
                let number = if negative { number.wrapping_neg() } else { number };
                let digits = self.precision.filter(|precision| *precision > 4).unwrap_or(4);
                let mut text = format!("U+{number:0digits$X}");
                if let Some(char) = code().filter(|char| self.sharp && quote::is_printable(*char)) {
                    text.push_str(&format!(" '{char}'"));
                }
                return self.pad_with_blanks(text.as_bytes(), out);
            }
            _ => {}
        }
        let mut digits = match verb {
            'b' => format!("{number:b}"),
            'o' | 'O' => format!("{number:o}"),
            'x' => format!("{number:x}"),
            'X' => format!("{number:X}"),
            _ => number.to_string(),
        };
        let signed = negative || self.plus || self.space;
        let least = match (self.precision, self.width) {
            (Some(0), _) if number == 0 => return out.fill(b' ', self.width.unwrap_or(0)),
            (Some(precision), _) => precision,
            (None, Some(width)) if self.zero && !self.minus => width.saturating_sub(usize::from(signed)),
            _ => 0,
        };
        let mut zeros = Out::new(1 << 20, crate::fault::Limit::Work);
        zeros.fill(b'0', least.saturating_sub(digits.len()))?;
        digits.insert_str(0, &String::from_utf8_lossy(zeros.bytes()));
        if self.sharp {
            match verb {
                'b' => digits.insert_str(0, "0b"),
                'o' | 'O' if !digits.starts_with('0') => digits.insert(0, '0'),
                'x' => digits.insert_str(0, "0x"),
                'X' => digits.insert_str(0, "0X"),
                _ => {}
            }
        }
        if verb == 'O' {
            digits.insert_str(0, "0o");
        }
        if negative {
            digits.insert(0, '-');
        } else if self.plus {
            digits.insert(0, '+');
        } else if self.space {
            digits.insert(0, ' ');
        }
        self.pad_with_blanks(digits.as_bytes(), out)
    }

    fn float(&self, number: f64, verb: char, out: &mut Out) -> Result<(), Fault> {
        let letter = match verb {
            'v' => 'g',
            'F' => 'f',
            other => other,
        };
        let precision = self.precision.or(if matches!(letter, 'e' | 'E' | 'f') { Some(6) } else { None });
        if precision.is_some_and(|precision| precision > 1000) {
            return Err("its precision is beyond a thousand digits".into());
        }
        let mut text = float::format(number, letter, precision);
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        if self.space && text.starts_with('+') && !self.plus {
            text.replace_range(..1, " ");
        }
        if number.is_infinite() || number.is_nan() {
            let shown = if number.is_nan() && !self.space && !self.plus { "NaN" } else { text.as_str() };
            let shown = if number.is_infinite() && !self.plus && !self.space { text.as_str() } else { shown };
            return self.pad_with_blanks(shown.as_bytes(), out);
        }
        if self.sharp {
            text = with_point(&text, letter, self.precision);
        }
        if self.plus || !text.starts_with('+') {
            let width = self.width.unwrap_or(0);
            if self.zero && !self.minus && width > text.len() {
                let (sign, digits) = text.split_at_checked(1).unwrap_or(("", &text));
                out.text(sign)?;
                out.fill(b'0', width - text.len())?;
                return out.text(digits);
            }
            return self.pad(text.as_bytes(), out);
        }
        self.pad(text.get(1..).unwrap_or_default().as_bytes(), out)
    }

    fn string(&self, bytes: &[u8], verb: char, out: &mut Out) -> Result<(), Fault> {
        match verb {
            'x' | 'X' => self.hexadecimal(bytes, verb, out),
            'q' => self.quoted(bytes, out),
            _ if self.sharp_v => self.quoted(bytes, out),
            _ => self.pad(self.cut(bytes), out),
        }
    }

    fn cut<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let end = self.precision.and_then(|precision| runes(bytes).nth(precision)).map(|rune| rune.at);
        end.and_then(|end| bytes.get(..end)).unwrap_or(bytes)
    }

    fn quoted(&self, bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
        let bytes = self.cut(bytes);
        if self.sharp && quote::can_stand_raw(bytes) {
            let mut raw = vec![b'`'];
            raw.extend_from_slice(bytes);
            raw.push(b'`');
            return self.pad(&raw, out);
        }
        self.pad(&quote::quoted(bytes, '"', self.plus), out)
    }

    fn hexadecimal(&self, bytes: &[u8], verb: char, out: &mut Out) -> Result<(), Fault> {
        let bytes = self.precision.and_then(|precision| bytes.get(..precision)).unwrap_or(bytes);
        let prefix = match (self.sharp, verb) {
            (true, 'x') => "0x",
            (true, _) => "0X",
            _ => "",
        };
        let mut text = Out::new(bytes.len().saturating_mul(5) + 2, crate::fault::Limit::Work);
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 && self.space {
                text.text(" ")?;
            }
            if index == 0 || self.space {
                text.text(prefix)?;
            }
            text.text(&if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") })?;
        }
        self.pad(text.bytes(), out)
    }

    fn list(&self, context: &Context<'_>, list: &List, verb: char, out: &mut Out, depth: usize) -> Result<(), Fault> {
        let depth = deeper(depth)?;
        if self.sharp_v {
            out.text(Value::List(list.clone()).type_name())?;
            if list.is_nil {
                return out.text("(nil)");
            }
        }
        let (open, between, close) = if self.sharp_v { ("{", ", ", "}") } else { ("[", " ", "]") };
        out.text(open)?;
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                out.text(between)?;
            }
            self.value(context, item, verb, out, depth)?;
        }
        out.text(close)
    }

    fn map(&self, context: &Context<'_>, map: &Map, verb: char, out: &mut Out, depth: usize) -> Result<(), Fault> {
        let depth = deeper(depth)?;
        let (between, close) = if self.sharp_v { (", ", "}") } else { (" ", "]") };
        if self.sharp_v {
            out.text(Value::Map(map.clone()).type_name())?;
            out.text("{")?;
        } else {
            out.text("map[")?;
        }
        for (index, (key, value)) in map.snapshot().into_iter().enumerate() {
            if index > 0 {
                out.text(between)?;
            }
            self.value(context, &Value::Text(key), verb, out, depth)?;
            out.text(":")?;
            self.value(context, &value, verb, out, depth)?;
        }
        out.text(close)
    }
}

fn is_integer_verb(verb: char) -> bool {
    "vdboOxXcqU".contains(verb)
}

/// `%#g` and its like: a point always, and for `g` the digits that the precision asks for.
fn with_point(text: &str, letter: char, precision: Option<usize>) -> String {
    let (mantissa, tail) = text.split_at_checked(text.find(['e', 'E']).unwrap_or(text.len())).unwrap_or((text, ""));
    let mut mantissa = mantissa.to_owned();
    let digits = mantissa.chars().filter(char::is_ascii_digit).skip_while(|char| *char == '0').count();
    let wanted = if matches!(letter, 'g' | 'G') { precision.unwrap_or(6).max(1) } else { 0 };
    if !mantissa.contains('.') {
        mantissa.push('.');
    }
    let seen = if mantissa.trim_start_matches(['+', '-', ' ']) == "0." { 1 } else { digits };
    mantissa.extend(std::iter::repeat_n('0', wanted.saturating_sub(seen)));
    mantissa + tail
}

/// A number as a width or precision.
pub(super) fn length(number: i64) -> Option<usize> {
    position(number).filter(|number| *number <= 1_000_000)
}
