//! How sprig turns a value into a string, an integer or a float; what cannot be turned is zero.

use crate::context::Context;
use crate::fault::Fault;
use crate::format;
use crate::number;
use crate::syntax::{integer, without_underscores};
use crate::value::Value;

/// sprig's strval.
pub(super) fn strval(context: &Context<'_>, value: &Value) -> Result<Vec<u8>, Fault> {
    format::plain_bytes(context, value)
}

/// sprig's strslice: the elements that are not nil as strings; one string of what is no list.
pub(super) fn strings_of(context: &Context<'_>, value: &Value) -> Result<Vec<Value>, Fault> {
    let as_text = |value: &Value| match value {
        Value::Text(text) => Ok(Value::Text(text.clone())),
        other => strval(context, other).map(Value::from),
    };
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => list.items().iter().filter(|item| !matches!(item, Value::Nil)).map(as_text).collect(),
        other => Ok(vec![as_text(other)?]),
    }
}

/// cast's `ToInt64`; its `ToInt` is the same on 64 bits.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Byte(number) => i64::from(*number),
        Value::Unsigned(number) => number.cast_signed(),
        Value::Float(number) => number::truncated(*number),
        Value::Bool(bool) => i64::from(*bool),
        Value::Text(text) => std::str::from_utf8(text.bytes()).ok().and_then(parse_int).unwrap_or(0),
        _ => 0,
    }
}

/// Go's `ParseInt(text, 0, 64)`, behind which `.000` may stand.
fn parse_int(text: &str) -> Option<i64> {
    let whole = match text.trim_end_matches('0').strip_suffix('.') {
        Some(whole) if text.ends_with('0') => whole,
        _ => text,
    };
    i64::try_from(integer(whole)?).ok()
}

/// cast's `ToFloat64`.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Int64(number) => number::float(*number),
        Value::Byte(number) => f64::from(*number),
        Value::Unsigned(number) => number::float_of_unsigned(*number),
        Value::Float(number) => *number,
        Value::Bool(bool) => f64::from(u8::from(*bool)),
        Value::Text(text) => std::str::from_utf8(text.bytes()).ok().and_then(parse_float).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Go's `ParseFloat`: what is too large is an error.
fn parse_float(text: &str) -> Option<f64> {
    let number = without_underscores(text, false)?.parse::<f64>().ok()?;
    let is_named = text.trim_start_matches(['+', '-']).starts_with(['i', 'I', 'n', 'N']);
    (number.is_finite() || is_named).then_some(number)
}
