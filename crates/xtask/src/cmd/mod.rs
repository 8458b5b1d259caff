//! One file per command: arguments, library calls, words.
//! Nothing here may be needed by a test: what tests share lives in the library.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use sealbridge_xtask::parts::workspace_root;

pub(crate) mod bench;
pub(crate) mod crds;
pub(crate) mod demo;
pub(crate) mod fuzz;
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

/// A binary of a profile, whose folder lies beside that of the profile which built this one. Asking cargo to run it
/// would build it again, with the features that it needs when it is built alone.
pub(crate) fn built_binary(profile: &str, name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this program is unknown")?;
    let target = own.ancestors().nth(2).context("this program does not lie in a target folder")?;
    Ok(target.join(profile).join(name))
}
