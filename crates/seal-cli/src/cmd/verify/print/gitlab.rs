//! GitLab's report of code quality.

use serde::Serialize;

use super::fingerprint;
use crate::error::Error;
use crate::verify::finding::Finding;
use crate::verify::rule::Severity;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The whole report.
pub(super) fn document(findings: &[Finding]) -> Result<String, Error> {
    let issues = findings.iter().zip(fingerprint::of_all(findings)).map(|(finding, fingerprint)| Issue {
        description: finding.message(),
        check_name: finding.rule.id(),
        fingerprint,
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Note => "info",
        },
        location: Location { path: &finding.path, lines: Lines { begin: finding.line } },
    });
    super::pretty(&issues.collect::<Vec<_>>())
}
