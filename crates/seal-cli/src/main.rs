//! `seal`: seals values before a commit, and shows what the operator will make of them.
//!
//! ```text
//!   cli ─▶ cmd/<verb> ─▶ target, recipients, value ─▶ library ─▶ file (atomic) | output
//!                                     error: every message of a failure, in two parts
//! ```
//!
//! Owns: arguments, files of a checkout, words for people. Must never: take a value from its arguments, print
//! one on a terminal unasked, or touch a cluster unless told to.

mod cli;
#[cfg(feature = "cluster")]
mod cluster;
mod cmd;
mod config;
mod error;
mod file;
mod folder;
mod identities;
mod import;
mod inventory;
mod kustomization;
mod manifest_file;
mod output;
mod recipients;
mod render;
mod sealing;
mod size;
mod target;
mod value;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse().and_then(cmd::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error::report(&error),
    }
}
