//! One file per command: arguments, library calls, words.
//! Nothing here may be needed by a test: what tests share lives in the library.

use std::process::Command;

use anyhow::{Context, Result};
use sealbridge_xtask::parts::workspace_root;

pub(crate) mod crds;
pub(crate) mod parts;
pub(crate) mod test;

/// The cargo that runs this command, so that a toolchain override holds for the tests too.
pub(crate) fn cargo(verb: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(verb).current_dir(workspace_root());
    cargo
}

pub(crate) fn succeeded(command: &mut Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    Ok(status.success())
}
