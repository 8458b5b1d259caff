//! Findings in words and for programs.
//!
//! Must never: let a name that anybody may propose become markup or a command of a CI server.

mod fingerprint;
mod github;
mod gitlab;
mod junit;
mod sarif;

use clap::ValueEnum;
use serde::Serialize;

use crate::count::counted;
use crate::error::Error;
use crate::output;
use crate::verify::rule::Severity;
use crate::verify::run::Outcome;

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab's report of code quality.
    Gitlab,
    /// A `JUnit` report, as Jenkins takes it.
    Junit,
}

/// Writes the findings.
pub(super) fn print(outcome: &Outcome, format: Format) -> Result<(), Error> {
    let text = match format {
        Format::Text => text(outcome),
        Format::Json => pretty(&outcome.findings)?,
        Format::Sarif => pretty(&sarif::log(outcome))?,
        Format::Github => github::lines(&outcome.findings),
        Format::Gitlab => gitlab::document(&outcome.findings)?,
        Format::Junit => junit::document(outcome)?,
    };
    output::write_stdout(text.as_bytes())
}

fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    for finding in &outcome.findings {
        let line = format!(
            "{}:{}:{}: {}: {} [{}]",
            finding.file,
            finding.line,
            finding.column,
            finding.severity.word(),
            finding.message(),
            finding.rule.id()
        );
        text.push_str(&output::harmless(&line));
        text.push('\n');
    }
    text.push_str(&summary(outcome));
    text.push('\n');
    text
}

/// `12 files: 1 error, 2 warnings`
fn summary(outcome: &Outcome) -> String {
    let of = |severity: Severity| outcome.findings.iter().filter(|finding| finding.severity == severity).count();
    let severities = [Severity::Error, Severity::Warning, Severity::Note].into_iter().map(|severity| (of(severity), severity));
    let told: Vec<_> =
        severities.filter(|(number, _)| *number > 0).map(|(number, severity)| counted(number, severity.word())).collect();
    let told = if told.is_empty() { "nothing found".to_owned() } else { told.join(", ") };
    format!("{}: {told}", counted(outcome.files, "file"))
}

fn pretty(value: &impl Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(|_| Error::Json)?;
    text.push('\n');
    Ok(text)
}
