//! `seal reseal`: brings sealed values to the recipients that the rules name now.
//!
//! Must never: touch a value that has them, let in somebody whom nobody has agreed to, or leave a file half done.

mod file;
mod progress;
mod report;
mod row;
mod sops;
mod survey;
mod trust;

use std::path::PathBuf;

use clap::Args;
use sealbridge_seal::KeyRing;

use self::file::How;
use self::progress::Progress;
use self::survey::{Survey, Surveyed};
use self::trust::Trust;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{Config, Configs};
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::output::Output;
use crate::{folder, workers};

/// Bring sealed values to the recipients that the rules name now.
///
/// Entries of BridgedSecrets and sealed texts anywhere in YAML or JSON: those whose recipients differ are opened with
/// your keys and sealed again for the same place, with the day on which the value was sealed. Every other byte stays.
/// Each file is replaced in one step; run it again to do what is left.
///
/// SOPS documents are brought to those whom .sops.yaml names, with a new data key when somebody is taken away.
///
/// Recipients that were added to these rules since this branch left the main one, and those of values and documents that
/// came with this branch, are named and let in only with --accept-recipient.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal reseal . --dry-run
  seal reseal overlays/prod
  seal reseal overlays/prod --accept-recipient prod-2
  seal reseal . --check")]
pub(crate) struct ResealArgs {
    /// Files, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write nothing and need no key; end with 1 if a value has other recipients than the rules name.
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Say what would be done, and write nothing. Needs no key.
    #[arg(long)]
    dry_run: bool,
    /// Let in this recipient, or the recipients of this set of .sealbridge.yaml, although they are new.
    #[arg(long, value_name = "ID|SET")]
    accept_recipient: Vec<String>,
    /// What others have agreed to already: the common ancestor with this revision, by default with origin/HEAD or
    /// the main branch.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Write a manifest that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &ResealArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let configs = Configs::new(args.config.config.as_deref());
    let trust = Trust::of(&args.accept_recipient, args.base.as_deref())?;
    let candidates = folder::candidates(&args.paths)?;
    let mut failures = Vec::new();
    let mut surveys = Vec::new();
    for surveyed in workers::each(&candidates, |candidate| survey::survey(&candidate.path, &configs, &trust)) {
        match surveyed {
            Ok(Surveyed::Nothing) => {}
            Ok(Surveyed::Template(path)) => {
                output.note(&format!("{} is a template, not a manifest, and is left out; render it first", path.display()));
            }
            Ok(Surveyed::Open(survey)) => surveys.push(survey),
            Err(error) => failures.push(error.to_string()),
        }
    }
    let documents = sops::survey(&args.paths, &configs, &trust, &mut failures)?;
    trust.ensure_names_are_known(surveys.iter().map(|survey| survey.config.as_ref()))?;
    let newcomers: Vec<_> = trust.newcomers(&surveys).into_iter().chain(sops::newcomers(&documents, &trust)).collect();
    let writes = !args.check && !args.dry_run;
    if writes && !newcomers.is_empty() {
        return Err(Error::NewRecipients { told: newcomers.join(". ") });
    }
    newcomers.iter().for_each(|newcomers| output.note(newcomers));
    let ring = if writes && !surveys.is_empty() { Some(ring(args, &surveys)?) } else { None };
    let how = How { ring: ring.as_ref(), allow_large: args.allow_large };
    let progress = Progress::new(surveys.iter().map(|survey| survey.differing).sum(), writes && output.shows_progress());
    let keys = if writes && !documents.is_empty() {
        Some(identities::load_for_sops(&args.identities, &beside(documents.iter().filter_map(sops::Document::config)))?)
    } else {
        None
    };
    let mut done = workers::each(&surveys, |survey| file::reseal(survey, &how, &progress));
    progress.clear();
    done.extend(documents.into_iter().map(|document| sops::reseal(document, keys.as_ref())));
    report::tell(output, done, failures, writes, args.check)
}

/// The keys at hand, those that the rules name included, each read once.
fn ring(args: &ResealArgs, surveys: &[Survey]) -> Result<KeyRing, Error> {
    let ring = identities::load(&args.identities, &beside(surveys.iter().map(|survey| survey.config.as_ref())))?;
    if ring.is_empty() { Err(Error::NoIdentity) } else { Ok(ring) }
}

/// The files of identities that some rules name, each once.
fn beside<'a>(rules: impl Iterator<Item = &'a Config>) -> Vec<PathBuf> {
    let mut files: Vec<_> = rules.flat_map(|config| config.identities.iter().cloned()).collect();
    files.sort();
    files.dedup();
    files
}
