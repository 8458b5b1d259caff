//! sprig's functions that take a list apart or put one together. Each makes a new list; where Go panics they fail.

use super::Function;
use super::Param::{Any, Int};
use super::convert::to_int;
use crate::fault::{Fault, Outcome};
use crate::number::{int, position};
use crate::value::{Elements, List, Value};

const LIST: Function = Function::new("list", &[], |_, args| Ok(Value::list(args.from(0).to_vec()))).and_more(Any);

const APPEND: Function = Function::new("append", &[Any, Any], |_, args| {
    let mut items = args.list(0)?.items().to_vec();
    items.push(args.value(1));
    Ok(Value::list(items))
});

const PREPEND: Function = Function::new("prepend", &[Any, Any], |_, args| {
    let mut items = vec![args.value(1)];
    items.extend_from_slice(args.list(0)?.items());
    Ok(Value::list(items))
});

const FIRST: Function = Function::new("first", &[Any], |_, args| Ok(args.list(0)?.items().first().cloned().unwrap_or(Value::Nil)));

const LAST: Function = Function::new("last", &[Any], |_, args| Ok(args.list(0)?.items().last().cloned().unwrap_or(Value::Nil)));

const REST: Function =
    Function::new("rest", &[Any], |_, args| Ok(some_of(args.list(0)?.items().split_first().map(|(_, rest)| rest))));

const INITIAL: Function =
    Function::new("initial", &[Any], |_, args| Ok(some_of(args.list(0)?.items().split_last().map(|(_, rest)| rest))));

const REVERSE: Function =
    Function::new("reverse", &[Any], |_, args| Ok(Value::list(args.list(0)?.items().iter().rev().cloned().collect())));

const SLICE: Function = Function::new("slice", &[Any], |_, args| slice(args.list(0)?, args.from(1))).and_more(Any);

const CHUNK: Function = Function::new("chunk", &[Int, Any], |_, args| chunk(args.int(0)?, args.list(1)?));

pub(super) const FUNCTIONS: &[Function] = &[
    LIST,
    super::alias("tuple", &LIST),
    APPEND,
    super::alias("push", &APPEND),
    super::alias("mustAppend", &APPEND),
    super::alias("mustPush", &APPEND),
    PREPEND,
    super::alias("mustPrepend", &PREPEND),
    FIRST,
    super::alias("mustFirst", &FIRST),
    LAST,
    super::alias("mustLast", &LAST),
    REST,
    super::alias("mustRest", &REST),
    INITIAL,
    super::alias("mustInitial", &INITIAL),
    REVERSE,
    super::alias("mustReverse", &REVERSE),
    SLICE,
    super::alias("mustSlice", &SLICE),
    CHUNK,
    super::alias("mustChunk", &CHUNK),
    Function::new("concat", &[], |context, args| {
        let mut items = Vec::new();
        for (index, _) in args.from(0).iter().enumerate() {
            let list = args.list(index)?;
            context.steps(list.items().len())?;
            items.extend_from_slice(list.items());
        }
        Ok(if items.is_empty() { Value::List(List::nil(Elements::Any)) } else { Value::list(items) })
    })
    .and_more(Any),
];

/// A list of any; Go's nil slice where there was none to take from.
fn some_of(items: Option<&[Value]>) -> Value {
    Value::List(items.map_or_else(|| List::nil(Elements::Any), |items| List::new(Elements::Any, items.to_vec())))
}

fn slice(list: &List, indexes: &[Value]) -> Outcome {
    if list.items().is_empty() {
        return Ok(Value::Nil);
    }
    let start = indexes.first().map_or(0, to_int);
    let end = indexes.get(1).map_or_else(|| int(list.items().len()), to_int);
    let items = position(start).zip(position(end)).and_then(|(start, end)| list.items().get(start..end));
    let items = items.ok_or(Fault::Because("a position is outside of the list"))?;
    Ok(Value::List(List::new(list.elements, items.to_vec())))
}

fn chunk(size: i64, list: &List) -> Outcome {
    let size = position(size).filter(|size| *size > 0).ok_or(Fault::Because("the size of a chunk is not positive"))?;
    let chunks = list.items().chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(Value::List(List::new(Elements::Lists, chunks)))
}
