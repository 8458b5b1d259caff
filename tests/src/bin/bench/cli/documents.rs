//! One SOPS document read, and one value of it changed, by both programs.

use std::cell::Cell;

use super::RUNS;
use super::desk::{Desk, lines};
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

const PLAIN: &str = "plain.yaml";
const DOCUMENTS: [&str; 2] = ["ours.enc.yaml", "theirs.enc.yaml"];
const VALUE: &str = "value.txt";

pub(super) fn measure(desk: &Desk, report: &mut Report) {
    let [ours, theirs] = DOCUMENTS;
    desk.write(PLAIN, &lines(": "));
    for document in DOCUMENTS {
        desk.sops(&["encrypt", "--age", &desk.recipients[0], "--output", document, PLAIN]);
    }
    let reading =
        Pairs::of(RUNS, || desk.seal(&["get", ours, "-o", "json"]), || desk.sops(&["decrypt", "--output-type", "json", theirs]));
    // A value that is there already would change nothing.
    let count = Cell::new(0);
    let new = || {
        count.set(count.get() + 1);
        format!("value {}", count.get())
    };
    let writing = Pairs::of(
        RUNS,
        || {
            desk.write(VALUE, &new());
            desk.timed(&desk.seal, &["set", ours, "KEY_500", "-q"], Some(VALUE))
        },
        || desk.sops(&["set", theirs, "[\"KEY_500\"]", &format!("\"{}\"", new())]),
    );
    let goal = Goal::RatioAtMost(0.5);
    report.tell(&Figure::beside("get of a SOPS document", "sops decrypt", &reading, Unit::Milliseconds, goal));
    report.tell(&Figure::beside("set of one value of a SOPS document", "sops set", &writing, Unit::Milliseconds, goal));
}
