//! Values as text, byte for byte as Go's fmt prints them.
//!
//! Must never: outgrow the budget, or follow values deeper than its limit.

pub(crate) mod float;
mod printf;
pub(crate) mod quote;
mod spec;

pub(crate) use printf::printf;
pub(crate) use spec::Spec;

use crate::context::{Context, Out};
use crate::fault::{Fault, Limit};
use crate::value::Value;

/// How deep values may stand in each other where they are printed, compared or copied.
pub(crate) const MAX_DEPTH: usize = 100;

/// Fails where a value stands too deep.
pub(crate) fn deeper(depth: usize) -> Result<usize, Fault> {
    if depth == MAX_DEPTH { Err(Fault::Limit(Limit::Depth)) } else { Ok(depth + 1) }
}

/// What an action prints.
pub(crate) fn print(context: &Context<'_>, value: &Value, out: &mut Out) -> Result<(), Fault> {
    match value {
        Value::Nil => out.text("<no value>"),
        Value::Text(text) => out.push(text.bytes()),
        other => plain(context, other, out),
    }
}

/// `%v`
pub(crate) fn plain(context: &Context<'_>, value: &Value, out: &mut Out) -> Result<(), Fault> {
    match value {
        Value::Text(text) => out.push(text.bytes()),
        other => Spec::default().value(context, other, 'v', out, 0),
    }
}

/// `%v` as bytes of their own.
pub(crate) fn plain_bytes(context: &Context<'_>, value: &Value) -> Result<Vec<u8>, Fault> {
    if let Value::Text(text) = value {
        return Ok(text.bytes().to_vec());
    }
    let mut out = context.out();
    plain(context, value, &mut out)?;
    Ok(out.finish())
}

/// Go's Sprint: a blank between neighbours none of which is a string.
pub(crate) fn sprint(context: &Context<'_>, values: &[Value], out: &mut Out) -> Result<(), Fault> {
    let mut before_is_text = true;
    for (index, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Text(_));
        if index > 0 && !is_text && !before_is_text {
            out.text(" ")?;
        }
        plain(context, value, out)?;
        before_is_text = is_text;
    }
    Ok(())
}
