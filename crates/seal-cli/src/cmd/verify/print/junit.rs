//! A `JUnit` report: one test case for each finding, and one that passes where there is none.

use std::fmt::Write;

use crate::error::Error;
use crate::output;
use crate::verify::finding::Finding;
use crate::verify::rule::Severity;
use crate::verify::run::Outcome;

/// The whole report.
pub(super) fn document(outcome: &Outcome) -> Result<String, Error> {
    written(outcome).map_err(|_| Error::Json)
}

fn written(outcome: &Outcome) -> Result<String, std::fmt::Error> {
    let cases = (outcome.findings.len() + outcome.failures.len()).max(1);
    let failures = outcome.findings.iter().filter(|finding| finding.severity != Severity::Note).count();
    let counts = format!("tests=\"{cases}\" failures=\"{failures}\" errors=\"{}\"", outcome.failures.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writeln!(text, "<testsuites name=\"seal verify\" {counts}>")?;
    writeln!(text, "  <testsuite name=\"seal verify\" {counts}>")?;
    for finding in &outcome.findings {
        case(&mut text, finding)?;
    }
    for failure in &outcome.failures {
        writeln!(text, "    <testcase classname=\"seal verify\" name=\"all files are judged\">")?;
        writeln!(text, "      <error message=\"{}\"/>\n    </testcase>", escaped(failure))?;
    }
    if outcome.findings.is_empty() && outcome.failures.is_empty() {
        writeln!(text, "    <testcase classname=\"seal verify\" name=\"nothing found\"/>")?;
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    Ok(text)
}

fn case(text: &mut String, finding: &Finding) -> std::fmt::Result {
    let (path, rule, message) = (escaped(&finding.path), finding.rule.id(), escaped(&finding.message()));
    let name = escaped(&format!("{} {}:{}", rule, finding.line, finding.column));
    writeln!(text, "    <testcase classname=\"{path}\" name=\"{name}\" file=\"{path}\" line=\"{}\">", finding.line)?;
    match finding.severity {
        Severity::Note => writeln!(text, "      <system-out>{message}</system-out>")?,
        severity => writeln!(text, "      <failure type=\"{}\" message=\"{message}\"/>", severity.word())?,
    }
    writeln!(text, "    </testcase>")
}

/// Text that is no markup, without characters that XML cannot hold.
fn escaped(text: &str) -> String {
    let text = output::harmless(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(escaped("a\"/><b>&\u{1b}\u{ffff}"), "a&quot;/&gt;&lt;b&gt;&amp;\u{fffd}\u{fffd}");
    }
}
