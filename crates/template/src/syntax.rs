//! Template text to a tree, by the rules of Go's text/template/parse: what Go refuses to parse is refused here.
//!
//! ```text
//!   text ─▶ lexer ─▶ tokens ─▶ parser ─▶ Tree { main, named bodies, functions called }
//! ```
//!
//! Must never: run anything, or let a function pass that does not exist.

mod ast;
mod lexer;
mod literal;
mod parser;

use std::collections::BTreeMap;

pub(crate) use ast::{Body, Branch, Call, Command, Node, Number, Pipe, Term, TermKind};
pub(crate) use literal::{integer, without_underscores};

use crate::functions::Function;
use crate::text::Text;

/// What is wrong with the text of a template, and where.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) line: u32,
    /// Made from the template's own text only.
    pub(crate) problem: String,
}

/// A parsed template with all that it defines.
pub(crate) struct Tree {
    pub(crate) main: Body,
    pub(crate) named: BTreeMap<Text, Body>,
    /// By name: every function that is called anywhere.
    pub(crate) functions: BTreeMap<&'static str, &'static Function>,
}

/// Parses a template that is called `name`.
pub(crate) fn parse(name: &str, text: &str) -> Result<Tree, SyntaxError> {
    let mut parser = parser::Parser::new(lexer::tokens(text)?);
    let main = parser.main()?;
    let parser::Parsed { mut named, functions } = parser.finish();
    // A definition under the template's own name stands in its place if the template itself is blank.
    let main = match named.remove(&Text::from(name)) {
        Some(definition) if is_empty(&main) => definition,
        Some(definition) if !is_empty(&definition) => {
            return Err(SyntaxError { line: 1, problem: format!("the template {name:?} is defined twice") });
        }
        _ => main,
    };
    Ok(Tree { main, named, functions })
}

/// Whether a body is blank: Go lets it be defined again.
pub(crate) fn is_empty(body: &Body) -> bool {
    body.iter().all(|node| matches!(node, Node::Text(text) if text.trim_ascii().is_empty()))
}

/// Names that are functions of Go's, sprig's or the operator's and do not exist here on purpose.
pub(crate) const ABSENT: [&str; 4] = ["env", "expandenv", "getHostByName", "getSecretKey"];
