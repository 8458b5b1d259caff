//! Runs a tree over values, step by step as Go's text/template does.
//!
//! ```text
//!   Node ─▶ walk ─▶ pipe ─▶ command ─▶ arguments (by the types of the function) ─▶ call ─▶ value ─▶ output
//! ```
//!
//! Must never: go on when a budget is used up, or put anything made from a value into a failure.

mod arguments;
mod fields;

use crate::context::{Context, Out};
use crate::fault::{Fault, Limit};
use crate::format;
use crate::functions::Function;
use crate::number::int;
use crate::syntax::{Body, Branch, Call, Command, Node, Number, Pipe, Term, TermKind, Tree};
use crate::value::Value;

/// How deep templates and blocks may run in each other.
const MAX_DEPTH: usize = 100;

/// Where and why a rendering failed.
pub(crate) struct Failure {
    pub(crate) line: u32,
    /// The function that failed, if one did.
    pub(crate) function: Option<&'static str>,
    pub(crate) fault: Fault,
}

type Run<T> = Result<T, Failure>;

/// What happens to a key that a map does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnMissing {
    /// Go's missingkey=error.
    Fail,
    /// Go's default: it is no value.
    NoValue,
}

/// How a list of nodes ended.
#[derive(PartialEq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// Makes an element of a range over a number.
type Element = fn(u64) -> Value;

/// One rendering under way.
pub(crate) struct Machine<'r> {
    context: &'r Context<'r>,
    tree: &'r Tree,
    name: &'r str,
    on_missing: OnMissing,
    variables: Vec<(&'r str, Value)>,
    out: Out,
    depth: usize,
}

fn at<T>(line: u32, result: Result<T, Fault>) -> Run<T> {
    result.map_err(|fault| Failure { line, function: None, fault })
}

fn step<T>(line: u32, problem: impl Into<std::borrow::Cow<'static, str>>) -> Run<T> {
    Err(Failure { line, function: None, fault: Fault::Step(problem.into()) })
}

/// Renders `tree` over `root`.
pub(crate) fn run<'r>(
    context: &'r Context<'r>,
    tree: &'r Tree,
    name: &'r str,
    root: &Value,
    on_missing: OnMissing,
    room: usize,
) -> Run<Vec<u8>> {
    let out = Out::new(room, Limit::Output);
    let variables = vec![("$", root.clone())];
    let mut machine = Machine { context, tree, name, on_missing, variables, out, depth: 0 };
    machine.walk(root, &tree.main)?;
    Ok(machine.out.finish())
}

