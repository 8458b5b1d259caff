//! Template text to tokens, by the rules of Go's text/template/parse.
//!
//! Must never: look at what a token means.

use super::SyntaxError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    LeftDelimiter,
    RightDelimiter,
    Space,
    Identifier,
    Keyword,
    Field,
    Variable,
    Dot,
    Bool,
    Nil,
    Number,
    Character,
    Quoted,
    Raw,
    Pipe,
    LeftParenthesis,
    RightParenthesis,
    Declare,
    Assign,
    Comma,
    Other,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) line: u32,
}

const KEYWORDS: [&str; 10] = ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    tokens: Vec<Token<'a>>,
}

/// All tokens, the last one of kind [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    lexer.text()?;
    let line = lexer.line;
    lexer.tokens.push(Token { kind: Kind::End, text: "", line });
    Ok(lexer.tokens)
}

pub(super) fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphabetic() || char.is_numeric()
}

/// `- ` behind an opening delimiter.
fn trims_left(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|text| text.starts_with(is_blank))
}

/// ` -}}`
fn trims_right(text: &str) -> bool {
    text.strip_prefix(is_blank).is_some_and(|text| text.starts_with("-}}"))
}

impl<'a> Lexer<'a> {
    fn fail<T>(&self, problem: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError { line: self.line, problem: problem.to_owned() })
    }

    /// Takes the next `length` bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line = self.line.saturating_add(u32::try_from(taken.matches('\n').count()).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    fn emit(&mut self, kind: Kind, length: usize) {
        let line = self.line;
        let text = self.take(length);
        self.tokens.push(Token { kind, text, line });
    }

    /// What stands behind the next `length` bytes.
    fn behind(&self, length: usize) -> &'a str {
        self.rest.get(length..).unwrap_or_default()
    }

    fn text(&mut self) -> Result<(), SyntaxError> {
        while let Some(at) = self.rest.find("{{") {
            let trims = trims_left(self.behind(at + 2));
            let kept = self.rest.get(..at).unwrap_or_default();
            let kept = if trims { kept.trim_end_matches(is_blank).len() } else { at };
            if kept > 0 {
                self.emit(Kind::Text, kept);
            }
            self.take(at - kept);
            let marker = if trims { 2 } else { 0 };
            if self.behind(2 + marker).starts_with("/*") {
                self.take(2 + marker);
                self.comment()?;
            } else {
                self.emit(Kind::LeftDelimiter, 2);
                self.take(marker);
                self.action()?;
            }
        }
        if !self.rest.is_empty() {
            self.emit(Kind::Text, self.rest.len());
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<(), SyntaxError> {
        let Some(end) = self.behind(2).find("*/") else { return self.fail("a comment is not closed") };
        self.take(end + 4);
        if trims_right(self.rest) {
            self.take(4);
            self.skip_blank();
        } else if self.rest.starts_with("}}") {
            self.take(2);
        } else {
            return self.fail("a comment ends before the closing delimiter");
        }
        Ok(())
    }

    fn skip_blank(&mut self) {
        let blank = self.rest.len() - self.rest.trim_start_matches(is_blank).len();
        self.take(blank);
    }

    /// Everything between two delimiters.
    fn action(&mut self) -> Result<(), SyntaxError> {
        let mut depth = 0_usize;
        loop {
            if trims_right(self.rest) || self.rest.starts_with("}}") {
                if depth > 0 {
                    return self.fail("a parenthesis is not closed");
                }
                let trims = trims_right(self.rest);
                self.take(if trims { 2 } else { 0 });
                self.emit(Kind::RightDelimiter, 2);
                if trims {
                    self.skip_blank();
                }
                return Ok(());
            }
            let Some(next) = self.rest.chars().next() else { return self.fail("an action is not closed") };
            match next {
                char if is_blank(char) => self.space(),
                '=' => self.emit(Kind::Assign, 1),
                ':' if self.rest.starts_with(":=") => self.emit(Kind::Declare, 2),
                ':' => return self.fail("a colon without = behind it"),
                '|' => self.emit(Kind::Pipe, 1),
                ',' => self.emit(Kind::Comma, 1),
                '"' => self.quoted('"', Kind::Quoted)?,
                '\'' => self.quoted('\'', Kind::Character)?,
                '`' => {
                    let Some(end) = self.behind(1).find('`') else { return self.fail("a raw string is not closed") };
                    self.emit(Kind::Raw, end + 2);
                }
                '$' => self.word(1, Kind::Variable, Kind::Variable)?,
                '.' if !self.behind(1).starts_with(|char: char| char.is_ascii_digit()) => self.word(1, Kind::Field, Kind::Dot)?,
                '.' | '+' | '-' | '0'..='9' => self.number()?,
                char if is_word(char) => self.word(0, Kind::Identifier, Kind::Identifier)?,
                '(' => {
                    depth += 1;
                    self.emit(Kind::LeftParenthesis, 1);
                }
                ')' => {
                    let Some(outer) = depth.checked_sub(1) else { return self.fail("a parenthesis was not opened") };
                    depth = outer;
                    self.emit(Kind::RightParenthesis, 1);
                }
                ' '..='~' => self.emit(Kind::Other, 1),
                _ => return self.fail("a character that no action can hold"),
            }
        }
    }

    /// Blanks, but for the last one if it belongs to a closing delimiter that trims.
    fn space(&mut self) {
        let blank = self.rest.len() - self.rest.trim_start_matches(is_blank).len();
        let blank = if self.behind(blank).starts_with("-}}") { blank - 1 } else { blank };
        if blank > 0 {
            self.emit(Kind::Space, blank);
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind) -> Result<(), SyntaxError> {
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' if chars.next().is_none_or(|(_, escaped)| escaped == '\n') => break,
                '\n' => break,
                char if char == quote => {
                    self.emit(kind, at + 1);
                    return Ok(());
                }
                _ => {}
            }
        }
        self.fail("a string is not closed on its line")
    }

    /// A name behind `sigil` bytes; `bare` is what the sigil alone is.
    fn word(&mut self, sigil: usize, kind: Kind, bare: Kind) -> Result<(), SyntaxError> {
        let name = self.behind(sigil);
        let length = name.len() - name.trim_start_matches(is_word).len();
        let behind = self.behind(sigil + length);
        let ends = behind.is_empty()
            || behind.starts_with(|char| is_blank(char) || matches!(char, '.' | ',' | '|' | ':' | ')' | '('))
            || behind.starts_with("}}");
        if !ends {
            return self.fail("a name is followed by a character that cannot follow it");
        }
        let word = name.get(..length).unwrap_or_default();
        let kind = match word {
            "" => bare,
            "true" | "false" if kind == Kind::Identifier => Kind::Bool,
            "nil" if kind == Kind::Identifier => Kind::Nil,
            word if kind == Kind::Identifier && KEYWORDS.contains(&word) => Kind::Keyword,
            _ => kind,
        };
        self.emit(kind, sigil + length);
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let accept = |text: &mut &'a str, set: &str| {
            let taken = text.strip_prefix(|char| set.contains(char));
            taken.is_some_and(|rest| {
                *text = rest;
                true
            })
        };
        let mut rest = self.rest;
        accept(&mut rest, "+-");
        let mut digits = "0123456789_";
        if accept(&mut rest, "0") {
            if accept(&mut rest, "xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if accept(&mut rest, "oO") {
                digits = "01234567_";
            } else if accept(&mut rest, "bB") {
                digits = "01_";
            }
        }
        rest = rest.trim_start_matches(|char| digits.contains(char));
        if accept(&mut rest, ".") {
            rest = rest.trim_start_matches(|char| digits.contains(char));
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if accept(&mut rest, exponent) {
            accept(&mut rest, "+-");
            rest = rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == '_');
        }
        if rest.starts_with(is_word) || rest.starts_with(['+', '-']) {
            return self.fail("a number is not written as Go writes one; complex numbers are not supported");
        }
        self.emit(Kind::Number, self.rest.len() - rest.len());
        Ok(())
    }
}
