//! `.name` of a value: the entry of a map, the part of a pair, of a time or of a version.
//!
//! Must never: name in a failure what was not written in the template.

use super::{Machine, OnMissing, Run, at, step};
use crate::fault::Fault;
use crate::functions::Param;
use crate::syntax::Term;
use crate::value::Value;

impl<'r> Machine<'r> {
    /// Follows names from `value`; what the last one finds may take arguments.
    pub(super) fn chain(
        &mut self,
        dot: &Value,
        line: u32,
        mut value: Value,
        names: &'r [String],
        arguments: &'r [Term],
        last: Option<Value>,
    ) -> Run<Value> {
        let mut given = Vec::new();
        for argument in arguments {
            given.push(self.argument(dot, argument, Param::Any)?);
        }
        given.extend(last);
        for (index, name) in names.iter().enumerate() {
            let given = if index + 1 == names.len() { given.as_slice() } else { &[] };
            value = self.field(line, &value, name, given)?;
        }
        Ok(value)
    }

    fn field(&self, line: u32, value: &Value, name: &str, given: &[Value]) -> Run<Value> {
        let found = match value {
            Value::Nil if self.on_missing == OnMissing::NoValue => return Ok(Value::Nil),
            Value::Nil => return at(line, Err(Fault::Missing(name.to_owned()))),
            Value::Map(map) => match map.get(name.as_bytes()) {
                None if self.on_missing == OnMissing::Fail => return at(line, Err(Fault::Missing(name.to_owned()))),
                found => Some(found.unwrap_or(Value::Nil)),
            },
            Value::Pair(pair) => pair.field(name),
            Value::Time(time) => match (name, given) {
                ("Format", [Value::Text(layout)]) => return Ok(Value::from(time.format(layout.bytes()))),
                _ => time.field(name),
            },
            Value::Version(version) => version.field(name),
            _ => None,
        };
        match found {
            Some(_) if !given.is_empty() => step(line, format!("{name} is no function and is given an argument")),
            Some(value) => Ok(value),
            None => step(line, format!("a value of type {} has no field {name}", value.type_name())),
        }
    }
}
