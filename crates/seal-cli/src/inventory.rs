//! All manifests under some paths, each read once. What is not for us is left out, what cannot be read is told.

use std::path::PathBuf;

use sealbridge_seal::PREFIX;

use crate::error::Error;
use crate::file;
use crate::folder;
use crate::manifest_file::ManifestFile;
use crate::output;

/// What only files that matter have in them.
const MARKS: [&str; 2] = ["sealbridge.dev/", PREFIX];

/// Files that were read, and those that could not be.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Files in the order of their names.
    pub(crate) files: Vec<ManifestFile>,
    failures: Vec<String>,
}

impl Inventory {
    /// Reads the files that are named and those in folders that are named. Files of Helm charts, which are
    /// no YAML before they are rendered, are left out with a note.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut inventory = Self::default();
        for candidate in folder::candidates(paths)? {
            match ManifestFile::read_existing(&candidate.path) {
                Ok(file) => inventory.files.push(file),
                Err(error) if candidate.is_named => return Err(error),
                Err(error) => inventory.judge(&candidate.path, &error),
            }
        }
        Ok(inventory)
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
        if self.failures.is_empty() { Ok(()) } else { Err(Error::Several(self.failures)) }
    }
}
