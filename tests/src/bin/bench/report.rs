//! What was measured, printed as soon as it is known, so that a run which fails late has not measured in vain.

use std::io::Write;

use sealbridge_xtask::bench::Subject;

use crate::figure::Figure;

/// The report on one subject.
pub(crate) struct Report {
    subject: Subject,
    are_met: bool,
}

impl Report {
    /// A report that says nothing yet.
    pub(crate) fn on(subject: Subject) -> Self {
        Self { subject, are_met: true }
    }

    /// Under what conditions the figures that follow are measured.
    pub(crate) fn conditions(&self, conditions: &str) {
        print(&format!("{}: {conditions}", self.subject));
    }

    /// One more line.
    pub(crate) fn tell(&mut self, figure: &Figure) {
        self.are_met &= figure.is_met();
        print(&format!("  {figure}"));
    }

    /// Whether no figure missed its goal.
    pub(crate) fn are_met(&self) -> bool {
        self.are_met
    }
}

fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("standard output");
}
