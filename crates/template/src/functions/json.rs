//! JSON written as Go's encoding/json writes it, and read into Go's types.

use super::Function;
use super::Param::{Any, Text};
use super::json_read;
use crate::context::{Context, Out};
use crate::fault::{Fault, Outcome};
use crate::format::{deeper, float};
use crate::text::runes;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toJson", &[Any], |context, args| or_empty(json(context, &args.value(0), Style::ESCAPED))),
    Function::new("mustToJson", &[Any], |context, args| json(context, &args.value(0), Style::ESCAPED)),
    Function::new("toPrettyJson", &[Any], |context, args| or_empty(json(context, &args.value(0), Style::PRETTY))),
    Function::new("mustToPrettyJson", &[Any], |context, args| json(context, &args.value(0), Style::PRETTY)),
    Function::new("toRawJson", &[Any], |context, args| json(context, &args.value(0), Style::RAW)),
    Function::new("mustToRawJson", &[Any], |context, args| json(context, &args.value(0), Style::RAW)),
    Function::new("fromJson", &[Text], |context, args| {
        Ok(json_read::read(context, args.text(0)?)?.map_or(Value::Nil, |read| read.value))
    }),
    Function::new("mustFromJson", &[Text], |context, args| match json_read::read(context, args.text(0)?)? {
        Some(read) if read.is_whole => Ok(read.value),
        _ => Err("its input is no JSON".into()),
    }),
];

/// How to write.
#[derive(Clone, Copy)]
pub(super) struct Style {
    escapes_html: bool,
    indents: bool,
}

impl Style {
    pub(super) const ESCAPED: Self = Self { escapes_html: true, indents: false };
    const PRETTY: Self = Self { escapes_html: true, indents: true };
    const RAW: Self = Self { escapes_html: false, indents: false };
}

/// What no JSON can hold gives the empty string.
fn or_empty(result: Outcome) -> Outcome {
    match result {
        Err(Fault::Because(_)) => Ok(Value::from("")),
        other => other,
    }
}

fn json(context: &Context<'_>, value: &Value, style: Style) -> Outcome {
    let mut writer = Writer { context, style, out: context.out() };
    writer.value(value, 0)?;
    Ok(Value::from(writer.out.finish()))
}

struct Writer<'w> {
    context: &'w Context<'w>,
    style: Style,
    out: Out,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        self.context.steps(1)?;
        match value {
            Value::Nil => self.out.text("null"),
            Value::Bool(bool) => self.out.text(if *bool { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) => self.out.text(&number.to_string()),
            Value::Byte(number) => self.out.text(&number.to_string()),
            Value::Unsigned(number) => self.out.text(&number.to_string()),
            Value::Float(number) => {
                let number = float_text(*number).ok_or(Fault::Because("JSON has no such number"))?;
                self.out.text(&number)
            }
            Value::Text(text) => string(text.bytes(), self.style.escapes_html, &mut self.out),
            Value::List(list) if list.is_nil => self.out.text("null"),
            Value::List(list) => {
                let items = list.items().iter().map(|item| (None, item.clone())).collect();
                self.members(items, b"[", b"]", depth)
            }
            Value::Map(map) => {
                let entries = map.snapshot().into_iter().map(|(key, value)| (Some(key), value)).collect();
                self.members(entries, b"{", b"}", depth)
            }
            Value::Time(time) => {
                let text = time.format(b"2006-01-02T15:04:05.999999999Z07:00");
                string(&text, self.style.escapes_html, &mut self.out)
            }
            Value::Version(version) => string(version.to_string().as_bytes(), self.style.escapes_html, &mut self.out),
            Value::Pair(pair) => {
                let parts = [("Cert", pair.certificate.clone()), ("Key", pair.key.clone())];
                self.members(parts.into_iter().map(|(name, value)| (Some(name.into()), value)).collect(), b"{", b"}", depth)
            }
        }
    }

    fn members(
        &mut self,
        members: Vec<(Option<crate::text::Text>, Value)>,
        open: &[u8],
        close: &[u8],
        depth: usize,
    ) -> Result<(), Fault> {
        let inner = deeper(depth)?;
        self.out.push(open)?;
        let is_empty = members.is_empty();
        for (index, (key, value)) in members.into_iter().enumerate() {
            if index > 0 {
                self.out.text(",")?;
            }
            self.line(inner)?;
            if let Some(key) = key {
                string(key.bytes(), self.style.escapes_html, &mut self.out)?;
                self.out.text(if self.style.indents { ": " } else { ":" })?;
            }
            self.value(&value, inner)?;
        }
        if !is_empty {
            self.line(depth)?;
        }
        self.out.push(close)
    }

    fn line(&mut self, depth: usize) -> Result<(), Fault> {
        if !self.style.indents {
            return Ok(());
        }
        self.out.text("\n")?;
        self.out.fill(b' ', 2 * depth)
    }
}

/// A float64 as encoding/json writes it; none for what is not finite.
pub(super) fn float_text(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = float::format(number, 'e', None);
        return Some(text.replace("e-0", "e-"));
    }
    Some(float::format(number, 'f', None))
}

fn string(bytes: &[u8], escapes_html: bool, out: &mut Out) -> Result<(), Fault> {
    out.text("\"")?;
    for rune in runes(bytes) {
        match rune.char {
            _ if rune.is_broken() => out.text("\\ufffd")?,
            '"' => out.text("\\\"")?,
            '\\' => out.text("\\\\")?,
            '\u{8}' => out.text("\\b")?,
            '\u{c}' => out.text("\\f")?,
            '\n' => out.text("\\n")?,
            '\r' => out.text("\\r")?,
            '\t' => out.text("\\t")?,
            '<' | '>' | '&' if escapes_html => out.text(&format!("\\u{:04x}", u32::from(rune.char)))?,
            '\u{2028}' | '\u{2029}' => out.text(&format!("\\u{:04x}", u32::from(rune.char)))?,
            char if char < ' ' => out.text(&format!("\\u{:04x}", u32::from(char)))?,
            _ => out.push(bytes.get(rune.at..rune.at + rune.width).unwrap_or_default())?,
        }
    }
    out.text("\"")
}
