//! A finding before it is known on which line it stands: places are looked up once for a file that has any.

use sealbridge_manifest::document::Place;
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::position::{Positions, Spot};

use super::rule::{Rule, Severity};

/// Where something stands.
#[derive(Clone, Debug)]
pub(crate) enum At {
    /// A path of a document, counted without empty ones.
    Path(usize, Vec<Step>),
    /// A line that was seen.
    Spot(Spot),
}

impl At {
    /// A path of an object.
    pub(crate) fn within(place: Place, path: &[&str]) -> Self {
        let mut steps = place.path();
        steps.extend(path.iter().map(|key| Step::key(key)));
        Self::Path(place.document, steps)
    }

    /// The line and column.
    pub(crate) fn spot(&self, positions: &Positions) -> Spot {
        match self {
            Self::Path(document, path) => positions.find(*document, path),
            Self::Spot(spot) => *spot,
        }
    }
}

/// A finding without its file and line.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    pub(crate) at: At,
    pub(crate) object: String,
    pub(crate) entry: String,
    pub(crate) problem: String,
    pub(crate) advice: String,
}

impl Draft {
    /// A finding of the rule's own severity.
    pub(crate) fn new(rule: Rule, at: At, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            at,
            object: String::new(),
            entry: String::new(),
            problem: problem.into(),
            advice: advice.into(),
        }
    }

    /// A finding whose two parts are the message of an error.
    pub(crate) fn of_error(rule: Rule, at: At, error: &impl ToString) -> Self {
        let message = error.to_string();
        let (problem, advice) = message.split_once("; ").unwrap_or((&message, "correct it"));
        Self::new(rule, at, problem, advice)
    }

    /// Of which object.
    pub(crate) fn of(mut self, object: &str) -> Self {
        object.clone_into(&mut self.object);
        self
    }

    /// Of which entry.
    pub(crate) fn entry(mut self, entry: &str) -> Self {
        entry.clone_into(&mut self.entry);
        self
    }

    /// Less, or more, severe than the rule is otherwise.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}
