//! All manifests and SOPS documents under some paths, each read once. What is not for us is left out, what cannot be read is told.

use std::path::PathBuf;

use sealbridge_seal::PREFIX;

use crate::error::Error;
use crate::file::{self, Snapshot};
use crate::folder;
use crate::manifest_file::ManifestFile;
use crate::output;
use crate::sops::{FLAT_ENDINGS, SopsFile};

/// What only files that matter have in them.
const MARKS: [&str; 5] = ["sealbridge.dev/", "bitnami.com/", "external-secrets.io/", PREFIX, "ENC[AES256_GCM,"];

/// Files that were read, and those that could not be.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Files in the order of their names.
    pub(crate) files: Vec<ManifestFile>,
    /// SOPS documents in the order of their names.
    pub(crate) documents: Vec<SopsFile>,
    failures: Vec<String>,
}

impl Inventory {
    /// Reads the files that are named and those in folders that are named. Files of Helm charts, which are
    /// no YAML before they are rendered, are left out with a note.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut inventory = Self::default();
        for candidate in folder::candidates(paths)? {
            match inventory.add(&candidate.path) {
                Err(error) if candidate.is_named => return Err(error),
                Err(error) => inventory.judge(&candidate.path, &error),
                Ok(()) => {}
            }
        }
        Ok(inventory)
    }

    /// The same with SOPS documents in formats that no manifest is written in. Those without any of the known
    /// endings are found only when they are named.
    pub(crate) fn with_all_documents(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut inventory = Self::read(paths)?;
        for path in folder::found(paths, &FLAT_ENDINGS)? {
            match SopsFile::read(&path) {
                Ok(document) => inventory.documents.extend(document),
                Err(Error::NotText { .. }) => {}
                Err(error) => inventory.failures.push(error.to_string()),
            }
        }
        inventory.documents.sort_by_key(SopsFile::path);
        Ok(inventory)
    }

    fn add(&mut self, path: &std::path::Path) -> Result<(), Error> {
        match SopsFile::of(Snapshot::read_existing(path)?)? {
            Ok(document) => self.documents.push(document),
            Err(snapshot) => self.files.push(ManifestFile::of(snapshot)?),
        }
        Ok(())
    }

    fn judge(&mut self, path: &std::path::Path, error: &Error) {
        let text = file::start_of(path);
        if !MARKS.iter().any(|mark| text.contains(mark)) {
            return;
        }
        if text.contains("{{") {
            output::note(&format!("{} is a template, not a manifest, and is left out; render it first", path.display()));
        } else {
            self.failures.push(error.to_string());
        }
    }

    /// Fails if some file could not be read: then what was told is not all.
    pub(crate) fn ensure_complete(self) -> Result<(), Error> {
        self.complete().map(drop)
    }

    /// The same before anything is told.
    pub(crate) fn complete(self) -> Result<Self, Error> {
        if self.failures.is_empty() { Ok(self) } else { Err(Error::Several(self.failures)) }
    }
}
