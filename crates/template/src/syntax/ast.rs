//! What a template is made of, after its functions are known.
//!
//! Must never: hold a value that was not written in the template.

use crate::functions::Function;
use crate::text::Text;

/// A list of nodes, written one after the other.
pub(crate) type Body = Vec<Node>;

/// One piece of a template.
pub(crate) enum Node {
    Text(Box<[u8]>),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Call),
    Break,
    Continue,
}

/// `if`, `with` and `range`.
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Body,
    pub(crate) otherwise: Body,
}

/// `template`.
pub(crate) struct Call {
    pub(crate) line: u32,
    pub(crate) name: Text,
    pub(crate) pipe: Option<Pipe>,
}

/// Commands, each of which gets the result of the one before as its last argument.
pub(crate) struct Pipe {
    pub(crate) line: u32,
    pub(crate) declared: Vec<String>,
    /// Whether the variables existed before.
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

/// A function with its arguments, or one term alone.
pub(crate) struct Command {
    pub(crate) first: Term,
    pub(crate) arguments: Vec<Term>,
}

pub(crate) struct Term {
    pub(crate) line: u32,
    pub(crate) kind: TermKind,
}

pub(crate) enum TermKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text(Text),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`
    Variable(String, Vec<String>),
    Function(&'static Function),
    /// `(…).a.b`
    Chain(Box<Term>, Vec<String>),
    Pipe(Box<Pipe>),
}

/// A number as written: which types can hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) unsigned: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Written with a point or an exponent: it is a float64 where any type would do.
    pub(crate) is_written_as_float: bool,
}
