//! `seal`: seals values before a commit, and shows what the operator will make of them. `kubectl seal`: acts on
//! live objects.
//!
//! ```text
//!   plugin ─▶ plugin/<verb> ─▶ cluster
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
mod count;
mod destination;
mod embedded;
mod error;
mod file;
mod folder;
mod generate;
mod git;
mod identities;
mod import;
mod inventory;
mod kustomization;
mod manifest_file;
mod moment;
mod namespaces;
mod new_manifest;
mod output;
#[cfg(feature = "cluster")]
mod passphrase;
#[cfg(feature = "cluster")]
mod plugin;
mod question;
mod recipients;
mod recovery_keys;
mod render;
mod sealed_secret;
mod sealed_texts;
mod sealed_uses;
mod sealing;
mod size;
mod sops;
mod target;
mod terminal;
pub mod texts;
mod unchanged;
mod value;
mod value_path;
mod verify;
mod why;
mod wiped;
mod workers;

use std::process::ExitCode;

/// Runs `seal` with the arguments of this process.
#[must_use]
pub fn seal() -> ExitCode {
    exit_code(cli::parse().and_then(cmd::run))
}

/// Runs `kubectl seal` with the arguments of this process.
#[cfg(feature = "cluster")]
#[must_use]
pub fn kubectl_seal() -> ExitCode {
    exit_code(plugin::parse().and_then(plugin::run))
}

fn exit_code(outcome: Result<(), error::Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error::report(&error),
    }
}
