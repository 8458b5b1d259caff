//! `seal diff`: what changed for each entry between two states of a checkout.
//!
//! Must never: show a value without `--reveal`, or call a value unchanged that it did not open.

mod change;
mod document;
mod fact;
mod print;
mod sides;

use std::path::Path;

use clap::{Args, ValueEnum};
use sealbridge_seal::KeyRing;

use self::change::Change;
use self::fact::Facts;
use self::sides::Sides;
use crate::cli::ConfigArgs;
use crate::config::{self, Config};
use crate::error::Error;
use crate::git::Repository;
use crate::identities::{self, IdentityArgs, SopsKeys};
use crate::sops;

/// Show what changed for each entry, what opens more first.
///
/// Tells sources, scopes and recipients. Compares HEAD with the files as they lie there; REV with the files; or REV..REV, where REV...REV starts from
/// what both have in common. Ends with 1 if something differs. Without a private key a sealed value can only be
/// said to have other ciphertext; with one, whether the value is another. SOPS documents are compared by the
/// path of each value.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal diff
  seal diff main overlays/prod
  seal diff main...HEAD -o markdown
  seal diff HEAD~1 checkout.yaml --reveal")]
pub(crate) struct DiffArgs {
    /// A revision or two, then files and folders.
    #[arg(value_name = "REV|PATH")]
    arguments: Vec<String>,
    /// Show values that changed and that your keys open.
    #[arg(long)]
    reveal: bool,
    /// How to write results: text, json or markdown.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    output: DiffFormat,
    /// Say nothing but errors; the exit status tells.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// How differences are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For comments of a review.
    Markdown,
}

pub(crate) fn run(args: &DiffArgs) -> Result<(), Error> {
    let repository = Repository::here()?;
    let (sides, paths) = Sides::read(&repository, &args.arguments)?;
    let mut changes = Vec::new();
    let mut failures = Vec::new();
    let mut keys = Keys::default();
    for path in repository.changed(&sides.old, &sides.new, &paths)? {
        match changed(args, &repository, &sides, &path, &mut keys) {
            Ok(found) => changes.extend(found),
            Err(error) => failures.push(error.to_string()),
        }
    }
    changes.sort_by_key(|change| !change.opens_more);
    if !args.quiet {
        print::print(&changes, args.output)?;
    }
    match (failures.is_empty(), changes.is_empty()) {
        (false, _) => Err(Error::Several(failures)),
        (true, false) => Err(Error::Differences),
        (true, true) => Ok(()),
    }
}

/// The keys at hand, once they were needed.
#[derive(Default)]
struct Keys {
    ring: Option<KeyRing>,
    sops: Option<SopsKeys>,
}

fn changed(args: &DiffArgs, repository: &Repository, sides: &Sides, path: &Path, keys: &mut Keys) -> Result<Vec<Change>, Error> {
    let shown = repository.shown(path);
    let old = repository.read(&crate::git::Side::Commit(sides.old.clone()), path)?;
    let new = repository.read(&sides.new, path)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&shown))?;
    let read = |bytes: Option<Vec<u8>>| Facts::read(bytes.as_deref(), &shown, config.as_ref());
    let (mut old, mut new) = (read(old)?, read(new)?);
    if keys.ring.is_none() && old.has_sealed() && new.has_sealed() {
        let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
        keys.ring = Some(identities::load(&args.identities, beside)?);
    }
    if keys.sops.is_none() && old.document.is_some() && new.document.is_some() {
        keys.sops = Some(sops::keys(&args.identities, config.as_ref())?);
    }
    let values = match &keys.sops {
        Some(keys) => [document::open(&shown, &mut old, keys), document::open(&shown, &mut new, keys)],
        None => Default::default(),
    };
    let empty = KeyRing::default();
    let ring = keys.ring.as_ref().unwrap_or(&empty);
    let judge = change::Judge { ring, config: config.as_ref(), reveal: args.reveal, values: &values };
    Ok(change::changes(&judge, &shown, &old, &new))
}
