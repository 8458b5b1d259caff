//! sprig's `default`, `ternary` and `fail`, and its look at types.

use super::Function;
use super::Param::{Any, Bool, Text};
use super::collections::is_empty;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("default", &[Any], |_, args| {
        let given = args.value(1);
        Ok(if is_empty(&given) { args.value(0) } else { given })
    })
    .and_more(Any),
    Function::new("ternary", &[Any, Any, Bool], |_, args| Ok(args.value(usize::from(!args.bool(2)?)))),
    Function::new("fail", &[Text], |_, _| Err("the template says so".into())),
    Function::new("typeOf", &[Any], |_, args| Ok(Value::from(args.value(0).type_name()))),
    Function::new("typeIs", &[Text, Any], |_, args| Ok(Value::Bool(args.text(0)? == args.value(1).type_name().as_bytes()))),
    Function::new("typeIsLike", &[Text, Any], |_, args| {
        let name = args.value(1).type_name();
        Ok(Value::Bool(args.text(0)? == name.as_bytes() || [b"*", args.text(0)?].concat() == name.as_bytes()))
    }),
    Function::new("kindOf", &[Any], |_, args| Ok(Value::from(args.value(0).kind_name()))),
    Function::new("kindIs", &[Text, Any], |_, args| Ok(Value::Bool(args.text(0)? == args.value(1).kind_name().as_bytes()))),
];
