//! `toYaml` and `fromYaml`: YAML 1.1 by way of JSON, as sigs.k8s.io/yaml has it.

mod read;
mod resolve;
mod scalar;
mod write;

use super::Function;
use super::Param::{Any, Text};
use crate::fault::Fault;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toYaml", &[Any], |context, args| match write::write(context, &args.value(0)) {
        // What no YAML can hold gives the empty string.
        Err(Fault::Because(_)) => Ok(Value::from("")),
        written => Ok(Value::from(written?)),
    }),
    Function::new("fromYaml", &[Text], |context, args| {
        let entries = match read::read(context, args.text(0)?) {
            Err(Fault::Because(problem)) => [("Error".into(), Value::from(problem))].into_iter().collect(),
            read => read?,
        };
        Ok(Value::Map(context.map(entries)))
    }),
];
