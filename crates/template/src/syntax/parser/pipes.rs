//! Pipelines, commands and terms: what stands inside of an action.

use super::{Parse, Parser, string};
use crate::functions::{self, Function};
use crate::syntax::ast::{Command, Pipe, Term, TermKind};
use crate::syntax::lexer::{Kind, Token};
use crate::syntax::{ABSENT, SyntaxError, literal};

impl<'a> Parser<'a> {
    pub(super) fn pipe(&mut self, context: &str, end: Kind) -> Parse<Pipe> {
        let line = self.peek_word().line;
        let mut pipe = Pipe { line, declared: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => break,
                kind if begins_term(kind) => {
                    self.at -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Self::unexpected(token, context),
            }
        }
        if pipe.commands.is_empty() {
            return self.fail(format!("{context} has no value"));
        }
        let executes = |command: &Command| {
            use TermKind::{Bool, Dot, Nil, Number, Text};
            !matches!(command.first.kind, Bool(_) | Dot | Nil | Number(_) | Text(_))
        };
        if !pipe.commands.iter().skip(1).all(executes) {
            return self.fail("what stands behind | takes no value");
        }
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parse<()> {
        while self.peek_word().kind == Kind::Variable {
            let before = self.at;
            let variable = self.next();
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next();
                    self.declare(pipe, variable);
                    return Ok(());
                }
                Kind::Comma => {
                    self.next();
                    self.declare(pipe, variable);
                    if context != "range" || pipe.declared.len() > 1 {
                        return self.fail(format!("too many variables in {context}"));
                    }
                    let next = self.peek_word().kind;
                    if !matches!(next, Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis) {
                        return self.fail("range can only declare variables");
                    }
                }
                _ => {
                    self.at = before;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: Token<'a>) {
        self.variables.push(variable.text);
        pipe.declared.push(variable.text.to_owned());
    }

    fn command(&mut self) -> Parse<Command> {
        let mut terms = Vec::new();
        loop {
            self.peek_word();
            if let Some(term) = self.operand()? {
                terms.push(term);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelimiter | Kind::RightParenthesis => {
                    self.at -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return Self::unexpected(token, "a command"),
            }
        }
        let mut terms = terms.into_iter();
        match terms.next() {
            Some(first) => Ok(Command { first, arguments: terms.collect() }),
            None => self.fail("a command is empty"),
        }
    }

    fn operand(&mut self) -> Parse<Option<Term>> {
        let Some(mut term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(field_name(self.next()));
        }
        match &mut term.kind {
            TermKind::Field(names) | TermKind::Variable(_, names) => names.extend(fields),
            TermKind::Function(_) | TermKind::Pipe(_) => {
                let line = term.line;
                term = Term { line, kind: TermKind::Chain(Box::new(term), fields) };
            }
            _ => return self.fail("a point behind what has no fields"),
        }
        Ok(Some(term))
    }

    fn term(&mut self) -> Parse<Option<Term>> {
        let token = self.next_word();
        let kind = match token.kind {
            Kind::Identifier => TermKind::Function(self.function(token)?),
            Kind::Dot => TermKind::Dot,
            Kind::Nil => TermKind::Nil,
            Kind::Bool => TermKind::Bool(token.text == "true"),
            Kind::Field => TermKind::Field(vec![field_name(token)]),
            Kind::Variable if self.variables.contains(&token.text) => TermKind::Variable(token.text.to_owned(), Vec::new()),
            Kind::Variable => return self.fail(format!("the variable {} is not declared", token.text)),
            Kind::Number | Kind::Character => {
                let number = if token.kind == Kind::Number { literal::number(token.text) } else { literal::character(token.text) };
                number.map(TermKind::Number).map_or_else(|| Self::unexpected(token, "a number"), Ok)?
            }
            Kind::Quoted | Kind::Raw => {
                string(token).map(TermKind::Text).map_or_else(|| Self::unexpected(token, "a string"), Ok)?
            }
            Kind::LeftParenthesis => {
                let pipe = self.deeper(|parser| parser.pipe("a parenthesis", Kind::RightParenthesis))?;
                TermKind::Pipe(Box::new(pipe))
            }
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Term { line: token.line, kind }))
    }

    fn function(&mut self, token: Token<'a>) -> Parse<&'static Function> {
        if let Some(function) = functions::lookup(token.text) {
            self.functions.insert(function.name, function);
            return Ok(function);
        }
        let why = if ABSENT.contains(&token.text) { ", since a template reads nothing but its values" } else { "" };
        Err(SyntaxError { line: token.line, problem: format!("there is no function {}{why}", token.text) })
    }
}

fn begins_term(kind: Kind) -> bool {
    use Kind::{Bool, Character, Dot, Field, Identifier, LeftParenthesis, Nil, Number, Quoted, Raw, Variable};
    matches!(kind, Bool | Character | Dot | Field | Identifier | Number | Nil | Raw | Quoted | Variable | LeftParenthesis)
}

fn field_name(token: Token<'_>) -> String {
    token.text.trim_start_matches('.').to_owned()
}
