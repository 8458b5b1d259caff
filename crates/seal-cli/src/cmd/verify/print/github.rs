//! Commands of GitHub's runners that become annotations of a pull request.

use crate::output;
use crate::verify::finding::Finding;
use crate::verify::rule::Severity;

/// One line for each finding.
pub(super) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    format!(
        "::{command} file={},line={},col={},title={}::{}\n",
        property(&finding.path),
        finding.line,
        finding.column,
        property(finding.rule.id()),
        data(&finding.message())
    )
}

/// The runner takes these for the end of a message, and of a property.
fn data(text: &str) -> String {
    let escaped = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    output::harmless(&escaped)
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_no_command() {
        assert_eq!(data("a\n::set-env name=A::b\r100%"), "a%0A::set-env name=A::b%0D100%25");
        assert_eq!(property("a,line=1::b"), "a%2Cline=1%3A%3Ab");
    }
}
