//! The functions of text/template itself, but for `slice`, in whose place sprig puts its own.

use std::cmp::Ordering;

use super::Function;
use super::Param::{Any, Text as TextParam};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::format;
use crate::number::{int, position};
use crate::value::{Map, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("and", &[Any], |_, args| Ok(args.value(0))).and_more(Any).stopping_at(false),
    Function::new("or", &[Any], |_, args| Ok(args.value(0))).and_more(Any).stopping_at(true),
    Function::new("not", &[Any], |_, args| Ok(Value::Bool(!args.value(0).is_true()))),
    Function::new("eq", &[Any], |_, args| equals_any(&args.value(0), args.from(1)).map(Value::Bool)).and_more(Any),
    Function::new("ne", &[Any, Any], |_, args| equals_any(&args.value(0), args.from(1)).map(|equal| Value::Bool(!equal))),
    Function::new("lt", &[Any, Any], |_, args| less(&args.value(0), &args.value(1)).map(Value::Bool)),
    Function::new("le", &[Any, Any], |_, args| less_or_equal(&args.value(0), &args.value(1)).map(Value::Bool)),
    Function::new("gt", &[Any, Any], |_, args| less_or_equal(&args.value(0), &args.value(1)).map(|is| Value::Bool(!is))),
    Function::new("ge", &[Any, Any], |_, args| less(&args.value(0), &args.value(1)).map(|is| Value::Bool(!is))),
    Function::new("len", &[Any], |_, args| length(&args.value(0))),
    Function::new("index", &[Any], |_, args| index(args.value(0), args.from(1))).and_more(Any),
    Function::new("call", &[Any], |_, _| Err("no value is a function".into())).and_more(Any),
    Function::new("print", &[], |context, args| {
        let mut out = context.out();
        format::sprint(context, args.from(0), &mut out)?;
        Ok(Value::from(out.finish()))
    })
    .and_more(Any),
    Function::new("println", &[], |context, args| println(context, args.from(0))).and_more(Any),
    Function::new("printf", &[TextParam], |context, args| {
        let mut out = context.out();
        format::printf(context, args.text(0)?, args.from(1), &mut out)?;
        Ok(Value::from(out.finish()))
    })
    .and_more(Any),
];

fn println(context: &Context<'_>, values: &[Value]) -> Outcome {
    let mut out = context.out();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.text(" ")?;
        }
        format::plain(context, value, &mut out)?;
    }
    out.text("\n")?;
    Ok(Value::from(out.finish()))
}

/// Go's kinds that can be compared with each other.
#[derive(Clone, Copy, PartialEq)]
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'v [u8]),
    Other,
}

fn basic(value: &Value) -> Basic<'_> {
    match value {
        Value::Bool(bool) => Basic::Bool(*bool),
        Value::Int(number) | Value::Int64(number) => Basic::Int(*number),
        Value::Byte(number) => Basic::Unsigned(u64::from(*number)),
        Value::Unsigned(number) => Basic::Unsigned(*number),
        Value::Float(number) => Basic::Float(*number),
        Value::Text(text) => Basic::Text(text.bytes()),
        _ => Basic::Other,
    }
}

fn equals_any(first: &Value, others: &[Value]) -> Result<bool, Fault> {
    if others.is_empty() {
        return Err("it has nothing to compare with".into());
    }
    for other in others {
        if equals(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(left: &Value, right: &Value) -> Result<bool, Fault> {
    let incompatible = || Err(Fault::Because("values of these types cannot be compared"));
    Ok(match (basic(left), basic(right)) {
        (Basic::Int(left), Basic::Unsigned(right)) | (Basic::Unsigned(right), Basic::Int(left)) => u64::try_from(left) == Ok(right),
        (Basic::Bool(left), Basic::Bool(right)) => left == right,
        (Basic::Int(left), Basic::Int(right)) => left == right,
        (Basic::Unsigned(left), Basic::Unsigned(right)) => left == right,
        (Basic::Float(left), Basic::Float(right)) => left.partial_cmp(&right) == Some(Ordering::Equal),
        (Basic::Text(left), Basic::Text(right)) => left == right,
        (Basic::Other, Basic::Other) => return others_equal(left, right),
        _ if matches!(left, Value::Nil) || matches!(right, Value::Nil) => false,
        _ => return incompatible(),
    })
}

/// Lists and maps can be compared with nil alone.
fn others_equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    let is_nil = |value: &Value| match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil,
        _ => false,
    };
    let is_invalid = |value: &Value| matches!(value, Value::Nil);
    let same_kind = left.kind_name() == right.kind_name();
    if !same_kind && !is_invalid(left) && !is_invalid(right) {
        return Err("values of these types cannot be compared".into());
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    match (left, right) {
        (Value::Time(left), Value::Time(right)) => Ok(left.since(right) == 0 && left.to_string() == right.to_string()),
        (Value::Version(left), Value::Version(right)) => Ok(std::rc::Rc::ptr_eq(left, right)),
        (Value::Pair(left), Value::Pair(right)) => Ok(left.is_same(right)),
        _ => Err("values of these types cannot be compared".into()),
    }
}

fn less(left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(match (basic(left), basic(right)) {
        (Basic::Int(left), Basic::Unsigned(right)) => u64::try_from(left).is_ok_and(|left| left < right) || left < 0,
        (Basic::Unsigned(left), Basic::Int(right)) => u64::try_from(right).is_ok_and(|right| left < right),
        (Basic::Int(left), Basic::Int(right)) => left < right,
        (Basic::Unsigned(left), Basic::Unsigned(right)) => left < right,
        (Basic::Float(left), Basic::Float(right)) => left < right,
        (Basic::Text(left), Basic::Text(right)) => left < right,
        _ => return Err("values of these types have no order".into()),
    })
}

fn less_or_equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(less(left, right)? || equals(left, right)?)
}

fn length(value: &Value) -> Outcome {
    let length = match value {
        Value::Text(text) => text.bytes().len(),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.len(),
        _ => return Err("a value of this type has no length".into()),
    };
    Ok(Value::Int(int(length)))
}

fn index(mut value: Value, indexes: &[Value]) -> Outcome {
    if matches!(value, Value::Nil) {
        return Err("nil has no elements".into());
    }
    for index in indexes {
        value = element(&value, index)?;
    }
    Ok(value)
}

fn element(value: &Value, index: &Value) -> Outcome {
    let at = |length: usize| {
        let number = match index {
            Value::Int(number) | Value::Int64(number) => position(*number),
            Value::Byte(number) => Some(usize::from(*number)),
            Value::Unsigned(number) => usize::try_from(*number).ok(),
            _ => return Err(Fault::Because("an index is no integer")),
        };
        number.filter(|number| *number < length).ok_or(Fault::Because("an index is out of range"))
    };
    match value {
        Value::Text(text) => Ok(Value::Byte(text.bytes().get(at(text.bytes().len())?).copied().unwrap_or_default())),
        Value::List(list) => Ok(list.items().get(at(list.items().len())?).cloned().unwrap_or(Value::Nil)),
        Value::Map(map) => entry(map, index),
        Value::Nil => Err("nil has no elements".into()),
        _ => Err("a value of this type has no elements".into()),
    }
}

fn entry(map: &Map, key: &Value) -> Outcome {
    let Value::Text(key) = key else { return Err("a key is no string".into()) };
    let absent = if map.is_of_texts { Value::from("") } else { Value::Nil };
    Ok(map.get(key.bytes()).unwrap_or(absent))
}
