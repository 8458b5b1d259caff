//! `#(path op value)`: which elements of an array are meant.
//!
//! Must never: compare in another way than by the type of the element's value, as gjson does.

use std::cmp::Ordering;

use super::Unsupported;
use super::evaluate::{Found, evaluate};
use super::path::{self, Step};
use super::wildcard::Pattern;
use crate::json::{Json, Kind, parse};

/// A condition on one element.
pub(super) struct Query {
    /// From the element to what is compared; none means the element itself.
    path: Option<Vec<Step>>,
    test: Option<(Operator, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
}

/// Longer notations first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Operator); 9] = [
    ("!=", Operator::NotEqual),
    ("!%", Operator::NotLike),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
    ("%", Operator::Like),
];

impl Query {
    /// Reads what follows `#(`, and gives back what follows the closing parenthesis; nothing if there is none.
    pub(super) fn parse(text: &str) -> Option<(Result<Self, Unsupported>, &str)> {
        let (inner, operator_at, after) = split(text)?;
        Some((Self::from_parts(inner, operator_at), after))
    }

    fn from_parts(inner: &str, operator_at: Option<usize>) -> Result<Self, Unsupported> {
        let (path, condition) = match operator_at.and_then(|at| inner.split_at_checked(at)) {
            Some((path, condition)) => (path.trim(), Some(condition)),
            None => (inner.trim(), None),
        };
        let test = match condition {
            None => None,
            Some(condition) => {
                let (operator, value) = OPERATORS
                    .iter()
                    .find_map(|(notation, operator)| condition.strip_prefix(notation).map(|value| (*operator, value.trim())))
                    .ok_or(Unsupported)?;
                Some((operator, literal(value)?))
            }
        };
        let path = if path.is_empty() { None } else { Some(path::parse(path)?) };
        Ok(Self { path, test })
    }

    /// Whether an element is meant.
    pub(super) fn matches(&self, element: &Json<'_>) -> bool {
        let Some(path) = &self.path else { return self.holds(element) };
        if !matches!(element.kind, Kind::Array(_) | Kind::Object(_)) {
            return false;
        }
        match evaluate(element, path) {
            None => false,
            Some(Found::Borrowed(value)) => self.holds(value),
            Some(Found::Built(text)) => parse(&text).is_ok_and(|value| self.holds(&value)),
        }
    }

    fn holds(&self, value: &Json<'_>) -> bool {
        let Some((operator, wanted)) = &self.test else { return true };
        match &value.kind {
            Kind::String(text) => match operator {
                Operator::Like => Pattern::parse(wanted).matches(&text.decoded()),
                Operator::NotLike => !Pattern::parse(wanted).matches(&text.decoded()),
                _ => operator.accepts(text.decoded().as_str().cmp(wanted)),
            },
            Kind::Number => {
                let wanted: f64 = wanted.parse().unwrap_or(0.0);
                value
                    .raw
                    .parse::<f64>()
                    .ok()
                    .and_then(|value| value.partial_cmp(&wanted))
                    .is_some_and(|order| operator.accepts(order))
            }
            Kind::Bool(value) => match wanted.as_str() {
                "true" => operator.accepts(value.cmp(&true)),
                "false" => operator.accepts(value.cmp(&false)),
                _ => *operator == Operator::NotEqual || (*value && *operator == Operator::GreaterOrEqual),
            },
            Kind::Null | Kind::Array(_) | Kind::Object(_) => false,
        }
    }
}

impl Operator {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Like | Self::NotLike => false,
        }
    }
}

/// The text inside the parentheses, where its operator begins, and what follows them.
fn split(text: &str) -> Option<(&str, Option<usize>, &str)> {
    let mut depth = 1_u32;
    let mut quoted = false;
    let mut escaped = false;
    let mut operator_at = None;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '!' | '=' | '<' | '>' | '%' if depth == 1 && operator_at.is_none() => operator_at = Some(at),
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some((text.get(..at)?, operator_at, text.get(at + 1..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// The right-hand side: a quoted string without its quotes, or the text as it stands. `~` (truthiness) is not built.
fn literal(value: &str) -> Result<String, Unsupported> {
    if value.starts_with('~') {
        return Err(Unsupported);
    }
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    if !quoted {
        return Ok(value.to_owned());
    }
    Ok(match parse(value) {
        Ok(json) => json.as_str().map(std::borrow::Cow::into_owned).unwrap_or_default(),
        // A pattern may hold escapes that JSON does not have, such as `\*`.
        Err(_) => value.trim_matches('"').to_owned(),
    })
}
