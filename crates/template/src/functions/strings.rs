//! sprig's functions on strings that cut, join, search and replace. Lengths and positions count bytes.

use super::Function;
use super::Param::{Any, Int, Text};
use super::convert::{strings_of, strval};
use crate::context::{Context, Out};
use crate::fault::{Fault, Outcome};
use crate::format::{self, quote};
use crate::number::{int, position};
use crate::text::{self, find, runes, trimmed};
use crate::value::{Elements, Entries, List, Value};

const TRIM_ALL: Function = Function::new("trimAll", &[Text, Text], |_, args| {
    let cut: Vec<char> = runes(args.text(0)?).map(|rune| rune.char).collect();
    Ok(Value::from(trimmed(args.text(1)?, |char| cut.contains(&char))))
});

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("hello", &[], |_, _| Ok(Value::from("Hello!"))),
    Function::new("trim", &[Text], |_, args| Ok(Value::from(trimmed(args.text(0)?, text::is_space)))),
    TRIM_ALL,
    super::alias("trimall", &TRIM_ALL),
    Function::new("trimSuffix", &[Text, Text], |_, args| {
        let text = args.text(1)?;
        Ok(Value::from(text.strip_suffix(args.text(0)?).unwrap_or(text)))
    }),
    Function::new("trimPrefix", &[Text, Text], |_, args| {
        let text = args.text(1)?;
        Ok(Value::from(text.strip_prefix(args.text(0)?).unwrap_or(text)))
    }),
    Function::new("trunc", &[Int, Text], |_, args| Ok(Value::from(truncated(args.int(0)?, args.text(1)?)))),
    Function::new("substr", &[Int, Int, Text], |_, args| substring(args.int(0)?, args.int(1)?, args.text(2)?)),
    Function::new("repeat", &[Int, Text], |context, args| repeat(context, args.int(0)?, args.text(1)?)),
    Function::new("contains", &[Text, Text], |_, args| Ok(Value::Bool(find(args.text(1)?, args.text(0)?).is_some()))),
    Function::new("hasPrefix", &[Text, Text], |_, args| Ok(Value::Bool(args.text(1)?.starts_with(args.text(0)?)))),
    Function::new("hasSuffix", &[Text, Text], |_, args| Ok(Value::Bool(args.text(1)?.ends_with(args.text(0)?)))),
    Function::new("quote", &[], |context, args| {
        joined(context, args.from(0), |out, value| out.push(&quote::quoted(&strval(context, value)?, '"', false)))
    })
    .and_more(Any),
    Function::new("squote", &[], |context, args| {
        joined(context, args.from(0), |out, value| {
            out.text("'")?;
            format::plain(context, value, out)?;
            out.text("'")
        })
    })
    .and_more(Any),
    Function::new("cat", &[], |context, args| joined(context, args.from(0), |out, value| format::plain(context, value, out)))
        .and_more(Any),
    Function::new("indent", &[Int, Text], |context, args| indent(context, args.int(0)?, args.text(1)?, "")),
    Function::new("nindent", &[Int, Text], |context, args| indent(context, args.int(0)?, args.text(1)?, "\n")),
    Function::new("replace", &[Text, Text, Text], |context, args| {
        let mut out = context.out();
        replace(args.text(2)?, args.text(0)?, args.text(1)?, &mut out)?;
        Ok(Value::from(out.finish()))
    }),
    Function::new("plural", &[Text, Text, Int], |_, args| {
        let form = usize::from(args.int(2)? != 1);
        Ok(args.value(form))
    }),
    Function::new("toString", &[Any], |context, args| Ok(Value::from(strval(context, &args.value(0))?))),
    Function::new("toStrings", &[Any], |context, args| Ok(Value::texts(strings_of(context, &args.value(0))?))),
    Function::new("join", &[Text, Any], |context, args| {
        let mut out = context.out();
        for (index, item) in strings_of(context, &args.value(1))?.iter().enumerate() {
            if index > 0 {
                out.push(args.text(0)?)?;
            }
            format::plain(context, item, &mut out)?;
        }
        Ok(Value::from(out.finish()))
    }),
    Function::new("sortAlpha", &[Any], |context, args| {
        let mut items = match args.value(0) {
            Value::Nil => vec![Value::from("<nil>")],
            value => strings_of(context, &value)?,
        };
        items.sort_by(|left, right| match (left, right) {
            (Value::Text(left), Value::Text(right)) => left.cmp(right),
            _ => std::cmp::Ordering::Equal,
        });
        Ok(Value::texts(items))
    }),
    Function::new("split", &[Text, Text], |context, args| Ok(numbered(context, split(context, args.text(1)?, args.text(0)?, -1)?))),
    Function::new("splitn", &[Text, Int, Text], |context, args| {
        Ok(numbered(context, split(context, args.text(2)?, args.text(0)?, args.int(1)?)?))
    }),
    Function::new("splitList", &[Text, Text], |context, args| {
        let parts = split(context, args.text(1)?, args.text(0)?, -1)?;
        Ok(Value::List(List::new(Elements::Texts, parts)))
    }),
];

