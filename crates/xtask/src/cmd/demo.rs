//! `cargo xtask demo`: builds what ships and has it shown at work on real parts.
//! It must never touch a cluster that was not named.

use std::process::ExitCode;

use anyhow::Result;
use sealbridge_xtask::parts::{self, Part};

use super::{built_binary, cargo, succeeded};

/// Show the main job on real parts: references and a sealed value become one Secret, which follows its sources.
///
/// Starts a Kubernetes API server with its controllers, OpenBao and an AWS emulator on this machine, runs the
/// operator against them with the rights of deploy/, and ends with a status other than 0 if anything was not as told.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --keep\n  cargo xtask demo --context kind-trials")]
pub(crate) struct Args {
    /// Leave everything running at the end, with a KUBECONFIG to look at it, until Ctrl-C.
    #[arg(long)]
    keep: bool,

    /// Use the cluster of this context of your kubeconfig instead of starting one. Sealbridge must not be installed
    /// in it; what the demo applies is removed at the end.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    parts::provide(if args.context.is_some() { BESIDE_A_CLUSTER } else { WITH_A_CLUSTER })?;
    // As for the tests, so that every dependency is built once for both.
    if !succeeded(cargo("build").args(["--workspace", "--bins", "--tests"]))? {
        return Ok(ExitCode::FAILURE);
    }
    let mut demo = std::process::Command::new(built_binary("debug", "demo")?);
    demo.args(args.keep.then_some("--keep"));
    demo.args(args.context.iter().flat_map(|name| ["--context", name]));
    demo.current_dir(parts::workspace_root()).env(parts::CACHE_VARIABLE, parts::cache_root()?);
    Ok(if succeeded(&mut demo)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const BESIDE_A_CLUSTER: &[Part] = &[Part::Kubectl, Part::OpenBao, Part::Moto];

const WITH_A_CLUSTER: &[Part] = &[
    Part::Etcd,
    Part::KubeApiserver,
    Part::KubeControllerManager,
    Part::KubeScheduler,
    Part::Kwok,
    Part::Kubectl,
    Part::OpenBao,
    Part::Moto,
];
