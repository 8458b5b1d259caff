//! Files of a checkout: read once, replaced in one step or not at all.
//!
//! Must never: leave a half-written file, or overwrite what somebody else wrote in the meantime.

mod private;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

pub(crate) use private::{create_private, is_readable_by_others};

/// A text file as it was read, or the fact that there was none.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The path as given, for people.
    pub(crate) shown: PathBuf,
    /// The file that symbolic links lead to.
    path: PathBuf,
    text: Option<String>,
}

impl Snapshot {
    /// Reads a file; that there is none is remembered.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let failed = |error: &io::Error| Error::Read { path: path.to_owned(), cause: error.kind() };
        let resolved = match fs::canonicalize(path) {
            Ok(resolved) => resolved,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
                return Ok(Self { shown: path.to_owned(), path: path.to_owned(), text: None });
            }
            Err(error) => return Err(failed(&error)),
        };
        let bytes = fs::read(&resolved).map_err(|error| failed(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: path.to_owned() })?;
        Ok(Self { shown: path.to_owned(), path: resolved, text: Some(text) })
    }

    /// Reads a file that has to be there.
    pub(crate) fn read_existing(path: &Path) -> Result<Self, Error> {
        let snapshot = Self::read(path)?;
        if snapshot.text.is_some() {
            Ok(snapshot)
        } else {
            Err(Error::Read { path: path.to_owned(), cause: io::ErrorKind::NotFound })
        }
    }

    /// The text, when there was a file.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Whether both are the same file, which exists.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.text.is_some() && other.text.is_some() && self.path == other.path
    }

    /// Puts `new` in the file's place in one step. Mode and symbolic links stay. Fails if the file is not
    /// what was read any more; of two that try at once, one is told.
    pub(crate) fn replace(&self, new: &str) -> Result<(), Error> {
        match &self.text {
            Some(old) => self.replace_existing(old, new),
            None => self.create(new),
        }
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::Write { path: self.shown.clone(), cause: error.kind() }
    }

    fn replace_existing(&self, old: &str, new: &str) -> Result<(), Error> {
        let changed = || Error::Changed { path: self.shown.clone() };
        let mut file = File::open(&self.path).map_err(|_| changed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(changed()),
            Err(TryLockError::Error(error)) => return Err(self.failed(&error)),
        }
        // The lock is on the file that was opened: after another writer's rename it is no longer at the path.
        let mut present = String::with_capacity(old.len());
        file.read_to_string(&mut present).map_err(|_| changed())?;
        if present != old || !is_still_at(&file, &self.path) {
            return Err(changed());
        }
        let permissions = file.metadata().map_err(|error| self.failed(&error))?.permissions();
        let temporary = self.temporary(new, None)?;
        temporary.as_file().set_permissions(permissions).map_err(|error| self.failed(&error))?;
        temporary.persist(&self.path).map_err(|error| self.failed(&error.error))?;
        self.sync_folder()
    }

    fn create(&self, new: &str) -> Result<(), Error> {
        let temporary = self.temporary(new, Some(ORDINARY_MODE))?;
        temporary.persist_noclobber(&self.path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => Error::Changed { path: self.shown.clone() },
            _ => self.failed(&error.error),
        })?;
        self.sync_folder()
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn temporary(&self, text: &str, mode: Option<u32>) -> Result<tempfile::NamedTempFile, Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".seal-");
        if let Some(mode) = mode {
            builder.permissions(private::permissions(mode));
        }
        let written = builder.tempfile_in(self.folder()).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        });
        written.map_err(|error| self.failed(&error))
    }

    fn sync_folder(&self) -> Result<(), Error> {
        File::open(self.folder()).and_then(|folder| folder.sync_all()).map_err(|error| self.failed(&error))
    }
}

/// What a new manifest may be before the umask takes from it.
const ORDINARY_MODE: u32 = 0o666;

fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(opened), Ok(present)) => (opened.dev(), opened.ino()) == (present.dev(), present.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
