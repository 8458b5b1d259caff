//! Whole processes of `seal` beside the tools that people use today, on the same values in the same session. It must
//! never count the making of keys or of what is opened.
//!
//! ```text
//! desk        one folder, one key, 1000 values; runs a program in it and takes its time
//! values      seal import, seal get        beside  sops encrypt, sops decrypt
//! documents   seal get, seal set           beside  sops decrypt, sops set, on one SOPS document
//! sealed_secrets  seal set, seal get       beside  kubeseal
//! verify      manifests a second on one core
//! reseal      10 000 values                beside  the plain age crate
//! start_up    every command on one file    beside  age
//! ```

mod desk;
mod documents;
mod reseal;
mod sealed_secrets;
mod start_up;
mod values;
mod verify;

use crate::report::Report;
use desk::Desk;

/// Runs of everything but the start, of which more are made.
const RUNS: usize = 11;

pub(crate) fn measure(report: &mut Report) {
    let desk = Desk::new();
    report.conditions(&format!(
        "whole processes, one file of {} values of {} bytes, one X25519 recipient unless said; {} threads, median of {RUNS}, \
         of {} where one file is read",
        desk::VALUES,
        desk::VALUE_BYTES,
        desk::threads(),
        start_up::RUNS,
    ));
    values::measure(&desk, report);
    documents::measure(&desk, report);
    sealed_secrets::measure(&desk, report);
    report.tell(&verify::measure());
    report.tell(&reseal::measure());
    start_up::measure(&desk, report);
}
