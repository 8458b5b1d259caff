//! A file of values sealed and opened: each value an age file of its own, where sops has one data key for the file.

use std::fs;

use super::RUNS;
use super::desk::{Desk, ENV, lines};
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

const MANIFEST: &str = "sealed.yaml";
const PLAIN: &str = "plain.yaml";
const DOCUMENT: &str = "encrypted.yaml";
/// What the peer is given of the four recipients, and what `seal`; how both are called; what is wanted.
type Case = (&'static [usize], &'static [usize], [&'static str; 2], Goal);

const CASES: [Case; 3] = [
    (&[0], &[0], ["import, 1000 values", "get, 1000 values"], Goal::RatioAtMost(0.7)),
    (&[0, 1, 2], &[0, 1, 2], ["import, three recipients", "get, three recipients"], Goal::None),
    // sops is given an X25519 key: what it takes for post-quantum keys, it need not have.
    (&[0], &[3], ["import, post-quantum", "get, post-quantum"], Goal::None),
];

pub(super) fn measure(desk: &Desk, report: &mut Report) {
    desk.write(PLAIN, &lines(": "));
    for figure in CASES.iter().flat_map(|case| both(desk, case)) {
        report.tell(&figure);
    }
}

fn both(desk: &Desk, (theirs, ours, [seal, open], goal): &Case) -> [Figure; 2] {
    let named = |positions: &[usize]| positions.iter().map(|position| desk.recipients[*position].as_str()).collect::<Vec<_>>();
    let theirs = named(theirs).join(",");
    let mut import = vec!["import", "--env-file", ENV, "--name", "app", "-n", "shop", "--to", MANIFEST, "--allow-large", "-q"];
    import.extend(named(ours).iter().flat_map(|recipient| ["-r", recipient]));
    let sealing = Pairs::of(
        RUNS,
        || {
            // It writes no file that is there.
            drop(fs::remove_file(desk.path().join(MANIFEST)));
            desk.seal(&import)
        },
        || desk.sops(&["encrypt", "--age", &theirs, "--output", DOCUMENT, PLAIN]),
    );
    let opening = Pairs::of(
        RUNS,
        || desk.seal(&["get", MANIFEST, "-o", "json"]),
        || desk.sops(&["decrypt", "--output-type", "json", DOCUMENT]),
    );
    [
        Figure::beside(seal, "sops encrypt", &sealing, Unit::Milliseconds, *goal),
        Figure::beside(open, "sops decrypt", &opening, Unit::Milliseconds, *goal),
    ]
}
