//! `cargo xtask crds`: writes `deploy/crds` and `deploy/schemas` anew from the types of `crates/api`.
//! It must never know a type itself.

use std::process::ExitCode;

use anyhow::Result;

/// Write the CRDs and JSON Schemas under deploy/ as the types say.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<ExitCode> {
    let mut generate = super::cargo("run");
    generate.args(["--quiet", "--package", "sealbridge-api", "--example", "crds", "--", "."]);
    Ok(if super::succeeded(&mut generate)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
