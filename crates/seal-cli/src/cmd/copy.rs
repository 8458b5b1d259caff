//! `seal copy`: entries sealed again for another place.
//!
//! Must never: make a value usable in more places unasked, or remove a source before its copy is written.

mod place;

use std::path::Path;

use clap::Args;
use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::{KeyRing, Scope, Target};
use serde::Serialize;

use self::place::Place;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config, Rule};
use crate::destination::Destination;
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::manifest_file::{BridgedSecretAt, ManifestFile, StoreName};
use crate::output::Output;
use crate::recipients::Recipients;
use crate::sealing::{self, SealArgs};
use crate::target::NamespaceSources;

/// Copy entries to another manifest or name, sealed again for there.
///
/// Sealed values are opened with your own keys; references and plain values are copied as they stand. Without KEY all entries are copied. The destination is created if it does not exist.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal copy overlays/dev/checkout.yaml:STRIPE_KEY overlays/stage/checkout.yaml
  seal copy checkout.yaml:OLD_NAME checkout.yaml:NEW_NAME --move
  seal copy checkout.yaml cart.yaml -n shop --dry-run")]
pub(crate) struct CopyArgs {
    /// The manifest, and the entry if not all.
    #[arg(value_name = "SOURCE[:KEY]")]
    source: String,
    /// The manifest, and the entry's name there if it is another.
    #[arg(value_name = "DESTINATION[:KEY]")]
    destination: String,
    #[command(flatten)]
    how: How,
    /// The destination's BridgedSecret, where the file has several or is new; by default the file's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The source's BridgedSecret, where the file has several.
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,
    /// The source's namespace, if neither the manifest, the nearest kustomization.yaml nor a rule says it.
    #[arg(long, value_name = "NAMESPACE")]
    from_namespace: Option<String>,
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

/// The source, and how its values are opened.
struct From<'a> {
    secret: BridgedSecretAt<'a>,
    namespace: String,
    ring: KeyRing,
}

/// The destination, and how values are sealed for it.
struct To<'a> {
    place: &'a Destination<'a>,
    rule: Option<&'a Rule>,
    args: &'a SealArgs,
    recipients: Option<Recipients>,
}

pub(crate) fn run(args: &CopyArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let (source, target) = (Place::parse(&args.source)?, Place::parse(&args.destination)?);
    let source_file = ManifestFile::read_existing(&source.path)?;
    let from = from(args, &source_file)?;
    let target_file = ManifestFile::read(&target.path)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&target.path))?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&target.path));
    let place = Destination::of(&target_file, args.name.as_deref(), args.seal.namespace.as_deref(), rule)?;
    let keys = place::pairs(&source, &target, &from.secret)?;
    let is_same =
        source_file.is_same_file(&target_file) && place.present.is_some_and(|present| present.place() == from.secret.place());
    if is_same && keys.iter().any(|(key, new)| key == new) {
        return Err(Error::Arguments("source and destination are the same entry; name another one behind the colon"));
    }
    let seals = keys.iter().any(|(key, _)| matches!(from.secret.source(key), Some(EntrySource::Sealed(_))));
    let recipients = seals.then(|| Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &target.path)).transpose()?;
    let to = To { place: &place, rule, args: &args.seal, recipients };
    let mut entries = Vec::new();
    let mut words = Vec::new();
    for (key, new) in &keys {
        if !args.how.replace && place.present.is_some_and(|present| present.entry(new).is_some()) {
            return Err(Error::EntryThere { path: target.path, key: new.clone() });
        }
        let (written, said) = copied(&from, &to, (&source.path, &target.path), key, new)?;
        entries.push((new.clone(), written));
        words.push(said);
    }
    let text = place.with(&entries)?;
    place.judge_size(&text, args.allow_large, output)?;
    write(args, &source_file, &target_file, &from.secret, text, &keys)?;
    tell(args, output, &keys, &words)
}

