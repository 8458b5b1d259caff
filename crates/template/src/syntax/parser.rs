//! Tokens to a tree.
//!
//! Must never: recurse deeper than its limit, whatever the text is.

mod pipes;

use std::collections::BTreeMap;

use super::ast::{Body, Branch, Call, Node};
use super::lexer::{Kind, Token};
use super::{SyntaxError, is_empty, literal};
use crate::functions::Function;
use crate::text::Text;

/// How deep parentheses, bodies and definitions may stand in each other.
const MAX_DEPTH: usize = 64;

pub(super) struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    ranges: usize,
    variables: Vec<&'a str>,
    named: BTreeMap<Text, Body>,
    functions: BTreeMap<&'static str, &'static Function>,
}

/// What was found beside the main body.
pub(super) struct Parsed {
    pub(super) named: BTreeMap<Text, Body>,
    pub(super) functions: BTreeMap<&'static str, &'static Function>,
}

/// What ends a list of nodes.
#[derive(PartialEq)]
enum Stop {
    End,
    Else,
}

/// What an action turned out to be.
enum Item {
    Node(Node),
    Stop(Stop),
}

#[derive(Clone, Copy, PartialEq)]
enum Control {
    If,
    With,
    Range,
}

type Parse<T> = Result<T, SyntaxError>;

