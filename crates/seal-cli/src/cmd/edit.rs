//! `seal edit`: values in an editor.
//!
//! Must never: write a value to a disk, seal again what did not change, or write before it was agreed to.

mod changes;
mod editor;
mod private_folder;
mod sealed_secret;
mod sops;
mod text;

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::KeyRing;

use self::changes::{Changes, Present};
use self::private_folder::PrivateFolder;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config, Rule};
use crate::destination::Destination;
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::output::{self, Output};
use crate::question;
use crate::recipients::Recipients;
use crate::recovery_keys::RecoveryArgs;
use crate::sealed_secret::SealedSecretAt;
use crate::sealing::{self, SealArgs};
use crate::sops::SopsFile;

/// Change sealed values, those of a SealedSecret, or a SOPS document, in $VISUAL, $EDITOR or vi.
///
/// The values are opened into a folder in memory that only you can enter, and wiped afterwards. Entries may be
/// changed, added and removed; what does not change keeps its ciphertext. What will change is shown, and asked
/// for, before it is written. Values that are not text are left alone. A SOPS document is shown whole, as it was before it
/// was encrypted; --path names one that stands in a BridgedSecret. A SealedSecret is opened with a private key of its
/// controller, and sealed with its certificate.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal edit checkout.yaml
  seal edit secrets.enc.yaml -i key.txt
  seal edit checkout.yaml --path 'dataFrom[0]' -i key.txt
  seal edit sealed-secret.yaml --recovery-private-key controller.pem --cert cert.pem
  seal edit checkout.yaml --yes --memory-folder /run/user/1000")]
pub(crate) struct EditArgs {
    /// The manifest or SOPS document.
    file: PathBuf,
    /// The BridgedSecret or SealedSecret, where the file has several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Edit the SOPS document that stands there, like dataFrom[0], in place of the entries.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Write the changes without being asked.
    #[arg(long)]
    yes: bool,
    /// A folder in memory for the values; by default `XDG_RUNTIME_DIR` or /dev/shm, if they are a tmpfs. A folder
    /// that is named here is trusted to be no disk.
    #[arg(long, value_name = "PATH")]
    memory_folder: Option<PathBuf>,
    /// What values of a SealedSecret are sealed with, by default the rule's `certificate`: a PEM file, as
    /// `kubeseal --fetch-cert` prints it.
    #[arg(long = "cert", value_name = "PATH")]
    certificate: Option<PathBuf>,
    /// Write a manifest that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
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

/// What is sealed with.
struct Sealing<'a> {
    args: &'a SealArgs,
    rule: Option<&'a Rule>,
    recipients: Recipients,
}

pub(crate) fn run(args: &EditArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    if !args.yes && !question::can_ask() {
        return Err(Error::Arguments("nobody can be asked whether to write; pass --yes, or use `seal set`"));
    }
    if let Some(document) = SopsFile::read(&args.file)? {
        return sops::run(args, document, output);
    }
    let file = ManifestFile::read_existing(&args.file)?;
    if let Some(path) = &args.path {
        return sops::embedded(args, path, &file, output);
    }
    if let Some(secret) = SealedSecretAt::chosen(&file, args.name.as_deref())? {
        return sealed_secret::run(args, &file, &secret, output);
    }
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let place = Destination::of(&file, args.name.as_deref(), args.seal.namespace.as_deref(), rule)?;
    let recipients = Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &args.file)?;
    let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
    let ring = identities::load(&args.identities, beside)?;
    let present = open(&place, &ring)?;
    let sealing = Sealing { args: &args.seal, rule, recipients };
    let Some(changes) = edited(args, &format!("{}/{}", place.namespace, place.name), &present)? else {
        return output.say("nothing changed");
    };
    if !is_agreed(args, &changes.described(&present), output)? {
        return Ok(());
    }
    let text = written(&file, &place, &present, &changes, &sealing)?;
    place.judge_size(&text, args.allow_large, output)?;
    file.replace(&text)?;
    output.say(&format!("wrote {}", args.file.display()))?;
    output.document(&changes.document(&args.file, &present))
}

/// Tells what will change, and whether it shall be written.
fn is_agreed(args: &EditArgs, lines: &[String], output: Output) -> Result<bool, Error> {
    for line in lines {
        output.say(line)?;
    }
    if args.yes || question::confirm(&format!("Write this to {}?", args.file.display()))? {
        return Ok(true);
    }
    output.say("nothing was written")?;
    Ok(false)
}

/// All sealed values; an editor that misses some would remove them.
fn open(place: &Destination<'_>, ring: &KeyRing) -> Result<Present, Error> {
    let mut present = Present::default();
    let mut failed = Vec::new();
    for (key, source) in place.present.iter().flat_map(BridgedSecretAt::sources) {
        let Some(EntrySource::Sealed(text)) = source else {
            present.others.insert(key.to_owned());
            continue;
        };
        if ring.is_empty() {
            return Err(Error::NoIdentity);
        }
        match ring.open(&text, &place.target(key)) {
            Ok(opened) => present.add(key, &text, opened),
            Err(problem) => failed.push(format!("{}/{}, entry {key}: {problem}", place.namespace, place.name)),
        }
    }
    if failed.is_empty() { Ok(present) } else { Err(Error::Several(failed)) }
}

/// What comes out of the editor, which is opened again until it can be used; `None` when nothing changed.
fn edited(args: &EditArgs, title: &str, present: &Present) -> Result<Option<Changes>, Error> {
    let folder = PrivateFolder::new(args.memory_folder.as_deref(), "values.yaml")?;
    folder.write(text::render(title, &present.texts()).as_bytes())?;
    loop {
        folder.while_editing(|| editor::run(&folder.file()))?;
        let read = folder.read()?;
        let result = text::parse(&read).and_then(|values| Changes::between(present, &values));
        match result {
            Ok(changes) => return Ok(Some(changes).filter(|changes| !changes.is_empty())),
            Err(error) if question::can_ask() => {
                output::note(&error.to_string());
                if !question::confirm("Edit again?")? {
                    return Err(error);
                }
                folder.write(text::with_problem(&read, &error.to_string()).as_bytes())?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn written(
    file: &ManifestFile,
    place: &Destination<'_>,
    present: &Present,
    changes: &Changes,
    sealing: &Sealing<'_>,
) -> Result<String, Error> {
    let mut sources = Vec::new();
    for (key, value) in changes.set() {
        let before = present.sealed.get(key).and_then(|before| before.bound.as_ref());
        let scope = match before {
            Some(before) if sealing.args.scope.is_none() => before.scope,
            _ => sealing.args.scope(sealing.rule)?,
        };
        let glob = before.and_then(|before| before.namespaces.as_ref()).filter(|_| sealing.args.scope.is_none());
        let sealed = sealing::seal_value_for(value, &place.target(key), scope, glob, &sealing.recipients)?;
        sources.push((key.to_owned(), EntrySource::Sealed(sealed)));
    }
    let mut text = place.with(&sources)?;
    let at = place.present.map(|secret| secret.place());
    for key in changes.removed() {
        let at = at.ok_or_else(|| Error::NoBridgedSecret { path: file.path() })?;
        text = edit::remove_entry(&text, at, key).map_err(|problem| file.edit_error(problem))?;
    }
    Ok(text)
}
