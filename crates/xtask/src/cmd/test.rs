//! `cargo xtask test`: every test of the workspace, on real parts.
//! It must never pass over a part that cannot be provided: a skipped suite looks green.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use sealbridge_xtask::parts::{self, Part};

use super::{cargo, succeeded};

/// Run all tests of the workspace, real parts included.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `cargo test`, after `--`: a filter, `-p PACKAGE`, `-- --nocapture`.
    #[arg(last = true)]
    cargo_test: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    parts::provide(Part::ALL)?;
    // The scenarios start binaries, which `cargo test` alone does not build. The same packages and targets as
    // in the test run, so that every dependency is built once.
    let mut build = cargo("build");
    build.args(["--workspace", "--bins", "--tests"]);
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

fn names_a_package(arg: &OsString) -> bool {
    arg.to_str().is_some_and(|arg| matches!(arg, "-p" | "--package" | "--workspace") || arg.starts_with("--package="))
}
