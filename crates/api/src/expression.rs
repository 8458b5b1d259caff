//! Regular expressions of manifests, which have RE2's syntax and meaning (<https://github.com/google/re2/wiki/Syntax>).
//!
//! Must never: show what an expression was tried on.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// The most bytes that a compiled expression may take.
const MAX_COMPILED_BYTES: usize = 1024 * 1024;

/// A regular expression.
#[derive(Clone)]
pub struct Expression {
    written: String,
    compiled: Regex,
}

/// The text is no regular expression, or one that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no regular expression of RE2 syntax, or a very large one; correct it")]
pub struct NotAnExpression;

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`NotAnExpression`].
    pub fn parse(text: &str) -> Result<Self, NotAnExpression> {
        let compiled = RegexBuilder::new(&translated(text)).size_limit(MAX_COMPILED_BYTES).build();
        Ok(Self { written: text.to_owned(), compiled: compiled.map_err(|_| NotAnExpression)? })
    }

    /// Whether it is found anywhere in the text.
    #[must_use]
    pub fn is_found_in(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// The text with `target` in the place of everything that is found; `$1`, `${1}` and `$name` in it are groups.
    #[must_use]
    pub fn replaced(&self, text: &str, target: &str) -> String {
        self.compiled.replace_all(text, target).into_owned()
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}

/// The expression in the syntax of the `regex` crate: there `\d`, `\s`, `\w` and `\b` know all of Unicode, and a
/// bracket expression can hold another one, be intersected and subtracted.
fn translated(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut class = Class::Outside;
    while let Some(c) = characters.next() {
        class = match (class, c) {
            (Class::Outside, '[') => {
                out.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                Class::AtStart
            }
            // Of a bracket that comes first RE2 says that it is meant as itself.
            (Class::AtStart, ']') => {
                out.push_str("\\]");
                Class::Inside
            }
            (Class::Inside, ']') => {
                out.push(']');
                Class::Outside
            }
            (Class::AtStart | Class::Inside, '[') if characters.peek() == Some(&':') => {
                out.push('[');
                for c in characters.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
                Class::Inside
            }
            (Class::AtStart | Class::Inside, '[' | '&' | '~') => {
                out.push('\\');
                out.push(c);
                Class::Inside
            }
            (class, '\\') => {
                let escaped = characters.next();
                let is_outside = class == Class::Outside;
                match escaped {
                    Some(c) => push_escape(&mut out, c, is_outside),
                    None => out.push('\\'),
                }
                if is_outside { Class::Outside } else { Class::Inside }
            }
            (class, c) => {
                out.push(c);
                if class == Class::Outside { Class::Outside } else { Class::Inside }
            }
        };
    }
    out
}

fn push_escape(out: &mut String, c: char, is_outside: bool) {
    let (set, is_negated) = match c {
        'd' | 'D' => ("0-9", c == 'D'),
        's' | 'S' => ("\\t\\n\\f\\r ", c == 'S'),
        'w' | 'W' => ("0-9A-Za-z_", c == 'W'),
        'b' | 'B' if is_outside => {
            out.push_str("(?-u:\\");
            out.push(c);
            out.push(')');
            return;
        }
        _ => {
            out.push('\\');
            out.push(c);
            return;
        }
    };
    out.push_str(if is_negated { "[^" } else { "[" });
    out.push_str(set);
    out.push(']');
}

/// Where in an expression a character stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    AtStart,
    Inside,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::unanchored("b", "abc", true)]
    #[case::anchored("^b", "abc", false)]
    #[case::ascii_digits(r"\d", "٣", false)]
    #[case::digits(r"^\d+$", "123", true)]
    #[case::ascii_words(r"^\w+$", "é", false)]
    #[case::no_words(r"^[^\W]+$", "a_1", true)]
    #[case::blanks(r"[\s]", "a\tb", true)]
    #[case::no_vertical_tab(r"\s", "\u{b}", false)]
    #[case::any_code_point("^.$", "é", true)]
    #[case::word_boundary(r"\bb\b", "ébé", true)]
    #[case::bracket_in_brackets("^[[a]+$", "[a", true)]
    #[case::bracket_first("^[]a]+$", "]a", true)]
    #[case::not_the_bracket("^[^]]$", "]", false)]
    #[case::no_intersection("^[a&&b]+$", "a&b", true)]
    #[case::named_class("^[[:alpha:]-]+$", "a-b", true)]
    #[case::escaped_bracket(r"^[\]]$", "]", true)]
    #[case::property(r"^\p{Greek}$", "α", true)]
    #[case::flags("(?i)^ABC$", "abc", true)]
    fn as_re2_finds(#[case] expression: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Expression::parse(expression).unwrap().is_found_in(text), expected);
    }

    #[rstest]
    #[case::group("^a/(.*)$", "a/b", "$1", "b")]
    #[case::braces("(b)", "abc", "${1}x", "abxc")]
    #[case::longest_name("(b)", "abc", "$1x", "ac")]
    #[case::named("(?P<n>b)", "abc", "<$n>", "a<b>c")]
    #[case::no_group("b", "abc", "$9", "ac")]
    #[case::dollar("b", "abc", "$$", "a$c")]
    #[case::every("/", "a/b/c", "-", "a-b-c")]
    fn as_go_replaces(#[case] expression: &str, #[case] text: &str, #[case] target: &str, #[case] expected: &str) {
        assert_eq!(Expression::parse(expression).unwrap().replaced(text, target), expected);
    }

    #[rstest]
    #[case("(")]
    #[case("[a")]
    #[case(r"\")]
    #[case("(?=a)")]
    #[case(r"(a)\1")]
    #[case("((a{900}){900}){900}")]
    fn refused(#[case] text: &str) {
        assert_eq!(Expression::parse(text), Err(NotAnExpression));
    }
}
