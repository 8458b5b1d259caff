//! What the fuzzer calls, and what must hold for any input: no panic, no value in a message, and what is taken can be
//! read back as it was.
//!
//! ```text
//!   corpus ─▶ tests/replay          (every run of the tests)
//!      └────▶ driver (libFuzzer) ─▶ run(target, input) ─▶ the readers of the workspace
//! ```
//!
//! Must never: look at a clock, at the network or at a file that an input names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a finding is a panic, with the reason in the message"
)]

mod canary;
mod config;
mod damage;
mod sealed_secret;
mod sealed_value;
mod sops;
mod template;
mod verify;
mod yaml_edit;

pub use sealbridge_xtask::fuzz::{TARGET_VARIABLE, Target};

/// Feeds one input.
///
/// # Panics
/// If something does not hold.
pub fn run(target: Target, input: &[u8]) {
    match target {
        Target::SealedValue => sealed_value::run(input),
        Target::Sops => sops::run(input),
        Target::YamlEdit => yaml_edit::run(input),
        Target::SealedSecret => sealed_secret::run(input),
        Target::Config => config::run(input),
        Target::Verify => verify::run(input),
        Target::Template => template::run(input),
    }
}
