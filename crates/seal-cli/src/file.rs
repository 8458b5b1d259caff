//! Files of a checkout: read once, replaced in one step or not at all.
//!
//! Must never: leave a half-written file, or overwrite what somebody else wrote in the meantime.

mod private;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use sealbridge_manifest::document::DocumentError;
use zeroize::Zeroizing;

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
        let bytes = read(&resolved, path)?;
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: path.to_owned() })?;
        Ok(Self { shown: path.to_owned(), path: resolved, text: Some(text) })
    }

    /// A text that came from somewhere else than a file, as `shown` says to people.
    pub(crate) fn of_text(shown: &Path, text: String) -> Self {
        Self { shown: shown.to_owned(), path: shown.to_owned(), text: Some(text) }
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

    /// Reads a file unless it is larger.
    pub(crate) fn read_at_most(path: &Path, bytes: usize) -> Result<Self, Error> {
        let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
        if u64::try_from(bytes).is_ok_and(|bytes| length > bytes) {
            return Err(Error::Document { path: path.to_owned(), problem: DocumentError::TooLarge });
        }
        Self::read(path)
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
        // A rename would replace it all the same, but whoever took the right to write away meant something by it.
        if permissions.readonly() || access(&self.path, Access::WRITE_OK).is_err() {
            return Err(Error::ReadOnly { path: self.shown.clone() });
        }
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

/// What no manifest or document is larger than, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// The whole file, unless it is larger than anything that a verb is for. `shown` is its path for people.
pub(crate) fn read(path: &Path, shown: &Path) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|error| Error::Read { path: shown.to_owned(), cause: error.kind() })?;
    if file.metadata().is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
        return Err(Error::FileTooLarge { path: shown.to_owned() });
    }
    bounded(file, shown)
}

/// The same of anything that is open.
pub(crate) fn bounded(reader: impl Read, shown: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let read = read.map_err(|error| Error::Read { path: shown.to_owned(), cause: error.kind() })?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_BYTES) {
        Ok(bytes)
    } else {
        drop(Zeroizing::new(bytes));
        Err(Error::FileTooLarge { path: shown.to_owned() })
    }
}

/// The start of a file, which may be large, with replacements for what is no text; nothing if it cannot be read.
pub(crate) fn start_of(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    if read.is_ok() { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() }
}

/// Whether a file has any of these texts somewhere, found in one pass and without holding the whole of it.
pub(crate) fn holds(path: &Path, wanted: &[&str]) -> Result<bool, Error> {
    let failed = |error: io::Error| Error::Read { path: path.to_owned(), cause: error.kind() };
    let longest = wanted.iter().map(|wanted| wanted.len()).max().unwrap_or_default();
    let mut file = File::open(path).map_err(failed)?;
    let mut window = Vec::with_capacity(WINDOW);
    loop {
        let kept = window.len();
        let read = (&mut file).take(READ_BYTES).read_to_end(&mut window).map_err(failed)?;
        let is_there = |wanted: &&str| window.windows(wanted.len()).any(|found| found == wanted.as_bytes());
        if wanted.iter().any(is_there) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // What may be the beginning of a wanted text goes before what is read next.
        let tail = (kept + read).min(longest.saturating_sub(1));
        window.drain(..kept + read - tail);
    }
}

const READ_BYTES: u64 = 64 * 1024;
const WINDOW: usize = 65 * 1024;

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
