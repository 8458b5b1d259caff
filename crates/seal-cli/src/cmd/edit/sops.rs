//! `seal edit` of a SOPS document: its plain form in the editor, comments and layout included.
//!
//! Must never: write a value to a disk, or write before it was agreed to.

use std::collections::BTreeMap;
use std::path::Path;

use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Kind, Opened, SopsError};

use super::changes::Document;
use super::editor;
use super::private_folder::PrivateFolder;
use super::{EditArgs, is_agreed};
use crate::config::{self, Config};
use crate::embedded::{EmbeddedDocument, EmbeddedPath};
use crate::error::Error;
use crate::identities::SopsKeys;
use crate::manifest_file::ManifestFile;
use crate::output::{self, Output};
use crate::question;
use crate::size::{self, Judgement};
use crate::sops::{self, SopsFile};

/// Opens, lets a person edit, and writes what was agreed to.
pub(super) fn run(args: &EditArgs, document: SopsFile, output: Output) -> Result<(), Error> {
    if args.path.is_some() || args.name.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret and edited as a whole; leave out --name and --path"));
    }
    ensure_no_sealing(args)?;
    let mut file = document.open(&keys(args)?)?;
    let path = file.path();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(changes) = agreed(args, &mut file.opened, &path, &name, output)? else { return Ok(()) };
    let text = file.sealed()?;
    file.replace(&text)?;
    wrote(args, changes, output)
}

/// The same for a document under `dataFrom`.
pub(super) fn embedded(args: &EditArgs, path: &str, file: &ManifestFile, output: Output) -> Result<(), Error> {
    ensure_no_sealing(args)?;
    let path = EmbeddedPath::parse(path)?;
    if path.inside.is_some() {
        return Err(Error::Arguments("a SOPS document is edited as a whole; name it alone, like dataFrom[0]"));
    }
    let mut document = EmbeddedDocument::open(file, args.name.as_deref(), &path, &keys(args)?)?;
    let shown = document.shown();
    let Some(changes) = agreed(args, &mut document.opened, &shown, "values.yaml", output)? else { return Ok(()) };
    let text = document.written()?;
    if let Judgement::Warning(words) = size::judge(&args.file, &text, document.place(), args.allow_large)? {
        output.note(&words);
    }
    document.replace(&text)?;
    wrote(args, changes, output)
}

fn ensure_no_sealing(args: &EditArgs) -> Result<(), Error> {
    let seal = &args.seal;
    if seal.scope.is_some() || seal.namespace.is_some() || !seal.recipients.is_empty() {
        return Err(Error::Arguments(
            "a SOPS document has its own recipients and is for no Secret; leave out --namespace, --scope and -r",
        ));
    }
    Ok(())
}

fn keys(args: &EditArgs) -> Result<SopsKeys, Error> {
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    sops::keys(&args.identities, config.as_ref())
}

/// What was changed and agreed to; nothing if there is nothing to write.
fn agreed(args: &EditArgs, opened: &mut Opened, shown: &Path, name: &str, output: Output) -> Result<Option<Changes>, Error> {
    let before = values(opened, shown)?;
    if !edited(args, opened, shown, name)? {
        output.say("nothing changed")?;
        return Ok(None);
    }
    let changes = Changes::between(&before, &values(opened, shown)?);
    Ok(is_agreed(args, &changes.described(), output)?.then_some(changes))
}

fn wrote(args: &EditArgs, changes: Changes, output: Output) -> Result<(), Error> {
    output.say(&format!("wrote {}", args.file.display()))?;
    output.document(&Document::new(&args.file, changes.changed, changes.added, changes.removed))
}

/// Lets the plain form be edited until it can be used; whether it is another one.
fn edited(args: &EditArgs, opened: &mut Opened, shown: &Path, name: &str) -> Result<bool, Error> {
    let failed = |problem: SopsError| sops::refused(shown.to_owned(), problem);
    let plain = opened.plain().map_err(failed)?;
    let folder = PrivateFolder::new(args.memory_folder.as_deref(), name)?;
    folder.write(plain.expose())?;
    loop {
        folder.while_editing(|| editor::run(&folder.file()))?;
        let read = folder.read_bytes()?;
        if *read == plain.expose() || read.is_empty() {
            return Ok(false);
        }
        match opened.replace_plain(&read) {
            Ok(()) => return Ok(true),
            Err(problem) => again(failed(problem))?,
        }
    }
}

/// Tells what is wrong and asks whether to go on. The text itself is left alone: not every format has comments.
fn again(error: Error) -> Result<(), Error> {
    if !question::can_ask() {
        return Err(error);
    }
    output::note(&error.to_string());
    if question::confirm("Edit again?")? { Ok(()) } else { Err(error) }
}

type Values = BTreeMap<String, (Kind, SecretBytes)>;

fn values(opened: &mut Opened, shown: &Path) -> Result<Values, Error> {
    let documents = opened.documents();
    let leaves = opened.all_leaves().map_err(|problem: SopsError| sops::refused(shown.to_owned(), problem))?;
    let value = |leaf: &sealbridge_sops::LeafAt<'_>| (leaf.value.kind(), leaf.value.bytes().duplicate());
    Ok(leaves.iter().map(|leaf| (sops::shown_in(documents, leaf.document, &leaf.path), value(leaf))).collect())
}

/// The paths of values that are another, new, or gone.
#[derive(Debug, Default)]
struct Changes {
    changed: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl Changes {
    fn between(before: &Values, after: &Values) -> Self {
        let mut changes = Self::default();
        for (path, value) in after {
            match before.get(path) {
                Some(known) if known == value => {}
                Some(_) => changes.changed.push(path.clone()),
                None => changes.added.push(path.clone()),
            }
        }
        changes.removed = before.keys().filter(|path| !after.contains_key(*path)).cloned().collect();
        changes
    }

    fn described(&self) -> Vec<String> {
        let lines = |verb: &str, paths: &[String]| paths.iter().map(|path| format!("{verb} {path}")).collect::<Vec<_>>();
        let told = [lines("add", &self.added), lines("change", &self.changed), lines("remove", &self.removed)].concat();
        if told.is_empty() { vec!["change comments, order or layout; no value".to_owned()] } else { told }
    }
}
