//! SARIF 2.1.0, which code scanning of several servers reads.

use serde_json::{Value, json};

use super::fingerprint;
use crate::verify::finding::Finding;
use crate::verify::rule::Rule;
use crate::verify::run::Outcome;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The whole log.
pub(super) fn log(outcome: &Outcome) -> Value {
    let results =
        outcome.findings.iter().zip(fingerprint::of_all(&outcome.findings)).map(|(finding, print)| result(finding, &print));
    let notifications = outcome.failures.iter().map(|failure| json!({"level": "error", "message": {"text": failure}}));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "seal verify",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Rule::ALL.map(rule).to_vec(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": outcome.failures.is_empty(),
                "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": {"text": rule.summary()},
        "defaultConfiguration": {"level": rule.severity().word()},
    })
}

fn result(finding: &Finding, fingerprint: &str) -> Value {
    let name = [finding.object.as_str(), &finding.entry].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    let physical = json!({
        "artifactLocation": {"uri": uri(&finding.path), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    });
    let location = if name.is_empty() {
        json!({"physicalLocation": physical})
    } else {
        json!({"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": name}]})
    };
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": finding.severity.word(),
        "message": {"text": finding.message()},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    })
}

/// A path as a relative reference: whatever is not unreserved is written in percent.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests;
