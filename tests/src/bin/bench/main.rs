//! Measures the release binaries, each figure beside a reference run in the same process and session, so that a
//! slow or busy machine shows in both. Run by `cargo xtask bench`; no test may depend on what it finds.
//!
//! ```text
//! sealing     sealbridge-seal        beside  the plain age crate
//! assembly    sealbridge-engine      beside  a JSON round trip of the same Secret
//! cli         whole processes of seal  beside  sops, kubeseal, plain age, an empty process
//! cold_start  sealbridge-operator    beside  a bare loop that makes the same writes
//!                └▶ Pairs (ours, reference) ─▶ Figure (median, goal, ratio) ─▶ Report, a line at once
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends the program, with the reason in the message"
)]

mod assembly;
mod cli;
mod cold_start;
mod figure;
mod pairs;
mod report;
mod sealing;

use std::process::ExitCode;

use clap::Parser;
use report::Report;
use sealbridge_xtask::bench::Subject;

/// Measures what ships.
#[derive(Parser)]
#[command(name = "bench")]
struct Args {
    /// What to measure.
    #[arg(value_enum, required = true)]
    subjects: Vec<Subject>,

    /// Exit with 1 if a figure misses its goal.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut all_met = true;
    for subject in args.subjects {
        let mut report = Report::on(subject);
        match subject {
            Subject::Sealing => sealing::measure(&mut report),
            Subject::Assembly => assembly::measure(&mut report),
            Subject::Cli => cli::measure(&mut report),
            Subject::ColdStart => cold_start::measure(&mut report),
        }
        all_met &= report.are_met();
    }
    if args.check && !all_met { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