fn from<'a>(args: &CopyArgs, file: &'a ManifestFile) -> Result<From<'a>, Error> {
    let secret = file.bridged_secret(args.from_name.as_deref())?;
    let folder = config::folder_of(&file.path());
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&file.path()));
    let sources = NamespaceSources { flag: args.from_namespace.as_deref(), manifest: secret.namespace(), rule, folder: &folder };
    let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
    Ok(From { secret, namespace: sources.resolve()?, ring: identities::load(&args.identities, beside)? })
}

/// One entry as it is written at the destination, and what is said of it.
fn copied(
    from: &From<'_>,
    to: &To<'_>,
    (source_path, path): (&Path, &Path),
    key: &str,
    new: &str,
) -> Result<(EntrySource, String), Error> {
    let unclear = || Error::UnclearEntry { path: source_path.to_owned(), key: key.to_owned() };
    let source = from.secret.source(key).ok_or_else(unclear)?;
    match (source, &to.recipients) {
        (EntrySource::Sealed(text), Some(recipients)) => sealed_again(from, to, recipients, &text, key, new),
        (EntrySource::Plain(_), _) if to.rule.is_some_and(|rule| !rule.policy.allows_plain(new)) => {
            Err(Error::PlainNotAllowed { path: path.to_owned(), key: new.to_owned() })
        }
        (source, _) => {
            let default = to.place.present.and_then(|present| present.default_store());
            Ok((without_default(source, default.as_ref()), "as it stands".to_owned()))
        }
    }
}

fn sealed_again(
    from: &From<'_>,
    to: &To<'_>,
    recipients: &Recipients,
    text: &str,
    key: &str,
    new: &str,
) -> Result<(EntrySource, String), Error> {
    if from.ring.is_empty() {
        return Err(Error::NoIdentity);
    }
    let (namespace, name) = (from.namespace.as_str(), from.secret.secret_name());
    let opened = from.ring.open(text, &Target { namespace, name, key });
    let opened = opened.map_err(|problem| Error::Several(vec![format!("{namespace}/{name}, entry {key}: {problem}")]))?;
    let scope: Scope = to.args.scope(to.rule)?;
    if to.args.scope.is_none() && scope > opened.scope {
        return Err(Error::WiderScope { key: key.to_owned(), from: opened.scope, to: scope });
    }
    let target = to.place.target(new);
    let sealed = sealing::seal_value(&opened.value, &target, scope, recipients)?;
    Ok((EntrySource::Sealed(sealed), format!("sealed {}", sealing::described(&target, scope, recipients))))
}

/// A store that is the destination's default is not repeated.
fn without_default(source: EntrySource, default: Option<&StoreName>) -> EntrySource {
    match source {
        EntrySource::Remote { store, store_kind, key, property, version } => {
            let kind = store_kind.as_deref().unwrap_or("SecretStore");
            let is_default = default.is_some_and(|default| default.kind == kind && store.as_deref() == Some(default.name.as_str()));
            let (store, store_kind) = if is_default { (None, None) } else { (store, store_kind) };
            EntrySource::Remote { store, store_kind, key, property, version }
        }
        source => source,
    }
}

/// The destination first: what fails between the two leaves a value twice, never nowhere.
fn write(
    args: &CopyArgs,
    source: &ManifestFile,
    target: &ManifestFile,
    secret: &BridgedSecretAt<'_>,
    mut text: String,
    keys: &[(String, String)],
) -> Result<(), Error> {
    let is_same = source.is_same_file(target);
    let mut rest = if is_same { text.clone() } else { source.text().to_owned() };
    if args.how.moves {
        for (key, _) in keys {
            rest = edit::remove_entry(&rest, secret.place(), key).map_err(|problem| source.edit_error(problem))?;
        }
        if is_same {
            text.clone_from(&rest);
        }
    }
    if args.dry_run {
        return Ok(());
    }
    target.replace(&text)?;
    if !args.how.moves || is_same {
        return Ok(());
    }
    source.replace(&rest).map_err(|_| Error::HalfMoved { target: target.path(), from: source.path() })
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
