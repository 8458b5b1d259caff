//! `cargo xtask test`: every test of the workspace, on real parts.
//! It must never pass over a part that cannot be provided: a skipped suite looks green.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use sealbridge_xtask::parts::{self, Part};

/// Run all tests of the workspace, real parts included.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `cargo test`, after `--`: a filter, `-p PACKAGE`, `-- --nocapture`.
    #[arg(last = true)]
    cargo_test: Vec<OsString>,
}

/// The packages whose binaries the scenarios start: `cargo test` alone builds them only as far as it needs
/// their libraries.
const BINARIES_UNDER_TEST: &[&str] = &["sealbridge-operator", "sealbridge-seal-cli"];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    parts::provide(Part::ALL)?;
    let mut build = cargo("build");
    for package in BINARIES_UNDER_TEST {
        build.args(["--package", package]);
    }
    if !succeeded(&mut build)? {
        return Ok(ExitCode::FAILURE);
    }
    let mut test = cargo("test");
    if !args.cargo_test.iter().any(names_a_package) {
        test.arg("--workspace");
    }
    test.args(&args.cargo_test);
    // The scenarios look the parts up again; they must look where this process put them.
    test.env(parts::CACHE_VARIABLE, parts::cache_root()?);
    Ok(if succeeded(&mut test)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The cargo that runs this command, so that a toolchain override holds for the tests too.
fn cargo(verb: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(verb).current_dir(parts::workspace_root());
    cargo
}

fn names_a_package(arg: &OsString) -> bool {
    arg.to_str().is_some_and(|arg| matches!(arg, "-p" | "--package" | "--workspace") || arg.starts_with("--package="))
}

fn succeeded(command: &mut Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    Ok(status.success())
}
