//! How long every command takes that reads one small file, from the call until its end, beside age, which
//! says its version. It must never measure a build that is not the one beside this binary.

use std::path::Path;

use super::desk::{Desk, IDENTITIES};
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

/// Runs of each.
pub(super) const RUNS: usize = 51;
const VALUE: &str = "one.txt";
/// 3 ms where age takes 3 ms: how fast the machine is at the moment says nothing about us.
const SLOWEST: f64 = 1.0;

/// What is printed, and the command line; a value is on standard input.
const COMMANDS: [(&str, &[&str]); 15] = [
    ("start-up: version", &["version"]),
    ("start-up: get", &["get", "app.yaml", "A", "--raw"]),
    ("start-up: set", &["set", "app.yaml", "A", "-q"]),
    ("start-up: set --dry-run", &["set", "app.yaml", "NEW", "--dry-run", "-q"]),
    ("start-up: unset --dry-run", &["unset", "app.yaml", "A", "--dry-run", "-q"]),
    ("start-up: value", &["value", "--name", "app", "--key", "A", "-q"]),
    ("start-up: import", &["import", "--env-file", "small.env", "--name", "small", "-q"]),
    ("start-up: copy --dry-run", &["copy", "app.yaml:A", "other.yaml", "--dry-run", "-q"]),
    ("start-up: list", &["list", "app.yaml"]),
    ("start-up: verify", &["verify", "app.yaml", "-q"]),
    ("start-up: render", &["render", "app.yaml"]),
    ("start-up: reseal --check", &["reseal", "app.yaml", "--check", "-q"]),
    ("start-up: get of SOPS", &["get", "small.enc.yaml", "a"]),
    ("start-up: set of SOPS", &["set", "small.enc.yaml", "a", "-q"]),
    ("start-up: list of SOPS", &["list", "small.enc.yaml"]),
];

pub(super) fn measure(desk: &Desk, report: &mut Report) {
    let rules = format!("rules: [{{path: '**', recipients: [{}], namespace: shop}}]\n", desk.recipients[0]);
    desk.write(".sealbridge.yaml", &rules);
    desk.write(VALUE, "a value");
    desk.write("small.env", "A=1\n");
    desk.write("small.yaml", "a: one\nb: two\n");
    desk.timed(&desk.seal, &["set", "app.yaml", "A", "-q"], Some(VALUE));
    desk.sops(&["encrypt", "--age", &desk.recipients[0], "--output", "small.enc.yaml", "small.yaml"]);
    // Four identities would be four times the work of the reader.
    let first = desk.printed(Path::new("/usr/bin/head"), &["-n", "1", IDENTITIES], None);
    desk.write(IDENTITIES, &first);
    for (name, arguments) in COMMANDS {
        let ours = || desk.timed(&desk.seal, arguments, Some(VALUE));
        let pairs = Pairs::of(RUNS, ours, || desk.timed(&desk.age, &["--version"], None));
        report.tell(&Figure::beside(name, "age --version", &pairs, Unit::Milliseconds, Goal::RatioAtMost(SLOWEST)));
    }
}
