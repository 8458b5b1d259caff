//! sprig's maps. `set`, `unset` and the merges change the map that they are given, as in Go; Go's random order of keys
//! is the order of the bytes here.

use super::Function;
use super::Param::{Any, Map as MapParam, Text as TextParam};
use super::collections::is_empty;
use super::convert::strval;
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::format::deeper;
use crate::text::Text;
use crate::value::{Entries, List, Map, Value};

const MERGE: Function = Function::new("merge", &[MapParam], |context, args| merged(context, args.0, false)).and_more(MapParam);
const MERGE_OVERWRITE: Function =
    Function::new("mergeOverwrite", &[MapParam], |context, args| merged(context, args.0, true)).and_more(MapParam);
const DEEP_COPY: Function = Function::new("deepCopy", &[Any], |context, args| match args.value(0) {
    Value::Nil => Err("it is given nil".into()),
    value => deep_copy(context, &value, 0),
});

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("dict", &[], |context, args| {
        let mut entries = Entries::new();
        for pair in args.from(0).chunks(2) {
            let [key, value @ ..] = pair else { continue };
            let value = value.first().cloned().unwrap_or_else(|| Value::from(""));
            entries.insert(Text::new(strval(context, key)?), value);
        }
        Ok(Value::Map(context.map(entries)))
    })
    .and_more(Any),
    Function::new("get", &[MapParam, TextParam], |_, args| {
        let key = args.text(1)?;
        Ok(args.map(0).and_then(|map| map.get(key)).unwrap_or_else(|| Value::from("")))
    }),
    Function::new("set", &[MapParam, TextParam, Any], |_, args| {
        let map = args.map(0).ok_or(Fault::Because("nil cannot be set"))?;
        map.entries.borrow_mut().insert(args.shared_text(1)?.clone(), args.value(2));
        Ok(args.value(0))
    }),
    Function::new("unset", &[MapParam, TextParam], |context, args| {
        let Some(map) = args.map(0) else { return Ok(Value::Map(context.map(Entries::new()))) };
        map.entries.borrow_mut().remove(args.text(1)?);
        Ok(args.value(0))
    }),
    Function::new("hasKey", &[MapParam, TextParam], |_, args| {
        let key = args.text(1)?;
        Ok(Value::Bool(args.map(0).is_some_and(|map| map.get(key).is_some())))
    }),
    Function::new("pluck", &[TextParam], |_, args| {
        let key = args.text(0)?;
        let maps = args.from(1).iter().filter_map(|value| if let Value::Map(map) = value { Some(map) } else { None });
        Ok(Value::list(maps.filter_map(|map| map.get(key)).collect()))
    })
    .and_more(MapParam),
    Function::new("keys", &[], |_, args| {
        let maps = args.from(0).iter().filter_map(|value| if let Value::Map(map) = value { Some(map) } else { None });
        Ok(Value::texts(maps.flat_map(|map| map.snapshot().into_iter().map(|(key, _)| Value::Text(key))).collect()))
    })
    .and_more(MapParam),
    Function::new("values", &[MapParam], |_, args| {
        let entries = args.map(0).map(Map::snapshot).unwrap_or_default();
        Ok(Value::list(entries.into_iter().map(|(_, value)| value).collect()))
    }),
    Function::new("pick", &[MapParam], |context, args| kept(context, args.0, true)).and_more(TextParam),
    Function::new("omit", &[MapParam], |context, args| kept(context, args.0, false)).and_more(TextParam),
    Function::new("dig", &[], |_, args| dig(args.0)).and_more(Any),
    MERGE,
    super::alias("mustMerge", &MERGE),
    MERGE_OVERWRITE,
    super::alias("mustMergeOverwrite", &MERGE_OVERWRITE),
    DEEP_COPY,
    super::alias("mustDeepCopy", &DEEP_COPY),
];

/// The entries of the first argument whose keys are, or are not, among the others.
fn kept(context: &Context<'_>, args: &[Value], wanted: bool) -> Outcome {
    let Some((first, keys)) = args.split_first() else { return Err("it needs a map".into()) };
    let keys: std::collections::BTreeSet<&[u8]> =
        keys.iter().filter_map(|key| if let Value::Text(key) = key { Some(key.bytes()) } else { None }).collect();
    let entries = if let Value::Map(map) = first { map.snapshot() } else { Vec::new() };
    Ok(Value::Map(context.map(entries.into_iter().filter(|(key, _)| keys.contains(key.bytes()) == wanted).collect())))
}

fn dig(args: &[Value]) -> Outcome {
    let [keys @ .., default, value] = args else { return Err("it needs at least three arguments".into()) };
    if keys.is_empty() {
        return Err("it needs at least three arguments".into());
    }
    let mut value = value.clone();
    for key in keys {
        if !matches!(key, Value::Text(_)) {
            return Err("a key is no string".into());
        }
    }
    for key in keys {
        let (Value::Map(map), Value::Text(key)) = (&value, key) else { return Err("a step does not lead to a map".into()) };
        if map.is_of_texts {
            return Err("a step does not lead to a map of any values".into());
        }
        match map.get(key.bytes()) {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

fn merged(context: &Context<'_>, args: &[Value], overwrites: bool) -> Outcome {
    let Some((first, sources)) = args.split_first() else { return Err("it needs a map".into()) };
    let target = match first {
        Value::Map(map) => map.clone(),
        _ => context.map(Entries::new()),
    };
    for source in sources {
        if let Value::Map(source) = source {
            merge(context, &target, source, overwrites, 0)?;
        }
    }
    Ok(Value::Map(target))
}

/// By the rules of mergo: maps are merged, everything else is taken whole or not at all.
fn merge(context: &Context<'_>, target: &Map, source: &Map, overwrites: bool, depth: usize) -> Result<(), Fault> {
    let depth = deeper(depth)?;
    for (key, value) in source.snapshot() {
        context.steps(1)?;
        let before = target.get(key.bytes());
        if matches!(value, Value::Nil) {
            if overwrites {
                target.entries.borrow_mut().insert(key, value);
            }
            continue;
        }
        if let (Some(Value::Map(target)), Value::Map(source)) = (&before, &value) {
            merge(context, target, source, overwrites, depth)?;
            if target.len() > 0 {
                continue;
            }
        }
        if overwrites || before.as_ref().is_none_or(is_empty) {
            target.entries.borrow_mut().insert(key, value);
        }
    }
    Ok(())
}

fn deep_copy(context: &Context<'_>, value: &Value, depth: usize) -> Outcome {
    context.steps(1)?;
    let depth = deeper(depth)?;
    Ok(match value {
        Value::List(list) if list.is_nil => value.clone(),
        Value::List(list) => {
            let items = list.items().iter().map(|item| deep_copy(context, item, depth)).collect::<Result<_, _>>()?;
            Value::List(List::new(list.elements, items))
        }
        Value::Map(map) => {
            let entries = map.snapshot().into_iter().map(|(key, value)| Ok((key, deep_copy(context, &value, depth)?)));
            let copy = context.map(entries.collect::<Result<_, Fault>>()?);
            Value::Map(Map { is_of_texts: map.is_of_texts, ..copy })
        }
        other => other.clone(),
    })
}