const NO_TOKEN: Token<'static> = Token { kind: Kind::End, text: "", line: 0 };

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: Vec<Token<'a>>) -> Self {
        let (named, functions) = (BTreeMap::new(), BTreeMap::new());
        Self { tokens, at: 0, depth: 0, ranges: 0, variables: vec!["$"], named, functions }
    }

    pub(super) fn finish(self) -> Parsed {
        Parsed { named: self.named, functions: self.functions }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(NO_TOKEN)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn peek_word(&mut self) -> Token<'a> {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
        self.peek()
    }

    fn next_word(&mut self) -> Token<'a> {
        self.peek_word();
        self.next()
    }

    fn fail<T>(&self, problem: impl Into<String>) -> Parse<T> {
        let last = self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1)));
        Err(SyntaxError { line: last.map_or(1, |token| token.line), problem: problem.into() })
    }

    fn unexpected<T>(token: Token<'_>, context: &str) -> Parse<T> {
        let problem = match token.kind {
            Kind::End => format!("the template ends within {context}"),
            _ => format!("unexpected {:?} in {context}", token.text),
        };
        Err(SyntaxError { line: token.line, problem })
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth == MAX_DEPTH {
            return self.fail("parentheses and blocks stand too deep in each other");
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(super) fn main(&mut self) -> Parse<Body> {
        let mut body = Body::new();
        while self.peek_word().kind != Kind::End {
            let token = self.next_word();
            match token.kind {
                Kind::Text => body.push(text_node(token)),
                Kind::LeftDelimiter => {
                    let word = self.peek_word();
                    if word.kind == Kind::Keyword && word.text == "define" {
                        self.next();
                        self.definition()?;
                        continue;
                    }
                    match self.action()? {
                        Item::Node(node) => body.push(node),
                        Item::Stop(_) => return Self::unexpected(word, "the template: it closes nothing"),
                    }
                }
                _ => return Self::unexpected(token, "input"),
            }
        }
        Ok(body)
    }

    fn list(&mut self) -> Parse<(Body, Stop)> {
        self.deeper(|parser| {
            let mut body = Body::new();
            while parser.peek_word().kind != Kind::End {
                let token = parser.next_word();
                match token.kind {
                    Kind::Text => body.push(text_node(token)),
                    Kind::LeftDelimiter => match parser.action()? {
                        Item::Node(node) => body.push(node),
                        Item::Stop(stop) => return Ok((body, stop)),
                    },
                    _ => return Self::unexpected(token, "input"),
                }
            }
            parser.fail("the template ends before {{end}}")
        })
    }

    /// Names are those of another template: `$` alone is known.
    fn separate<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let parsed = parse(self)?;
        self.variables = variables;
        self.ranges = ranges;
        Ok(parsed)
    }

    fn definition(&mut self) -> Parse<()> {
        let name = self.name("define")?;
        self.expect_close("define")?;
        self.body_of(name, "define")
    }

    fn body_of(&mut self, name: Text, context: &str) -> Parse<()> {
        let (body, stop) = self.separate(Self::list)?;
        if stop == Stop::Else {
            return self.fail(format!("unexpected {{{{else}}}} in {context}"));
        }
        match self.named.get(&name) {
            Some(before) if !is_empty(before) => {
                if !is_empty(&body) {
                    return self.fail("a template is defined twice");
                }
            }
            _ => {
                self.named.insert(name, body);
            }
        }
        Ok(())
    }

    fn name(&mut self, context: &str) -> Parse<Text> {
        let token = self.next_word();
        let name = match token.kind {
            Kind::Quoted | Kind::Raw => string(token),
            _ => return Self::unexpected(token, context),
        };
        name.map_or_else(|| Self::unexpected(token, context), Ok)
    }

    fn expect_close(&mut self, context: &str) -> Parse<()> {
        let token = self.next_word();
        if token.kind == Kind::RightDelimiter { Ok(()) } else { Self::unexpected(token, context) }
    }

    fn action(&mut self) -> Parse<Item> {
        let token = self.peek_word();
        if token.kind != Kind::Keyword {
            let pipe = self.pipe("command", Kind::RightDelimiter)?;
            return Ok(Item::Node(Node::Action(pipe)));
        }
        self.next();
        let node = match token.text {
            "if" => Node::If(self.control(Control::If)?),
            "with" => Node::With(self.control(Control::With)?),
            "range" => Node::Range(self.control(Control::Range)?),
            "end" => {
                self.expect_close("end")?;
                return Ok(Item::Stop(Stop::End));
            }
            "else" => {
                let next = self.peek_word();
                if !(next.kind == Kind::Keyword && matches!(next.text, "if" | "with")) {
                    self.expect_close("else")?;
                }
                return Ok(Item::Stop(Stop::Else));
            }
            "break" | "continue" => {
                self.expect_close(token.text)?;
                if self.ranges == 0 {
                    return self.fail(format!("{{{{{}}}}} outside of {{{{range}}}}", token.text));
                }
                if token.text == "break" { Node::Break } else { Node::Continue }
            }
            "template" => {
                let name = self.name("template")?;
                let pipe = if self.peek_word().kind == Kind::RightDelimiter {
                    self.next();
                    None
                } else {
                    Some(self.pipe("template", Kind::RightDelimiter)?)
                };
                Node::Template(Call { line: token.line, name, pipe })
            }
            "block" => {
                let name = self.name("block")?;
                let pipe = self.pipe("block", Kind::RightDelimiter)?;
                self.body_of(name.clone(), "block")?;
                Node::Template(Call { line: token.line, name, pipe: Some(pipe) })
            }
            _ => return Self::unexpected(token, "a block: only the outermost level defines templates"),
        };
        Ok(Item::Node(node))
    }

    fn control(&mut self, control: Control) -> Parse<Branch> {
        let known = self.variables.len();
        let context = match control {
            Control::If => "if",
            Control::With => "with",
            Control::Range => "range",
        };
        let pipe = self.pipe(context, Kind::RightDelimiter)?;
        let in_range = usize::from(control == Control::Range);
        self.ranges += in_range;
        let (body, stop) = self.list()?;
        self.ranges -= in_range;
        let mut otherwise = Body::new();
        if stop == Stop::Else {
            let next = self.peek();
            match (control, next.text) {
                (Control::If, "if") if next.kind == Kind::Keyword => {
                    self.next();
                    otherwise.push(Node::If(self.deeper(|parser| parser.control(Control::If))?));
                }
                (Control::With, "with") if next.kind == Kind::Keyword => {
                    self.next();
                    otherwise.push(Node::With(self.deeper(|parser| parser.control(Control::With))?));
                }
                _ => {
                    let (body, stop) = self.list()?;
                    if stop == Stop::Else {
                        return self.fail("a second {{else}}");
                    }
                    otherwise = body;
                }
            }
        }
        self.variables.truncate(known);
        Ok(Branch { pipe, body, otherwise })
    }
}

fn text_node(token: Token<'_>) -> Node {
    Node::Text(token.text.as_bytes().into())
}

fn string(token: Token<'_>) -> Option<Text> {
    match token.kind {
        // As in Go's strconv, carriage returns are no part of a raw string.
        Kind::Raw => Some(Text::from(token.text.trim_matches('`').replace('\r', "").as_str())),
        _ => literal::unquote(token.text).map(Text::new),
    }
}