fn truncated(count: i64, text: &[u8]) -> &[u8] {
    let length = int(text.len());
    let cut = match count {
        0.. if length > count => position(count).and_then(|end| text.get(..end)),
        ..0 if length.saturating_add(count) > 0 => position(length.saturating_add(count)).and_then(|start| text.get(start..)),
        _ => None,
    };
    cut.unwrap_or(text)
}

fn substring(start: i64, end: i64, text: &[u8]) -> Outcome {
    let cut = if start < 0 {
        position(end).and_then(|end| text.get(..end))
    } else if end < 0 || end > int(text.len()) {
        position(start).and_then(|start| text.get(start..))
    } else {
        position(start).zip(position(end)).and_then(|(start, end)| text.get(start..end))
    };
    cut.map(Value::from).ok_or(Fault::Because("a position is outside of the string"))
}

fn repeat(context: &Context<'_>, count: i64, text: &[u8]) -> Outcome {
    let count = position(count).ok_or(Fault::Because("the count is negative"))?;
    let mut out = context.out();
    for _ in 0..if text.is_empty() { 0 } else { count } {
        out.push(text)?;
    }
    Ok(Value::from(out.finish()))
}

/// Values that are not nil, with blanks between them.
fn joined(context: &Context<'_>, values: &[Value], write: impl Fn(&mut Out, &Value) -> Result<(), Fault>) -> Outcome {
    let mut out = context.out();
    for (index, value) in values.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if index > 0 {
            out.text(" ")?;
        }
        write(&mut out, value)?;
    }
    Ok(Value::from(out.finish()))
}

fn indent(context: &Context<'_>, count: i64, text: &[u8], before: &str) -> Outcome {
    let count = position(count).ok_or(Fault::Because("the count is negative"))?;
    let mut out = context.out();
    out.text(before)?;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.text("\n")?;
        }
        out.fill(b' ', count)?;
        out.push(line)?;
    }
    Ok(Value::from(out.finish()))
}

fn replace(text: &[u8], old: &[u8], new: &[u8], out: &mut Out) -> Result<(), Fault> {
    if old.is_empty() {
        for rune in runes(text) {
            out.push(new)?;
            out.push(text.get(rune.at..rune.at + rune.width).unwrap_or_default())?;
        }
        return out.push(new);
    }
    let mut rest = text;
    while let Some(at) = find(rest, old) {
        out.push(rest.get(..at).unwrap_or_default())?;
        out.push(new)?;
        rest = rest.get(at + old.len()..).unwrap_or_default();
    }
    out.push(rest)
}

/// Go's `SplitN`: at most `most` parts, all of them if negative; without a separator the characters.
pub(super) fn split(context: &Context<'_>, text: &[u8], separator: &[u8], most: i64) -> Result<Vec<Value>, Fault> {
    let most = position(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if most == 0 {
        return Ok(parts);
    }
    let mut rest = text;
    while parts.len() + 1 < most {
        context.steps(1)?;
        let cut = if separator.is_empty() {
            runes(rest).next().map(|rune| (rune.width, rune.width)).filter(|(width, _)| *width < rest.len())
        } else {
            find(rest, separator).map(|at| (at, at + separator.len()))
        };
        let Some((end, next)) = cut else { break };
        parts.push(Value::from(rest.get(..end).unwrap_or_default()));
        rest = rest.get(next..).unwrap_or_default();
    }
    if !(separator.is_empty() && rest.is_empty()) {
        parts.push(Value::from(rest));
    }
    Ok(parts)
}

fn numbered(context: &Context<'_>, parts: Vec<Value>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(index, part)| (text::Text::from(format!("_{index}").as_str()), part));
    Value::Map(context.map_of_texts(entries.collect::<Entries>()))
}
