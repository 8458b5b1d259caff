//! How long `seal version` takes from the call until its end, beside a process that does nothing.
//! It must never measure a build that is not the one beside this binary.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;

const RUNS: usize = 51;
const EMPTY: &str = "/bin/true";

pub(crate) fn measure() -> (String, Vec<Figure>) {
    let seal = std::env::current_exe().expect("the path of this binary").with_file_name("seal");
    assert!(seal.is_file(), "{} is not built: run this by `cargo xtask bench`", seal.display());
    let pairs = Pairs::of(RUNS, || milliseconds(&seal, &["version"]), || milliseconds(Path::new(EMPTY), &[]));
    let figures = vec![Figure::beside("seal version", EMPTY, &pairs, Unit::Milliseconds, Goal::AtMost(3.0))];
    (format!("spawned and waited for, median of {RUNS}"), figures)
}

fn milliseconds(program: &Path, arguments: &[&str]) -> f64 {
    let began = Instant::now();
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status().expect("runs");
    let took = began.elapsed();
    assert!(status.success(), "{} ended with {status}", program.display());
    took.as_secs_f64() * 1000.0
}
