//! `seal verify`: what must not be merged, judged without a key and without a cluster.
//!
//! Must never: tell less than it saw. What could not be judged ends with 2, whatever else was found.

mod print;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::print::Format;
use crate::cli::ConfigArgs;
use crate::error::Error;
use crate::identities::IdentityArgs;
use crate::output;
use crate::recovery_keys::RecoveryArgs;
use crate::verify::baseline::Baseline;
use crate::verify::inputs::{Inputs, Selection};
use crate::verify::opening::Opening;
use crate::verify::rule::{Rule, Severity};
use crate::verify::run;

/// Find what must not be merged: plain secrets, sealed values that do not fit.
///
/// Also schema errors, and keys and stores that do not fit together. Needs no key and no cluster, and shows no value.
/// Ends with 1 if there is an error or a warning. Which stores exist and which keys are written twice is judged when a
/// folder, the repository, the index or a range is looked at, not for single files. docs/verify.md tells every rule and
/// how a finding is allowed.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal verify
  seal verify --staged
  seal verify --all --baseline .sealbridge-baseline.json
  seal verify --from-ref origin/main --to-ref HEAD -o github
  seal verify overlays/prod --skip store-missing -o sarif")]
pub(crate) struct VerifyArgs {
    /// Files and folders; by default the current one. With --staged and --from-ref they limit what is judged.
    paths: Vec<PathBuf>,
    /// Judge all files that Git tracks.
    #[arg(long, conflicts_with_all = ["staged", "from_ref", "paths"])]
    all: bool,
    /// Judge what the next commit adds or changes, as it will hold it.
    #[arg(long, conflicts_with = "from_ref")]
    staged: bool,
    /// Judge the files that differ since both commits have parted, as the second has them; who can open values now that
    /// could not before; and what a commit between them added in the clear and a later one took away.
    #[arg(long, value_name = "REV")]
    from_ref: Option<String>,
    /// The second commit.
    #[arg(long, value_name = "REV", default_value = "HEAD", requires = "from_ref")]
    to_ref: String,
    /// Only these rules.
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',', hide_possible_values = true)]
    only: Vec<Rule>,
    /// All rules but these.
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',', hide_possible_values = true)]
    skip: Vec<Rule>,
    /// Do not tell what this file knows.
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    /// Write what is found to this file, as known from now on.
    #[arg(long, value_name = "PATH", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Also open what these identities open, and find what does not open for its place, and SOPS documents whose MAC does
    /// not agree. No other identity is looked for.
    #[arg(short, long = "identity", value_name = "PATH")]
    identities: Vec<PathBuf>,
    #[command(flatten)]
    recovery: RecoveryArgs,
    /// How to write findings: text, json, sarif, github, gitlab or junit.
    #[arg(short = 'o', long, visible_alias = "output", value_enum, default_value = "text", hide_possible_values = true)]
    format: Format,
    /// Say nothing but errors; the exit status tells.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: &VerifyArgs) -> Result<(), Error> {
    let inputs = Inputs::find(&selection(args), &args.paths)?;
    let opening = Opening::named(&IdentityArgs { identities: args.identities.clone() }, &args.recovery)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut outcome = run::run(&inputs, args.config.config.as_deref(), opening.as_ref(), today)?;
    outcome
        .findings
        .retain(|finding| (args.only.is_empty() || args.only.contains(&finding.rule)) && !args.skip.contains(&finding.rule));
    if let Some(path) = &args.baseline {
        let known = Baseline::read(path)?;
        outcome.findings.retain(|finding| !known.knows(finding));
    }
    if !args.quiet {
        outcome.notes.iter().for_each(|note| output::note(note));
    }
    if let Some(path) = &args.write_baseline {
        return write_baseline(args, path, &outcome);
    }
    if !args.quiet {
        print::print(&outcome, args.format)?;
    }
    if !outcome.failures.is_empty() {
        return Err(Error::Several(outcome.failures));
    }
    let is_clean = outcome.findings.iter().all(|finding| finding.severity == Severity::Note);
    if is_clean { Ok(()) } else { Err(Error::Differences) }
}

fn selection(args: &VerifyArgs) -> Selection<'_> {
    match &args.from_ref {
        Some(from) => Selection::Range { from, to: &args.to_ref },
        None if args.staged => Selection::Staged,
        None if args.all => Selection::Tracked,
        None => Selection::Paths,
    }
}

/// A baseline of half of the files would hide nothing and look as if it did.
fn write_baseline(args: &VerifyArgs, path: &std::path::Path, outcome: &run::Outcome) -> Result<(), Error> {
    if !outcome.failures.is_empty() {
        return Err(Error::Several(outcome.failures.clone()));
    }
    let count = Baseline::write(path, &outcome.findings)?;
    if !args.quiet {
        let findings = if count == 1 { "finding is" } else { "findings are" };
        output::note(&format!("{count} {findings} known from now on, in {}; read them before you commit it", path.display()));
    }
    Ok(())
}
