//! `cargo xtask parts`: has the named parts in the cache and prints where each lies.
//! It must never start one.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use sealbridge_xtask::parts::{self, Part};

/// Provide the real programs that tests and the demo run on (all, or those named).
///
/// They are built or downloaded once into $`SEALBRIDGE_PARTS_DIR`, else $`XDG_CACHE_HOME/sealbridge/parts`, else
/// ~/.cache/sealbridge/parts. Standard output has one line per part: its name, a tab, its path.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Parts wanted.
    #[arg(value_enum)]
    names: Vec<Part>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let wanted = if args.names.is_empty() { Part::ALL } else { &args.names };
    let provided = parts::provide(wanted)?;
    let mut out = std::io::stdout().lock();
    for part in wanted {
        writeln!(out, "{part}\t{}", provided.path(*part)?.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
