//! Go's Sprintf.

use super::spec::{Spec, length};
use crate::context::{Context, Out};
use crate::fault::Fault;
use crate::number::int;
use crate::text::runes;
use crate::value::Value;

struct Printer<'p> {
    context: &'p Context<'p>,
    format: &'p [u8],
    at: usize,
    values: &'p [Value],
    next: usize,
    reordered: bool,
    good_index: bool,
}

/// Writes `format` with the verbs replaced by `values`.
pub(crate) fn printf(context: &Context<'_>, format: &[u8], values: &[Value], out: &mut Out) -> Result<(), Fault> {
    let mut printer = Printer { context, format, at: 0, values, next: 0, reordered: false, good_index: true };
    while printer.at < format.len() {
        let rest = format.get(printer.at..).unwrap_or_default();
        let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        out.push(rest.get(..plain).unwrap_or_default())?;
        printer.at += plain;
        if printer.at < format.len() {
            printer.at += 1;
            printer.verb(out)?;
        }
    }
    printer.extra(out)
}

impl Printer<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn verb(&mut self, out: &mut Out) -> Result<(), Fault> {
        self.good_index = true;
        let mut spec = self.flags();
        let mut after_index = self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.star() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.zero &= width >= 0;
                    spec.width = length(width.saturating_abs());
                }
                None => out.text("%!(BADWIDTH)")?,
            }
            after_index = false;
        } else {
            let digits = self.digits();
            spec.width = digits;
            if after_index && digits.is_some() {
                self.good_index = false;
            }
        }
        // A point at the very end is a verb.
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            if after_index {
                self.good_index = false;
            }
            after_index = self.index();
            if self.peek() == Some(b'*') {
                self.at += 1;
                let star = self.star();
                spec.precision = star.filter(|precision| *precision >= 0).and_then(length);
                if spec.precision.is_none() {
                    out.text("%!(BADPREC)")?;
                }
                after_index = false;
            } else {
                spec.precision = Some(self.digits().unwrap_or(0));
            }
        }
        if !after_index {
            self.index();
        }
        let Some(rune) = runes(self.format.get(self.at..).unwrap_or_default()).next() else {
            return out.text("%!(NOVERB)");
        };
        self.at += rune.width;
        self.apply(spec, rune.char, out)
    }

    fn apply(&mut self, mut spec: Spec, verb: char, out: &mut Out) -> Result<(), Fault> {
        if verb == '%' {
            return out.text("%");
        }
        let mut shown = String::from("%!");
        shown.push(verb);
        if !self.good_index {
            return out.text(&(shown + "(BADINDEX)"));
        }
        let Some(value) = self.values.get(self.next) else { return out.text(&(shown + "(MISSING)")) };
        self.next += 1;
        if verb == 'v' {
            spec.sharp_v = std::mem::take(&mut spec.sharp);
            // It asks for the names of fields, and signs no number.
            spec.plus = false;
        }
        spec.value(self.context, value, verb, out, 0)
    }

    fn flags(&mut self) -> Spec {
        let mut spec = Spec::default();
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => spec.sharp = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                b' ' => spec.space = true,
                _ => break,
            }
            self.at += 1;
        }
        spec.zero &= !spec.minus;
        spec
    }

    fn digits(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let sum = number.unwrap_or(0_i64).saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            number = Some(sum.min(2_000_000));
            self.at += 1;
        }
        number.and_then(length)
    }

    /// The argument that a star stands for.
    fn star(&mut self) -> Option<i64> {
        let value = self.values.get(self.next);
        self.next += usize::from(value.is_some());
        match value {
            Some(Value::Int(number) | Value::Int64(number)) => {
                Some(*number).filter(|number| length(number.saturating_abs()).is_some())
            }
            Some(Value::Byte(number)) => Some(i64::from(*number)),
            Some(Value::Unsigned(number)) => i64::try_from(*number).ok().filter(|number| length(*number).is_some()),
            _ => None,
        }
    }

    /// `[n]`: which argument comes next.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at + 1..).unwrap_or_default();
        let Some(close) = rest.iter().position(|byte| *byte == b']') else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let digits = rest.get(..close).unwrap_or_default();
        self.at += close + 2;
        let number = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let index = number.and_then(|digits| digits.parse::<usize>().ok()).and_then(|number| number.checked_sub(1));
        let Some(known) = index.filter(|index| *index < self.values.len()) else {
            self.good_index = false;
            return index.is_some();
        };
        self.next = known;
        true
    }

    fn extra(&self, out: &mut Out) -> Result<(), Fault> {
        if self.reordered || int(self.next) >= int(self.values.len()) {
            return Ok(());
        }
        out.text("%!(EXTRA ")?;
        for (index, value) in self.values.iter().skip(self.next).enumerate() {
            if index > 0 {
                out.text(", ")?;
            }
            if matches!(value, Value::Nil) {
                out.text("<nil>")?;
            } else {
                out.text(value.type_name())?;
                out.text("=")?;
                Spec::default().value(self.context, value, 'v', out, 0)?;
            }
        }
        out.text(")")
    }
}
