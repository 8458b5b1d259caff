//! SOPS documents, brought to those whom `.sops.yaml` names.
//!
//! Must never: keep a data key that somebody had who is taken away, or let in anybody who was not accepted by name:
//! what `.sops.yaml` said before this branch is not looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealbridge_seal::{KeyId, Recipient};
use sealbridge_sops::{Brought, Recipients};

use super::file::{Done, Row};
use super::trust::{Trust, plural};
use crate::config::{Config, Configs};
use crate::error::Error;
use crate::file::holds;
use crate::folder;
use crate::identities::SopsKeys;
use crate::sops::{CreationRules, SopsFile, Wanted};

/// What every SOPS document has in it.
const MARK: &[u8] = b"lastmodified";
/// Endings of formats that hold no manifests.
const FLAT_ENDINGS: [&str; 2] = ["env", "ini"];

/// A document that is not sealed to those whom the rules name.
pub(super) struct Document {
    file: SopsFile,
    config: Option<Arc<Config>>,
    recipients: Recipients,
    added: Vec<KeyId>,
    removed: Vec<KeyId>,
}

/// The documents below some paths that have other recipients than `.sops.yaml` names.
pub(super) fn survey(paths: &[PathBuf], configs: &Configs, failures: &mut Vec<String>) -> Result<Vec<Document>, Error> {
    let mut found: Vec<PathBuf> = folder::candidates(paths)?.into_iter().map(|candidate| candidate.path).collect();
    found.extend(folder::found(paths, &FLAT_ENDINGS)?);
    found.sort();
    found.dedup();
    let mut documents = Vec::new();
    for path in found {
        match look(&path, configs) {
            Ok(document) => documents.extend(document),
            Err(error) => failures.push(error.to_string()),
        }
    }
    Ok(documents)
}

fn look(path: &Path, configs: &Configs) -> Result<Option<Document>, Error> {
    if !holds(path, MARK)? {
        return Ok(None);
    }
    let file = match SopsFile::read(path) {
        Ok(Some(file)) => file,
        Ok(None) | Err(Error::NotText { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(rules) = CreationRules::find(path)? else { return Ok(None) };
    let Some(recipients) = rules.wanted_for(path)?.and_then(Wanted::into_recipients) else { return Ok(None) };
    let failed = |problem| Error::Sops { path: path.to_owned(), problem };
    let metadata = file.metadata();
    if metadata.is_sealed_to(&recipients).map_err(failed)? {
        return Ok(None);
    }
    let has = metadata.key_ids().map_err(failed)?;
    let wanted: Vec<KeyId> = recipients.all().iter().flatten().map(Recipient::id).collect();
    let without = |some: &[KeyId], others: &[KeyId]| some.iter().filter(|id| !others.contains(id)).copied().collect();
    let config = configs.of(path)?;
    Ok(Some(Document { added: without(&wanted, &has), removed: without(&has, &wanted), file, config, recipients }))
}

/// What is said of recipients that nobody has agreed to, if there is any.
pub(super) fn newcomers(documents: &[Document], trust: &Trust) -> Option<String> {
    let mut found: BTreeMap<KeyId, (String, usize)> = BTreeMap::new();
    for document in documents {
        for id in document.added.iter().filter(|id| !trust.is_accepted(**id, document.config.as_deref())) {
            found.entry(*id).or_insert_with(|| (document.name(*id), 0)).1 += 1;
        }
    }
    let described = |(id, (name, files)): (&KeyId, &(String, usize))| {
        let name = if *name == id.to_string() { String::new() } else { format!("{name} ") };
        format!("{name}({id}) to {files} SOPS {}", plural(*files, "document"))
    };
    let described: Vec<_> = found.iter().map(described).collect();
    (!described.is_empty()).then(|| format!("recipients would be added: {}", described.join("; ")))
}

/// The rules' own identities of the folders of some documents.
pub(super) fn identities(documents: &[Document]) -> Vec<PathBuf> {
    let mut beside: Vec<PathBuf> =
        documents.iter().flat_map(|document| &document.config).flat_map(|config| config.identities.clone()).collect();
    beside.sort();
    beside.dedup();
    beside
}

/// Brings a document to its recipients; without keys it is only said what would be done.
pub(super) fn reseal(document: Document, keys: Option<&SopsKeys>) -> Done {
    let mut row = document.row();
    let done = match keys {
        Some(keys) => document.bring(keys).map(|what| {
            row.change.push_str(what);
            row
        }),
        None => Ok(row),
    };
    match done {
        Ok(row) => Done { rows: vec![row], ..Done::default() },
        Err(error) => Done { failures: vec![error.to_string()], ..Done::default() },
    }
}

impl Document {
    fn name(&self, id: KeyId) -> String {
        let known = self.config.as_ref().and_then(|config| config.key_names.get(&id).cloned());
        known.unwrap_or_else(|| id.to_string())
    }

    fn row(&self) -> Row {
        let added = self.added.iter().map(|id| format!("+ {}", self.name(*id)));
        let removed = self.removed.iter().map(|id| format!("- {}", self.name(*id)));
        let change: Vec<_> = added.chain(removed).collect();
        let change = if change.is_empty() { "other key groups".to_owned() } else { change.join(" ") };
        Row::of_document(&self.file.path(), &self.added, &self.removed, change)
    }

    fn bring(self, keys: &SopsKeys) -> Result<&'static str, Error> {
        let mut open = self.file.open(keys)?;
        let brought = open.opened.bring_to(&self.recipients).map_err(|problem| open.error(problem))?;
        let text = open.sealed()?;
        open.replace(&text)?;
        Ok(if brought == Brought::NewDataKey { ", new data key" } else { "" })
    }
}
