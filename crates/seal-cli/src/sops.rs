//! SOPS documents of a checkout: found by their metadata, opened with the person's keys, replaced in one step.
//!
//! ```text
//!   file ─▶ SopsFile (no key) ──open──▶ OpenFile ──get, set, unset, edit──▶ replace (atomic)
//!   .sops.yaml ─▶ CreationRules ─▶ to whom a file belongs
//! ```
//!
//! Must never: write a text that `crates/sops` did not read and open again, put a value where the document's selector
//! leaves it plain, or take a document for a manifest.

mod path;
mod rules;
mod value;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sealbridge_sops::{DataKeyOpener, Encrypted, Format, Metadata, Opened, SopsError};

use crate::config::Config;
use crate::error::Error;
use crate::file::Snapshot;
use crate::identities::{self, IdentityArgs, SopsKeys};

pub(crate) use path::{SopsPath, ensure_path, shown, shown_in};
pub(crate) use rules::{CreationRules, FILE_NAME as RULES_NAME, Wanted};
pub(crate) use value::{plain_form, put};

/// What every SOPS document has in it, and hardly anything else.
pub(crate) const MARK: &str = "lastmodified";

/// Endings of formats that hold values and no manifests.
pub(crate) const FLAT_ENDINGS: [&str; 2] = ["env", "ini"];

/// An encrypted document.
#[derive(Debug)]
pub(crate) struct SopsFile {
    snapshot: Snapshot,
    encrypted: Encrypted,
}

impl SopsFile {
    /// Reads a file; `None` if there is none, or if it is no SOPS document. The format is that of the file's name, as
    /// sops has it.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        Self::of(Snapshot::read(path)?).map(Result::ok)
    }

    /// Takes what was read; gives it back if it is no SOPS document.
    pub(crate) fn of(snapshot: Snapshot) -> Result<Result<Self, Snapshot>, Error> {
        let path = snapshot.shown.clone();
        let found = snapshot.text().map(|text| encrypted(&path, text)).transpose()?.flatten();
        Ok(match found {
            Some(encrypted) => Ok(Self { snapshot, encrypted }),
            None => Err(snapshot),
        })
    }

    /// The path, for people.
    pub(crate) fn path(&self) -> PathBuf {
        self.snapshot.shown.clone()
    }

    /// The encrypted text.
    pub(crate) fn text(&self) -> &str {
        self.snapshot.text().unwrap_or_default()
    }

    /// The metadata, as claimed.
    pub(crate) fn metadata(&self) -> &Metadata {
        self.encrypted.metadata()
    }

    /// The document, as far as it can be told without a key.
    pub(crate) fn encrypted(&mut self) -> &mut Encrypted {
        &mut self.encrypted
    }

    /// Opens the document and checks its MAC.
    pub(crate) fn open(self, opener: &dyn DataKeyOpener) -> Result<OpenFile, Error> {
        let path = self.path();
        let opened = self.encrypted.open(opener).map_err(|problem| refused(path, problem))?;
        Ok(OpenFile { snapshot: self.snapshot, opened })
    }
}

/// The document in a text, if it is one. `path` tells the format.
pub(crate) fn encrypted(path: &Path, text: &str) -> Result<Option<Encrypted>, Error> {
    let format = Format::of_path(&path.to_string_lossy());
    if !format.may_have_metadata(text) {
        return Ok(None);
    }
    match Encrypted::read(format, text.as_bytes()) {
        Ok(encrypted) => Ok(Some(encrypted)),
        Err(SopsError::NotEncrypted) => Ok(None),
        Err(problem) => Err(Error::Sops { path: path.to_owned(), problem }),
    }
}

/// All keys that may open a document, those of the rules included.
pub(crate) fn keys(args: &IdentityArgs, config: Option<&Config>) -> Result<SopsKeys, Error> {
    identities::load_for_sops(args, config.map(|config| config.identities.as_slice()).unwrap_or_default())
}

/// Why a document does not open, for the person at the command line.
pub(crate) fn refused(path: PathBuf, problem: SopsError) -> Error {
    match problem {
        SopsError::NoKey { wanted } => Error::SopsNoKey { path, wanted },
        problem => Error::Sops { path, problem },
    }
}

/// A document that is open.
#[derive(Debug)]
pub(crate) struct OpenFile {
    snapshot: Snapshot,
    /// The values.
    pub(crate) opened: Opened,
}

impl OpenFile {
    /// The path, for people.
    pub(crate) fn path(&self) -> PathBuf {
        self.snapshot.shown.clone()
    }

    /// Names the file in an error.
    pub(crate) fn error(&self, problem: SopsError) -> Error {
        refused(self.path(), problem)
    }

    /// The text as it would be written now.
    pub(crate) fn sealed(&mut self) -> Result<String, Error> {
        let sealed = self.opened.seal(Timestamp::now()).map_err(|problem| self.error(problem))?;
        String::from_utf8(sealed).map_err(|_| Error::NotText { path: self.path() })
    }

    /// The encrypted text as it was read.
    pub(crate) fn text(&self) -> &str {
        self.snapshot.text().unwrap_or_default()
    }

    /// Whether both are the same file of the disk.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.snapshot.is_same_file(&other.snapshot)
    }

    /// Puts an edited text in the file's place.
    pub(crate) fn replace(&self, text: &str) -> Result<(), Error> {
        self.snapshot.replace(text)
    }
}
