//! Values to YAML text in yaml.v2's layout: keys sorted, lists not indented under their key.

use std::cmp::Ordering;

use super::resolve::number_text;
use super::scalar::{Place, string};
use crate::context::{Context, Out};
use crate::fault::Fault;
use crate::format::deeper;
use crate::functions::json::float_text;
use crate::text::lossy;
use crate::value::Value;

/// Keys beyond this length are written in another form.
const LONGEST_KEY: usize = 128;

/// The text of a value, without the line break at its end.
pub(super) fn write(context: &Context<'_>, value: &Value) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { context, out: context.out() };
    writer.node(value, 0, 0, true)?;
    let mut bytes = writer.out.finish();
    if bytes.ends_with(b"\n") {
        bytes.pop();
    }
    Ok(bytes)
}

struct Writer<'w> {
    context: &'w Context<'w>,
    out: Out,
}

impl Writer<'_> {
    /// A value that begins where the writer is, in a collection at column `indent`.
    fn node(&mut self, value: &Value, indent: usize, depth: usize, is_root: bool) -> Result<(), Fault> {
        self.context.steps(1)?;
        let depth = deeper(depth)?;
        match value {
            Value::List(list) if list.is_nil => self.out.text("null"),
            Value::List(list) if list.items().is_empty() => self.out.text("[]"),
            Value::List(list) => {
                for (index, item) in list.items().iter().enumerate() {
                    self.next_line(index, indent)?;
                    self.out.text("- ")?;
                    self.node(item, indent + 2, depth, false)?;
                }
                Ok(())
            }
            Value::Map(map) if map.len() == 0 => self.out.text("{}"),
            Value::Map(map) => {
                self.map(map.snapshot().into_iter().map(|(key, value)| (lossy(key.bytes()), value)).collect(), indent, depth)
            }
            Value::Pair(pair) => {
                let parts = [("Cert", pair.certificate.clone()), ("Key", pair.key.clone())];
                self.map(
                    parts.into_iter().map(|(key, value)| (zeroize::Zeroizing::new(key.to_owned()), value)).collect(),
                    indent,
                    depth,
                )
            }
            scalar => self.scalar(scalar, if is_root { 2 } else { indent }),
        }
    }

    fn next_line(&mut self, index: usize, indent: usize) -> Result<(), Fault> {
        if index == 0 {
            return Ok(());
        }
        if !self.out.bytes().ends_with(b"\n") {
            self.out.text("\n")?;
        }
        self.out.fill(b' ', indent)
    }

    fn map(&mut self, mut entries: Vec<(zeroize::Zeroizing<String>, Value)>, indent: usize, depth: usize) -> Result<(), Fault> {
        entries.sort_by(|(left, _), (right, _)| natural_order(left, right));
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.next_line(index, indent)?;
            if key.len() > LONGEST_KEY || key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                return Err(Fault::Because("a key is too long for a line of YAML"));
            }
            string(&key, Place { indent, column: indent, is_key: true }, &mut self.out)?;
            self.out.text(":")?;
            match &value {
                Value::List(list) if !list.items().is_empty() => {
                    self.next_line(1, indent)?;
                    self.node(&value, indent, depth, false)?;
                }
                Value::Map(map) if map.len() > 0 => {
                    self.next_line(1, indent + 2)?;
                    self.node(&value, indent + 2, depth, false)?;
                }
                Value::Pair(_) => {
                    self.next_line(1, indent + 2)?;
                    self.node(&value, indent + 2, depth, false)?;
                }
                _ => {
                    self.out.text(" ")?;
                    self.node(&value, indent + 2, depth, false)?;
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, value: &Value, indent: usize) -> Result<(), Fault> {
        let text = match value {
            Value::Nil => "null".to_owned(),
            Value::Bool(bool) => bool.to_string(),
            Value::Int(number) | Value::Int64(number) => number.to_string(),
            Value::Byte(number) => number.to_string(),
            Value::Unsigned(number) => number.to_string(),
            Value::Float(float) => {
                let json = float_text(*float).ok_or(Fault::Because("JSON has no such number"))?;
                let read = super::resolve::resolve(&json).and_then(|number| number_text(&number));
                read.ok_or(Fault::Because("JSON has no such number"))?
            }
            Value::Text(text) => return self.string(&lossy(text.bytes()), indent),
            Value::Time(time) => {
                let text = time.format(b"2006-01-02T15:04:05.999999999Z07:00");
                return self.string(&lossy(&text), indent);
            }
            Value::Version(version) => return self.string(&version.to_string(), indent),
            _ => return Err(Fault::Because("YAML has no such value")),
        };
        self.out.text(&text)
    }

    fn string(&mut self, text: &str, indent: usize) -> Result<(), Fault> {
        // These cannot stand in a YAML stream, and JSON does not escape them.
        let is_forbidden = |char: char| matches!(char, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        if text.contains(is_forbidden) {
            return Err(Fault::Because("YAML has no such character"));
        }
        let line = self.out.bytes().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let column = crate::text::rune_count(line);
        string(text, Place { indent, column, is_key: false }, &mut self.out)
    }
}

/// yaml.v2's order of keys: numbers by value, letters behind everything else.
fn natural_order(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    for (at, (a, b)) in left.iter().copied().zip(right.iter().copied()).enumerate() {
        if a == b {
            continue;
        }
        return match (a.is_alphabetic(), b.is_alphabetic()) {
            (true, true) => a.cmp(&b),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => numbers_first(&left, &right, at).then(a.cmp(&b)),
        };
    }
    left.len().cmp(&right.len())
}

/// Compares the numbers that begin at `at`; equal if neither has one.
fn numbers_first(left: &[char], right: &[char], at: usize) -> Ordering {
    let zero = left.get(at) == Some(&'0') || right.get(at) == Some(&'0');
    let within = left.get(..at).unwrap_or_default().iter().rev().take_while(|char| char.is_numeric()).any(|char| *char != '0');
    let start = i64::from(zero && within);
    let number = |chars: &[char]| {
        let digits = chars.get(at..).unwrap_or_default().iter().map_while(|char| char.to_digit(10));
        let count = digits.clone().count();
        (digits.fold(start, |number, digit| number.wrapping_mul(10).wrapping_add(i64::from(digit))), count)
    };
    number(left).cmp(&number(right))
}
