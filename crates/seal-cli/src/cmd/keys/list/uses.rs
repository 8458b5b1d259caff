//! How many values of which files are sealed to each key, and how old they are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealbridge_manifest::document::MAX_TEXT_LEN;
use sealbridge_seal::{Date, KeyId};
use serde::Serialize;

use crate::cmd::keys::blobs::Blobs;
use crate::count::counted;
use crate::error::Error;
use crate::file::Snapshot;
use crate::git::Repository;
use crate::sealed_uses::{self, SealedUse};

/// The values of one file that are sealed to one key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Use {
    /// The branch, where it is not the files as they lie there.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    file: String,
    values: usize,
    oldest: Date,
    newest: Date,
}

impl Use {
    /// For people.
    pub(super) fn described(&self) -> String {
        let branch = self.branch.as_ref().map(|branch| format!("{branch}:")).unwrap_or_default();
        let days = if self.oldest == self.newest { self.oldest.to_string() } else { format!("{} to {}", self.oldest, self.newest) };
        format!("{branch}{}  {}, sealed {days}", self.file, counted(self.values, "value"))
    }
}

/// All that was found, in the order of branches and files.
#[derive(Debug, Default)]
pub(super) struct Uses(Vec<(KeyId, Use)>);

impl Uses {
    /// Counts the values of files, below the current folder if no path is named, and of branches.
    pub(super) fn read(paths: &[PathBuf], branches: &[String]) -> Result<Self, Error> {
        let here = [PathBuf::from(".")];
        let mut found = Self::default();
        for path in sealed_uses::candidates(if paths.is_empty() { &here } else { paths })? {
            let file = Snapshot::read_at_most(&path, MAX_TEXT_LEN)?;
            let uses = sealed_uses::of(file.text().unwrap_or_default().as_bytes(), None);
            found.add(None, &path.display().to_string(), &uses);
        }
        if branches.is_empty() {
            return Ok(found);
        }
        let repository = Repository::here()?;
        let mut blobs = Blobs::of(&repository, None)?;
        for branch in branches {
            let commit = repository.commit(branch)?.ok_or_else(|| Error::NoRevision { name: branch.clone() })?;
            repository.files_of(&commit, |path, id| {
                if sealed_uses::is_candidate(path) {
                    let uses = blobs.uses(id)?;
                    found.add(Some(branch), &repository.shown(path).display().to_string(), &uses);
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// What is sealed to each key.
    pub(super) fn by_key(&self) -> BTreeMap<KeyId, Vec<Use>> {
        let mut keys: BTreeMap<KeyId, Vec<Use>> = BTreeMap::new();
        for (id, found) in &self.0 {
            keys.entry(*id).or_default().push(found.clone());
        }
        keys
    }

    fn add(&mut self, branch: Option<&String>, file: &str, uses: &[SealedUse]) {
        let mut of_file: BTreeMap<KeyId, Use> = BTreeMap::new();
        for sealed in uses {
            for id in &sealed.key_ids {
                let day = sealed.sealed_on;
                let new = || Use { branch: branch.cloned(), file: file.to_owned(), values: 0, oldest: day, newest: day };
                let found = of_file.entry(*id).or_insert_with(new);
                found.values += 1;
                found.oldest = found.oldest.min(day);
                found.newest = found.newest.max(day);
            }
        }
        self.0.extend(of_file);
    }
}
