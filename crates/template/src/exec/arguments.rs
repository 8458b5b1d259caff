//! The arguments of a call: evaluated, and held against the types that the function asks for. Go converts none of
//! them, so neither does this; only a number that is written in the template takes the type that is asked for.

use super::{Machine, Run, at, step, untyped};
use crate::functions::{Function, Param};
use crate::syntax::{Term, TermKind};
use crate::value::{Elements, Value};

impl<'r> Machine<'r> {
    pub(super) fn arguments(
        &mut self,
        dot: &Value,
        line: u32,
        function: &'static Function,
        arguments: &'r [Term],
        last: Option<Value>,
    ) -> Run<Vec<Value>> {
        let count = arguments.len() + usize::from(last.is_some());
        let fixed = function.params.len();
        if count < fixed || (count > fixed && function.rest.is_none()) {
            return step(line, format!("{} is given {count} arguments and takes {fixed}", function.name));
        }
        let param = |index: usize| function.params.get(index).copied().or(function.rest).unwrap_or(Param::Any);
        let mut values = Vec::with_capacity(count);
        for (index, argument) in arguments.iter().enumerate() {
            values.push(self.argument(dot, argument, param(index))?);
        }
        if let Some(last) = last {
            values.push(fitting(line, last, param(count - 1))?);
        }
        Ok(values)
    }

    pub(super) fn argument(&mut self, dot: &Value, term: &'r Term, param: Param) -> Run<Value> {
        let line = term.line;
        match &term.kind {
            TermKind::Nil if param.takes_nil() => Ok(Value::Nil),
            TermKind::Nil => step(line, format!("nil where a {} is needed", param.type_name())),
            TermKind::Bool(_) | TermKind::Number(_) | TermKind::Text(_) => literal(term, param),
            _ => {
                let value = self.term(dot, term)?;
                fitting(line, value, param)
            }
        }
    }
}

fn literal(term: &Term, param: Param) -> Run<Value> {
    let value = match (&term.kind, param) {
        (TermKind::Number(number), Param::Any) => return at(term.line, untyped(*number)),
        (TermKind::Number(number), Param::Int) => number.int.map(Value::Int),
        (TermKind::Number(number), Param::Float) => number.float.map(Value::Float),
        (TermKind::Number(number), Param::Unsigned32) => {
            number.unsigned.filter(|number| u32::try_from(*number).is_ok()).map(Value::Unsigned)
        }
        (TermKind::Text(text), Param::Any | Param::Text) => Some(Value::Text(text.clone())),
        (TermKind::Bool(bool), Param::Any | Param::Bool) => Some(Value::Bool(*bool)),
        _ => None,
    };
    value.map_or_else(|| step(term.line, format!("an argument is no {}", param.type_name())), Ok)
}

/// A value that is of the type asked for.
fn fitting(line: u32, value: Value, param: Param) -> Run<Value> {
    let fits = match (&value, param) {
        (_, Param::Any) => true,
        (Value::Nil, param) => param.takes_nil(),
        (Value::Text(_), Param::Text)
        | (Value::Int(_), Param::Int)
        | (Value::Float(_), Param::Float)
        | (Value::Bool(_), Param::Bool)
        | (Value::Time(_), Param::Time)
        | (Value::Pair(_), Param::Pair) => true,
        (Value::Map(map), Param::Map) => !map.is_of_texts,
        (Value::List(list), Param::List) => list.elements == Elements::Any,
        _ => false,
    };
    if fits {
        return Ok(value);
    }
    step(line, format!("an argument is of type {} where {} is needed", value.type_name(), param.type_name()))
}
