//! YAML text to a map.
//!
//! Must never: pass on what the parser says, which quotes the text; or let aliases outgrow the budget.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, Tag, options};

use super::resolve::{as_float, number_text, resolve};
use crate::context::Context;
use crate::fault::Fault;
use crate::format::{MAX_DEPTH, deeper};
use crate::text::Text;
use crate::value::{Entries, Value};

const SYNTAX: Fault = Fault::Because("the text is no YAML");
const NO_MAP: Fault = Fault::Because("the YAML text is no map at its top");

struct Reader<'r> {
    context: &'r Context<'r>,
    parser: Parser<'r, StrInput<'r>>,
    anchors: HashMap<usize, Value>,
}

/// The entries of the first document.
pub(super) fn read(context: &Context<'_>, text: &[u8]) -> Result<Entries, Fault> {
    let text = std::str::from_utf8(text).map_err(|_| SYNTAX)?;
    let options = options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { context, parser, anchors: HashMap::new() };
    loop {
        match reader.event()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd => return Ok(Entries::new()),
            event => {
                return match reader.node(event, 0)? {
                    Value::Map(map) => Ok(map.snapshot().into_iter().collect()),
                    Value::Nil => Ok(Entries::new()),
                    _ => Err(NO_MAP),
                };
            }
        }
    }
}

impl<'r> Reader<'r> {
    fn event(&mut self) -> Result<Event<'r>, Fault> {
        loop {
            self.context.steps(1)?;
            let (event, _) = self.parser.next().ok_or(SYNTAX)?.map_err(|_| SYNTAX)?;
            if !matches!(event, Event::Comment(..)) {
                return Ok(event);
            }
        }
    }

    fn node(&mut self, event: Event<'r>, depth: usize) -> Result<Value, Fault> {
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or(SYNTAX)?;
                return copied(self.context, &value, depth);
            }
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref())?, anchor),
            Event::SequenceStart(_, anchor, _) => {
                let depth = deeper(depth)?;
                let mut items = Vec::new();
                loop {
                    match self.event()? {
                        Event::SequenceEnd => break,
                        event => items.push(self.node(event, depth)?),
                    }
                }
                (Value::list(items), anchor)
            }
            Event::MappingStart(_, anchor, _) => (self.map(deeper(depth)?)?, anchor),
            _ => return Err(SYNTAX),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries = Entries::new();
        let mut merged = Entries::new();
        loop {
            let event = self.event()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, depth)?;
            let event = self.event()?;
            let value = self.node(event, depth)?;
            if is_merge {
                merge(&mut merged, &value)?;
            } else {
                entries.insert(key_text(&key)?, value);
            }
        }
        for (key, value) in merged {
            entries.entry(key).or_insert(value);
        }
        Ok(Value::Map(self.context.map(entries)))
    }
}

fn merge(merged: &mut Entries, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Map(map) => {
            for (key, value) in map.snapshot() {
                merged.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::List(list) => list.items().iter().try_for_each(|item| merge(merged, item)),
        _ => Err(SYNTAX),
    }
}

/// An alias costs what it stands for.
fn copied(context: &Context<'_>, value: &Value, depth: usize) -> Result<Value, Fault> {
    context.steps(1)?;
    context.work(value.weight())?;
    let depth = deeper(depth)?;
    Ok(match value {
        Value::List(list) => Value::list(list.items().iter().map(|item| copied(context, item, depth)).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let entries = map.snapshot().into_iter().map(|(key, value)| Ok((key, copied(context, &value, depth)?)));
            Value::Map(context.map(entries.collect::<Result<_, Fault>>()?))
        }
        other => other.clone(),
    })
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Fault> {
    let is_text = match tag.map(Tag::suffix) {
        None => style != ScalarStyle::Plain,
        Some("str" | "" | "!") => true,
        Some("int" | "float" | "bool" | "null") => false,
        Some(_) => return Err(Fault::Because("the YAML text has a tag that is not supported")),
    };
    if is_text {
        return Ok(Value::from(text));
    }
    Ok(match resolve(text) {
        None => Value::from(text),
        Some(Value::Float(float)) if !float.is_finite() => {
            return Err(Fault::Because("the YAML text holds a number that JSON has not"));
        }
        Some(value) => as_float(&value).map_or(value, Value::Float),
    })
}

/// A key as JSON has it: a string.
fn key_text(key: &Value) -> Result<Text, Fault> {
    match key {
        Value::Text(text) => Ok(text.clone()),
        Value::Bool(bool) => Ok(Text::from(if *bool { "true" } else { "false" })),
        number @ Value::Float(_) => number_text(number).map(|text| Text::from(text.as_str())).ok_or(SYNTAX),
        _ => Err(Fault::Because("a key of the YAML text is no scalar")),
    }
}
