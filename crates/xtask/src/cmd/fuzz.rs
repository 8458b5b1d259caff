//! `cargo xtask fuzz`: builds the driver with coverage and runs it over the targets, as many at once as there are cores.
//! It must never write into the checkout: what is found is named, and a person decides what joins a corpus.

use std::fs::{self, File};
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result};
use sealbridge_xtask::fuzz::{TARGET_VARIABLE, Target};
use sealbridge_xtask::parts::workspace_root;

use super::{cargo, succeeded};

/// Feed the readers with inputs that grow by coverage, until one panics, hangs, or breaks what must hold.
///
/// Builds libFuzzer and everything below the targets once more, below target/fuzz; a C++ compiler is needed. Each run
/// starts with tests/fuzz/corpus and with what earlier runs left in target/fuzz/corpus.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask fuzz\n  cargo xtask fuzz sops --minutes 60")]
pub(crate) struct Args {
    /// What to feed; everything if nothing is named.
    #[arg(value_enum)]
    targets: Vec<Target>,

    /// How long each target is fed.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
}

/// What makes LLVM tell libFuzzer which branches an input took; the stable compiler passes it on.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let place = workspace_root().join("target/fuzz");
    let host = host()?;
    let mut build = cargo("build");
    build.args(["--release", "--locked", "--manifest-path", "tests/fuzz/driver/Cargo.toml", "--target", &host]);
    // Named, so that the flags are not those of build scripts and macros too.
    build.arg("--target-dir").arg(&place).env("RUSTFLAGS", COVERAGE);
    if !succeeded(&mut build)? {
        return Ok(ExitCode::FAILURE);
    }
    let driver = place.join(host).join("release/fuzz-driver");
    let targets = if args.targets.is_empty() { Target::ALL } else { &args.targets };
    let waiting = Mutex::new(targets.iter());
    let work = || {
        let mut all_held = true;
        while let Some(target) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
            all_held &= feed(&driver, *target, args.minutes, &place)?;
        }
        Ok(all_held)
    };
    let at_once = thread::available_parallelism().map_or(1, NonZero::get).min(targets.len());
    let outcomes: Vec<Result<bool>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let all_held = outcomes.into_iter().collect::<Result<Vec<_>>>()?.into_iter().all(|held| held);
    Ok(if all_held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The triple of this machine.
fn host() -> Result<String> {
    let told = Command::new("rustc").arg("-vV").current_dir(workspace_root()).output().context("cannot run rustc")?;
    let told = String::from_utf8(told.stdout).context("rustc -vV is text")?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}

/// Feeds one target and says what came of it; whether nothing was found.
fn feed(driver: &Path, target: Target, minutes: u64, place: &Path) -> Result<bool> {
    let [grown, found] = ["corpus", "found"].map(|folder| place.join(folder).join(target.name()));
    for folder in [&grown, &found] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let log = place.join(format!("{target}.log"));
    let written = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = Command::new(driver)
        .arg(format!("-max_total_time={}", minutes * 60))
        .arg(format!("-artifact_prefix={}{}", found.display(), std::path::MAIN_SEPARATOR))
        .args(["-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048", "-max_len=4096"])
        .args([grown, target.corpus()])
        .env(TARGET_VARIABLE, target.name())
        .stdout(written.try_clone()?)
        .stderr(written)
        .status()
        .context("cannot run the driver")?;
    let inputs = inputs(&log);
    let mut out = std::io::stdout().lock();
    if status.success() {
        writeln!(out, "{target}: {inputs} inputs in {minutes} min, nothing found")?;
    } else {
        let newest = newest(&found).unwrap_or(found);
        writeln!(out, "{target}: FOUND {} after {inputs} inputs; the reason is at the end of {}", newest.display(), log.display())?;
        writeln!(out, "  Correct the code, and keep the input as a file in {}.", target.corpus().display())?;
    }
    Ok(status.success())
}

/// How many inputs a run has tried, as its log says.
fn inputs(log: &Path) -> String {
    let told = fs::read(log).unwrap_or_default();
    let told = String::from_utf8_lossy(&told);
    let count = told.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    count.map_or_else(|| "an unknown number of".to_owned(), |count| count.trim().to_owned())
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let newest = files.max_by_key(|file| file.metadata().and_then(|metadata| metadata.modified()).ok())?;
    Some(newest.path())
}
