//! SOPS documents, brought to those whom `.sops.yaml` names.
//!
//! Must never: keep a data key that somebody had who is taken away, or let in anybody whom nobody has agreed to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealbridge_seal::{KeyId, Recipient};
use sealbridge_sops::{Brought, Recipients};

use super::file::Done;
use super::row::Row;
use super::trust::Trust;
use crate::config::{Config, Configs};
use crate::count::counted;
use crate::error::Error;
use crate::file::holds;
use crate::folder;
use crate::identities::SopsKeys;
use crate::recipients::without;
use crate::sops::{CreationRules, FLAT_ENDINGS, MARK, SopsFile, Wanted};

/// A document that is not sealed to those whom the rules name.
pub(super) struct Document {
    file: SopsFile,
    config: Option<Arc<Config>>,
    recipients: Recipients,
    added: Vec<KeyId>,
    removed: Vec<KeyId>,
    /// Those that are added and that nobody has agreed to.
    newcomers: Vec<KeyId>,
}

/// The documents below some paths that have other recipients than `.sops.yaml` names.
pub(super) fn survey(
    paths: &[PathBuf],
    configs: &Configs,
    trust: &Trust,
    failures: &mut Vec<String>,
) -> Result<Vec<Document>, Error> {
    let mut found: Vec<PathBuf> = folder::candidates(paths)?.into_iter().map(|candidate| candidate.path).collect();
    found.extend(folder::found(paths, &FLAT_ENDINGS)?);
    found.sort();
    found.dedup();
    let mut documents = Vec::new();
    for path in found {
        match look(&path, configs, trust) {
            Ok(document) => documents.extend(document),
            Err(error) => failures.push(error.to_string()),
        }
    }
    Ok(documents)
}

fn look(path: &Path, configs: &Configs, trust: &Trust) -> Result<Option<Document>, Error> {
    if !holds(path, &[MARK])? {
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
    let config = configs.of(path)?;
    let (added, removed) = (without(&wanted, &has), without(&has, &wanted));
    let newcomers = trust.newcomers_of_document(path, config.as_deref(), &added, metadata)?;
    Ok(Some(Document { file, config, recipients, added, removed, newcomers }))
}

/// What is said of recipients that nobody has agreed to, if there is any.
pub(super) fn newcomers(documents: &[Document], trust: &Trust) -> Option<String> {
    let mut found: BTreeMap<KeyId, (Option<String>, usize)> = BTreeMap::new();
    for document in documents {
        for id in &document.newcomers {
            let name = || document.config().and_then(|config| config.key_names.get(id).cloned());
            found.entry(*id).or_insert_with(|| (name(), 0)).1 += 1;
        }
    }
    let described = found.into_iter().map(|(id, (name, files))| (id, name, counted(files, "SOPS document")));
    trust.told(described)
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
    /// The rules of the document's folder.
    pub(super) fn config(&self) -> Option<&Config> {
        self.config.as_deref()
    }

    fn row(&self) -> Row {
        // One data key is for all of its values.
        let place = (String::new(), "the whole document");
        let mut row = Row::new(&self.file.path(), place, &self.added, &self.removed, self.config());
        if row.change.is_empty() {
            "other key groups".clone_into(&mut row.change);
        }
        row
    }

    fn bring(self, keys: &SopsKeys) -> Result<&'static str, Error> {
        let mut open = self.file.open(keys)?;
        let brought = open.opened.bring_to(&self.recipients).map_err(|problem| open.error(problem))?;
        let text = open.sealed()?;
        open.replace(&text)?;
        Ok(if brought == Brought::NewDataKey { ", new data key" } else { "" })
    }
}
