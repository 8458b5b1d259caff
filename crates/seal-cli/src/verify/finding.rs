//! What was found, and where.
//!
//! Must never: hold a value. Names of keys are shown as every other verb shows them.

use serde::Serialize;

use super::rule::{Rule, Severity};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What kind.
    pub(crate) rule: Rule,
    /// How bad.
    pub(crate) severity: Severity,
    /// The file, as it is seen from the current folder.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column, from 1.
    pub(crate) column: usize,
    /// The object, as `Secret shop/checkout`; empty outside of one.
    pub(crate) object: String,
    /// The entry or path in it; empty for the whole.
    pub(crate) entry: String,
    /// What is wrong.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) advice: String,
    /// The file from the repository's root, with `/`: the same wherever the command runs.
    #[serde(skip)]
    pub(crate) path: String,
}

impl Finding {
    /// `Secret shop/checkout: PASSWORD: lies in the clear; seal it`
    pub(crate) fn message(&self) -> String {
        let mut message = String::new();
        for part in [&self.object, &self.entry] {
            if !part.is_empty() {
                message.push_str(part);
                message.push_str(": ");
            }
        }
        message.push_str(&self.problem);
        message.push_str("; ");
        message.push_str(&self.advice);
        message
    }

    /// What a finding is known by in a baseline and to a server: rule and place, not the line, which moves.
    pub(crate) fn identity(&self) -> [&str; 4] {
        [self.rule.id(), &self.path, &self.object, &self.entry]
    }

    fn order(&self) -> (&str, usize, usize, Rule, &str) {
        (&self.path, self.line, self.column, self.rule, &self.entry)
    }
}

/// Puts findings in the order of files and lines, each once.
pub(crate) fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|one, other| one.order().cmp(&other.order()));
    findings.dedup();
}
