//! `cargo xtask bench`: builds what ships and has it measured beside a reference.
//! It must never judge a time by itself: figures of a shared machine fail nobody unless `--check` is given.

use std::process::{Command, ExitCode};

use anyhow::Result;
use sealbridge_xtask::bench::Subject;
use sealbridge_xtask::parts::{self, Part};

use super::{built_binary, cargo, succeeded};

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

/// What is measured, what measures, and what ends the parts; each with its package.
const BINARIES: &[(&str, &str)] = &[
    ("sealbridge-operator", "sealbridge-operator"),
    ("sealbridge-seal-cli", "seal"),
    ("sealbridge-tests", "bench"),
    ("sealbridge-tests", "part-guard"),
];

/// The parts that the cold start runs on.
const PARTS: &[Part] = &[Part::Etcd, Part::KubeApiserver, Part::KubeControllerManager, Part::Kubectl, Part::OpenBao];

/// The tools that `seal` is measured beside.
const PEERS: &[Part] = &[Part::Sops, Part::Kubeseal, Part::Age];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let subjects = if args.subjects.is_empty() { Subject::ALL } else { &args.subjects };
    if subjects.contains(&Subject::ColdStart) {
        parts::provide(PARTS)?;
    }
    if subjects.contains(&Subject::Cli) {
        parts::provide(PEERS)?;
    }
    let mut build = cargo("build");
    build.arg("--release");
    for (package, binary) in BINARIES {
        build.args(["--package", package, "--bin", binary]);
    }
    if !succeeded(&mut build)? {
        return Ok(ExitCode::FAILURE);
    }
    let mut bench = Command::new(built_binary("release", "bench")?);
    bench.args(subjects.iter().map(|subject| subject.name()));
    bench.args(args.check.then_some("--check"));
    // The harness looks the parts up again; it must look where this process put them.
    bench.current_dir(parts::workspace_root()).env(parts::CACHE_VARIABLE, parts::cache_root()?);
    Ok(if succeeded(&mut bench)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
