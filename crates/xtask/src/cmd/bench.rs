//! `cargo xtask bench`: builds what ships and has it measured beside a reference.
//! It must never judge a time by itself: figures of a shared machine fail nobody unless `--check` is given.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use sealbridge_xtask::bench::Subject;
use sealbridge_xtask::parts::{self, Part};

/// Measure speed and size of the release binaries, each figure beside a reference run on the same machine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure; everything if nothing is named.
    #[arg(value_enum)]
    subjects: Vec<Subject>,

    /// Exit with 1 if a figure misses its goal.
    #[arg(long)]
    check: bool,
}

/// The packages whose binaries are measured, and the one that measures.
const PACKAGES: &[&str] = &["sealbridge-operator", "sealbridge-seal-cli", "sealbridge-tests"];

/// The parts that the cold start runs on.
const PARTS: &[Part] = &[Part::Etcd, Part::KubeApiserver, Part::KubeControllerManager, Part::Kubectl, Part::OpenBao];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let subjects = if args.subjects.is_empty() { Subject::ALL } else { &args.subjects };
    if subjects.contains(&Subject::ColdStart) {
        parts::provide(PARTS)?;
    }
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--release", "--bins"]).current_dir(parts::workspace_root());
    for package in PACKAGES {
        build.args(["--package", package]);
    }
    if !build.status().context("cannot run cargo")?.success() {
        bail!("the release binaries cannot be built");
    }
    let mut bench = Command::new(release_binary("bench")?);
    bench.args(subjects.iter().map(|subject| subject.name()));
    bench.args(args.check.then_some("--check"));
    // The harness looks the parts up again; it must look where this process put them.
    bench.current_dir(parts::workspace_root()).env(parts::CACHE_VARIABLE, parts::cache_root()?);
    let status = bench.status().with_context(|| format!("cannot run {}", bench.get_program().display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A binary of the release profile, whose folder lies beside that of the profile which built this one. Asking cargo to
/// run it would build it again, with the features that it needs when it is built alone.
fn release_binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this program is unknown")?;
    let target = own.ancestors().nth(2).context("this program does not lie in a target folder")?;
    Ok(target.join("release").join(name))
}