impl<'r> Machine<'r> {
    fn walk(&mut self, dot: &Value, body: &'r Body) -> Run<Flow> {
        for node in body {
            let flow = match node {
                Node::Text(text) => {
                    at(0, self.out.push(text))?;
                    Flow::Next
                }
                Node::Action(pipe) => {
                    let value = self.pipe(dot, pipe)?;
                    if pipe.declared.is_empty() {
                        at(pipe.line, format::print(self.context, &value, &mut self.out))?;
                    }
                    Flow::Next
                }
                Node::If(branch) => self.nested(branch.pipe.line, |machine| machine.choose(dot, branch, false))?,
                Node::With(branch) => self.nested(branch.pipe.line, |machine| machine.choose(dot, branch, true))?,
                Node::Range(branch) => self.nested(branch.pipe.line, |machine| machine.range(dot, branch))?,
                Node::Template(call) => {
                    self.nested(call.line, |machine| machine.template(dot, call))?;
                    Flow::Next
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// Runs a part whose variables end with it.
    fn nested<T>(&mut self, line: u32, part: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.depth == MAX_DEPTH {
            return at(line, Err(Fault::Limit(Limit::Depth)));
        }
        let mark = self.variables.len();
        self.depth += 1;
        let result = part(self)?;
        self.depth -= 1;
        self.variables.truncate(mark);
        Ok(result)
    }

    fn choose(&mut self, dot: &Value, branch: &'r Branch, moves_dot: bool) -> Run<Flow> {
        let value = self.pipe(dot, &branch.pipe)?;
        if !value.is_true() {
            self.walk(dot, &branch.otherwise)
        } else if moves_dot {
            self.walk(&value, &branch.body)
        } else {
            self.walk(dot, &branch.body)
        }
    }

    fn range(&mut self, dot: &Value, branch: &'r Branch) -> Run<Flow> {
        let line = branch.pipe.line;
        let value = self.pipe(dot, &branch.pipe)?;
        let counted: Option<(u64, Element)> = match &value {
            Value::Int(count) => Some((u64::try_from(*count).unwrap_or(0), |n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX)))),
            Value::Int64(count) => {
                Some((u64::try_from(*count).unwrap_or(0), |n| Value::Int64(i64::try_from(n).unwrap_or(i64::MAX))))
            }
            Value::Byte(count) => Some((u64::from(*count), |n| Value::Byte(u8::try_from(n).unwrap_or(u8::MAX)))),
            Value::Unsigned(count) => Some((*count, Value::Unsigned)),
            _ => None,
        };
        if let Some((count, element)) = counted {
            if branch.pipe.declared.len() > 1 {
                return step(line, "a range over a number has one variable");
            }
            if count > 0 {
                return self.rounds(branch, (0..count).map(|n| (Value::Nil, element(n))));
            }
            return self.walk(dot, &branch.otherwise);
        }
        match &value {
            Value::List(list) if !list.items().is_empty() => {
                let list = list.clone();
                let items = list.items().iter().enumerate();
                self.rounds(branch, items.map(|(index, item)| (Value::Int(int(index)), item.clone())))
            }
            Value::Map(map) if map.len() > 0 => {
                let entries = map.snapshot();
                at(line, self.context.work(value.weight()))?;
                self.rounds(branch, entries.into_iter().map(|(key, value)| (Value::Text(key), value)))
            }
            Value::Nil | Value::List(_) | Value::Map(_) => self.walk(dot, &branch.otherwise),
            other => step(line, format!("range cannot go through a value of type {}", other.type_name())),
        }
    }

    fn rounds(&mut self, branch: &'r Branch, rounds: impl Iterator<Item = (Value, Value)>) -> Run<Flow> {
        let pipe = &branch.pipe;
        let mark = self.variables.len();
        for (index, element) in rounds {
            at(pipe.line, self.context.steps(1))?;
            let values = if pipe.declared.len() > 1 { vec![index, element.clone()] } else { vec![element.clone()] };
            for (name, value) in pipe.declared.iter().zip(values) {
                // Declared by the pipeline, or before it: the innermost variable of that name either way.
                self.assign(pipe.line, name, value)?;
            }
            let flow = self.walk(&element, &branch.body)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn template(&mut self, dot: &Value, call: &'r Call) -> Run<()> {
        let tree = self.tree;
        let body = match tree.named.get(&call.name) {
            Some(body) => body,
            None if call.name.bytes() == self.name.as_bytes() => &tree.main,
            None => return step(call.line, "the template that it calls is not defined"),
        };
        let dot = match &call.pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::Nil,
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        self.walk(&dot, body)?;
        self.variables = outer;
        Ok(())
    }

    fn pipe(&mut self, dot: &Value, pipe: &'r Pipe) -> Run<Value> {
        let mut value = None;
        for command in &pipe.commands {
            at(pipe.line, self.context.steps(1))?;
            value = Some(self.command(dot, command, value)?);
        }
        let value = value.unwrap_or(Value::Nil);
        for name in &pipe.declared {
            if pipe.assigns {
                self.assign(pipe.line, name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    fn assign(&mut self, line: u32, name: &str, value: Value) -> Run<()> {
        let Some(variable) = self.variables.iter_mut().rev().find(|(other, _)| *other == name) else {
            return step(line, format!("the variable {name} is not declared"));
        };
        variable.1 = value;
        Ok(())
    }

    fn variable(&self, line: u32, name: &str) -> Run<Value> {
        let found = self.variables.iter().rev().find(|(other, _)| *other == name);
        found.map_or_else(|| step(line, format!("the variable {name} is not declared")), |(_, value)| Ok(value.clone()))
    }

    fn command(&mut self, dot: &Value, command: &'r Command, last: Option<Value>) -> Run<Value> {
        let line = command.first.line;
        let arguments = command.arguments.as_slice();
        match &command.first.kind {
            TermKind::Function(function) => self.call(dot, line, function, arguments, last),
            TermKind::Field(names) => self.chain(dot, line, dot.clone(), names, arguments, last),
            TermKind::Chain(inner, names) => {
                let value = self.term(dot, inner)?;
                self.chain(dot, line, value, names, arguments, last)
            }
            TermKind::Variable(name, names) if !names.is_empty() => {
                let value = self.variable(line, name)?;
                self.chain(dot, line, value, names, arguments, last)
            }
            _ if !arguments.is_empty() || last.is_some() => step(line, "what is no function is given an argument"),
            TermKind::Nil => step(line, "nil is no command"),
            _ => self.term(dot, &command.first),
        }
    }

    /// The value of a term by itself.
    fn term(&mut self, dot: &Value, term: &'r Term) -> Run<Value> {
        match &term.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Nil => Ok(Value::Nil),
            TermKind::Bool(bool) => Ok(Value::Bool(*bool)),
            TermKind::Number(number) => at(term.line, untyped(*number)),
            TermKind::Text(text) => Ok(Value::Text(text.clone())),
            TermKind::Field(names) => self.chain(dot, term.line, dot.clone(), names, &[], None),
            TermKind::Variable(name, names) => {
                let value = self.variable(term.line, name)?;
                self.chain(dot, term.line, value, names, &[], None)
            }
            TermKind::Function(function) => self.call(dot, term.line, function, &[], None),
            TermKind::Chain(inner, names) => {
                let value = self.term(dot, inner)?;
                self.chain(dot, term.line, value, names, &[], None)
            }
            TermKind::Pipe(pipe) => self.pipe(dot, pipe),
        }
    }

    fn call(
        &mut self,
        dot: &Value,
        line: u32,
        function: &'static Function,
        arguments: &'r [Term],
        last: Option<Value>,
    ) -> Run<Value> {
        if let Some(stops_at) = function.stops_at {
            return self.short_circuit(dot, line, function, stops_at, arguments, last);
        }
        let values = self.arguments(dot, line, function, arguments, last)?;
        at(line, self.context.steps(1))?;
        at(line, self.context.work(values.iter().map(Value::weight).fold(0, usize::saturating_add)))?;
        let result = (function.call)(self.context, crate::functions::Args(&values));
        let value = result.map_err(|fault| Failure { line, function: Some(function.name), fault })?;
        at(line, self.context.work(value.weight()))?;
        Ok(value)
    }

    /// `and`, `or`: arguments behind the one that decides are not evaluated.
    fn short_circuit(
        &mut self,
        dot: &Value,
        line: u32,
        function: &'static Function,
        stops_at: bool,
        arguments: &'r [Term],
        last: Option<Value>,
    ) -> Run<Value> {
        let mut value = None;
        for argument in arguments {
            let result = self.argument(dot, argument, crate::functions::Param::Any)?;
            if result.is_true() == stops_at {
                return Ok(result);
            }
            value = Some(result);
        }
        match last.or(value) {
            Some(value) => Ok(value),
            None => step(line, format!("{} has too few arguments", function.name)),
        }
    }
}

/// The value of a number where any type would do.
fn untyped(number: Number) -> Result<Value, Fault> {
    match number {
        Number { is_written_as_float: true, float: Some(float), .. } => Ok(Value::Float(float)),
        Number { int: Some(int), .. } => Ok(Value::Int(int)),
        _ => Err(Fault::Step("a number does not fit an int".into())),
    }
}
