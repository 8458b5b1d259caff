//! sprig's functions that judge the elements of a list: empty, equal, contained.

use super::Function;
use super::Param::Any;
use super::equal::{DEEP_EQUAL, deep_equal};
use crate::context::Context;
use crate::fault::Fault;
use crate::value::Value;

const COMPACT: Function = Function::new("compact", &[Any], |_, args| {
    Ok(Value::list(args.list(0)?.items().iter().filter(|item| !is_empty(item)).cloned().collect()))
});

const UNIQ: Function = Function::new("uniq", &[Any], |context, args| {
    let mut kept = Vec::new();
    for item in args.list(0)?.items() {
        if !contains(context, &kept, item)? {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
});

const WITHOUT: Function = Function::new("without", &[Any], |context, args| {
    let mut kept = Vec::new();
    for item in args.list(0)?.items() {
        if !contains(context, args.from(1), item)? {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
})
.and_more(Any);

const HAS: Function = Function::new("has", &[Any, Any], |context, args| {
    if matches!(args.value(1), Value::Nil) {
        return Ok(Value::Bool(false));
    }
    Ok(Value::Bool(contains(context, args.list(1)?.items(), &args.value(0))?))
});

pub(super) const FUNCTIONS: &[Function] = &[
    DEEP_EQUAL,
    COMPACT,
    super::alias("mustCompact", &COMPACT),
    UNIQ,
    super::alias("mustUniq", &UNIQ),
    WITHOUT,
    super::alias("mustWithout", &WITHOUT),
    HAS,
    super::alias("mustHas", &HAS),
    Function::new("empty", &[Any], |_, args| Ok(Value::Bool(is_empty(&args.value(0))))),
    Function::new("coalesce", &[], |_, args| Ok(args.from(0).iter().find(|value| !is_empty(value)).cloned().unwrap_or(Value::Nil)))
        .and_more(Any),
    Function::new("all", &[], |_, args| Ok(Value::Bool(!args.from(0).iter().any(is_empty)))).and_more(Any),
    Function::new("any", &[], |_, args| Ok(Value::Bool(!args.from(0).iter().all(is_empty)))).and_more(Any),
];

/// sprig's `empty`: the zero of its type, or of no length.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

fn contains(context: &Context<'_>, items: &[Value], wanted: &Value) -> Result<bool, Fault> {
    for item in items {
        if deep_equal(context, wanted, item, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}
