//! `seal copy`: entries sealed again for another place.
//!
//! Must never: make a value usable in more places unasked, or remove a source before its copy is written.

mod place;
mod source;
mod target;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use self::place::{Content, Place};
use self::source::From;
use self::target::To;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::identities::IdentityArgs;
use crate::output::Output;
use crate::recovery_keys::RecoveryArgs;
use crate::sealing::SealArgs;

/// Copy entries to another manifest, SOPS document or name, sealed again for there.
///
/// Sealed values and SOPS documents are opened with your own keys, SealedSecrets with a private key of their controller;
/// references and plain values are copied as they stand. Without KEY all entries are copied. A BridgedSecret is created if
/// the destination does not exist. In a SOPS document KEY is a path like db.password.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal copy overlays/dev/checkout.yaml:STRIPE_KEY overlays/stage/checkout.yaml
  seal copy checkout.yaml:OLD_NAME checkout.yaml:NEW_NAME --move
  seal copy checkout.yaml cart.yaml -n shop --dry-run
  seal copy secrets.enc.yaml:db.password checkout.yaml:DB_PASSWORD
  seal copy sealed-secret.yaml checkout.yaml --recovery-private-key controller.pem
  seal copy checkout.yaml:TOKEN sealed-secret.yaml --cert prod.pem")]
pub(crate) struct CopyArgs {
    /// The manifest or SOPS document, and the entry if not all.
    #[arg(value_name = "SOURCE[:KEY]")]
    source: String,
    /// The manifest or SOPS document, and the entry's name there if it is another.
    #[arg(value_name = "DESTINATION[:KEY]")]
    destination: String,
    #[command(flatten)]
    how: How,
    /// The destination's BridgedSecret or SealedSecret, where the file has several or is new; by default the file's
    /// name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The source's BridgedSecret or SealedSecret, where the file has several.
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,
    /// The source's namespace, if neither the manifest, the nearest kustomization.yaml nor a rule says it.
    #[arg(long, value_name = "NAMESPACE")]
    from_namespace: Option<String>,
    /// What values of a SealedSecret are sealed with, by default the rule's `certificate`: a PEM file, as
    /// `kubeseal --fetch-cert` prints it.
    #[arg(long = "cert", value_name = "PATH")]
    certificate: Option<PathBuf>,
    /// Write a manifest that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What happens to entries that are there.
#[derive(Debug, Args)]
struct How {
    /// Remove the source's entries when the destination is written.
    #[arg(long = "move")]
    moves: bool,
    /// Replace entries that the destination has.
    #[arg(long)]
    replace: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    source: String,
    destination: String,
    written: bool,
    moved: bool,
    entries: Vec<Copied<'a>>,
}

#[derive(Serialize)]
struct Copied<'a> {
    from: &'a str,
    to: &'a str,
}

pub(crate) fn run(args: &CopyArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let (source, target) = (Place::parse(&args.source)?, Place::parse(&args.destination)?);
    let mut source_file = Content::of_source(&source.path, args)?;
    let mut target_file = Content::of_target(&target.path, args)?;
    let (is_same_file, to_document) = (source_file.is_same_file(&target_file), target_file.is_document());
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&target.path))?;
    let source_text = source_file.text().to_owned();
    let mut from = From::of(args, &mut source_file)?;
    let mut to = To::of(args, &target, &mut target_file, config.as_ref())?;
    let keys = from.pairs(&source, &target, to_document)?;
    let is_same = is_same_file && from.object() == to.object();
    if is_same && keys.iter().any(|(key, new)| key == new) {
        return Err(Error::Arguments("source and destination are the same entry; name another one behind the colon"));
    }
    let mut words = Vec::new();
    for (key, new) in &keys {
        if to.has(new)? && !args.how.replace {
            return Err(Error::EntryThere { path: target.path, key: new.clone() });
        }
        words.push(to.put(key, new, from.take(key)?, args)?);
    }
    let mut written = to.text(args.allow_large, output)?;
    let mut rest = None;
    if args.how.moves && is_same_file {
        written = to.without(&keys).unwrap_or_else(|| from.without(&written, &keys))?;
    } else if args.how.moves {
        rest = Some(from.without(&source_text, &keys)?);
    }
    drop((from, to));
    if !args.dry_run {
        write(&source_file, &target_file, &written, rest.as_deref(), (&source.path, &target.path))?;
    }
    tell(args, output, &keys, &words)
}

/// The destination first: what fails between the two leaves a value twice, never nowhere.
fn write(source: &Content, target: &Content, written: &str, rest: Option<&str>, (from, to): (&Path, &Path)) -> Result<(), Error> {
    target.replace(written)?;
    let Some(rest) = rest else { return Ok(()) };
    source.replace(rest).map_err(|_| Error::HalfMoved { target: to.to_owned(), from: from.to_owned() })
}

fn tell(args: &CopyArgs, output: Output, keys: &[(String, String)], words: &[String]) -> Result<(), Error> {
    let verb = match (args.dry_run, args.how.moves) {
        (false, false) => "copied",
        (false, true) => "moved",
        (true, false) => "would copy",
        (true, true) => "would move",
    };
    let (source, target) = (Place::parse(&args.source)?, Place::parse(&args.destination)?);
    for ((key, new), words) in keys.iter().zip(words) {
        let name = if key == new { String::new() } else { format!("{new} of ") };
        output.say(&format!("{verb} {key} to {name}{}, {words}", target.path.display()))?;
    }
    output.document(&Document {
        source: source.path.display().to_string(),
        destination: target.path.display().to_string(),
        written: !args.dry_run,
        moved: args.how.moves,
        entries: keys.iter().map(|(from, to)| Copied { from, to }).collect(),
    })
}
