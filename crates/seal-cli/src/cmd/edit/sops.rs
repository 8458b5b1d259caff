//! `seal edit` of a SOPS document: its plain form in the editor, comments and layout included.
//!
//! Must never: write a value to a disk, or write before it was agreed to.

use std::collections::BTreeMap;

use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Kind, SopsError};

use super::changes::Document;
use super::editor;
use super::private_folder::PrivateFolder;
use super::{EditArgs, is_agreed};
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::{self, Output};
use crate::question;
use crate::sops::{self, OpenFile, SopsFile};

/// Opens, lets a person edit, and writes what was agreed to.
pub(super) fn run(args: &EditArgs, document: SopsFile, output: Output) -> Result<(), Error> {
    let seal = &args.seal;
    if args.name.is_some() || seal.scope.is_some() || seal.namespace.is_some() || !seal.recipients.is_empty() {
        return Err(Error::Arguments(
            "a SOPS document has its own recipients and is for no Secret; leave out --name, --namespace, --scope and -r",
        ));
    }
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let mut file = document.open(&keys)?;
    let before = values(&mut file)?;
    if !edited(args, &mut file)? {
        return output.say("nothing changed");
    }
    let changes = Changes::between(&before, &values(&mut file)?);
    if !is_agreed(args, &changes.described(), output)? {
        return Ok(());
    }
    let text = file.sealed()?;
    file.replace(&text)?;
    output.say(&format!("wrote {}", args.file.display()))?;
    output.document(&Document::new(&args.file, changes.changed, changes.added, changes.removed))
}

/// Lets the plain form be edited until it can be used; whether it is another one.
fn edited(args: &EditArgs, file: &mut OpenFile) -> Result<bool, Error> {
    let plain = file.opened.plain().map_err(|problem| file.error(problem))?;
    let name = file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = PrivateFolder::new(args.memory_folder.as_deref(), &name)?;
    folder.write(plain.expose())?;
    loop {
        folder.while_editing(|| editor::run(&folder.file()))?;
        let read = folder.read_bytes()?;
        if *read == plain.expose() || read.is_empty() {
            return Ok(false);
        }
        match file.opened.replace_plain(&read) {
            Ok(()) => return Ok(true),
            Err(problem) => again(file.error(problem))?,
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

fn values(file: &mut OpenFile) -> Result<Values, Error> {
    let (documents, path) = (file.opened.documents(), file.path());
    let leaves = file.opened.all_leaves().map_err(|problem: SopsError| sops::refused(path, problem))?;
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
