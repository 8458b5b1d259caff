//! Go's reflect.DeepEqual: equal only with equal types.

use super::Function;
use super::Param::Any;
use crate::context::Context;
use crate::fault::Fault;
use crate::format::deeper;
use crate::value::Value;

pub(super) const DEEP_EQUAL: Function = Function::new("deepEqual", &[Any, Any], |context, args| {
    Ok(Value::Bool(deep_equal(context, &args.value(0), &args.value(1), 0)?))
});

pub(super) fn deep_equal(context: &Context<'_>, left: &Value, right: &Value, depth: usize) -> Result<bool, Fault> {
    context.steps(1)?;
    if left.type_name() != right.type_name() {
        return Ok(false);
    }
    let depth = deeper(depth)?;
    Ok(match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => left == right,
        (Value::Byte(left), Value::Byte(right)) => left == right,
        (Value::Unsigned(left), Value::Unsigned(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right) == Some(std::cmp::Ordering::Equal),
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            if left.is_nil != right.is_nil || left.items().len() != right.items().len() {
                return Ok(false);
            }
            for (left, right) in left.items().iter().zip(right.items()) {
                if !deep_equal(context, left, right, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(left), Value::Map(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for ((left_key, left), (right_key, right)) in left.snapshot().into_iter().zip(right.snapshot()) {
                if left_key != right_key || !deep_equal(context, &left, &right, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Time(left), Value::Time(right)) => left.since(right) == 0 && left.to_string() == right.to_string(),
        (Value::Version(left), Value::Version(right)) => left == right,
        (Value::Pair(left), Value::Pair(right)) => left.is_same(right),
        _ => false,
    })
}
