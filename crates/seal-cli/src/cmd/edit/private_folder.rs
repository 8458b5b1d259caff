//! A folder in memory that only its owner can enter, wiped when it is no longer needed: also after an error and
//! after a signal.
//!
//! Must never: be on a disk, unless a person named the folder and answers for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use crate::error::Error;

const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const OWNER_ONLY_FOLDER: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// The folder.
#[derive(Debug)]
pub(super) struct PrivateFolder {
    folder: TempDir,
    /// What the file in it is called.
    name: String,
    is_editing: Arc<AtomicBool>,
    /// Held for good by the end of the process, so that nobody finds the files half gone.
    in_use: Arc<Mutex<()>>,
}

impl PrivateFolder {
    /// A new folder in the one that is named, or else in the first that is in memory, for a file of this name.
    pub(super) fn new(named: Option<&Path>, name: &str) -> Result<Self, Error> {
        let parent = match named {
            Some(named) => named.to_owned(),
            None => in_memory().ok_or(Error::NoMemoryFolder)?,
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix("seal-edit-").permissions(fs::Permissions::from_mode(OWNER_ONLY_FOLDER));
        let folder = builder.tempdir_in(&parent).map_err(|error| Error::Write { path: parent, cause: error.kind() })?;
        let is_editing = Arc::new(AtomicBool::new(false));
        let in_use = Arc::default();
        wipe_on_signals(folder.path().to_owned(), Arc::clone(&is_editing), Arc::clone(&in_use))?;
        Ok(Self { folder, name: name.to_owned(), is_editing, in_use })
    }

    /// The file in it.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Does something during which an interrupt from the keyboard is the editor's.
    pub(super) fn while_editing<T>(&self, action: impl FnOnce() -> T) -> T {
        self.is_editing.store(true, Ordering::SeqCst);
        let result = action();
        self.is_editing.store(false, Ordering::SeqCst);
        result
    }

    /// Writes the file.
    pub(super) fn write(&self, text: &[u8]) -> Result<(), Error> {
        let _in_use = locked(&self.in_use);
        let path = self.file();
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(OWNER_ONLY_FILE).open(&path);
        let written = opened.and_then(|mut file| file.write_all(text));
        written.map_err(|error| Error::Write { path, cause: error.kind() })
    }

    /// Reads the file as text.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, Error> {
        let bytes = self.read_bytes()?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::NotText { path: self.file() })?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Reads the file, which the editor may have put there anew.
    pub(super) fn read_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let _in_use = locked(&self.in_use);
        let path = self.file();
        fs::read(&path).map(Zeroizing::new).map_err(|error| Error::Read { path, cause: error.kind() })
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let _in_use = locked(&self.in_use);
        wipe(self.folder.path());
    }
}

fn locked(in_use: &Mutex<()>) -> MutexGuard<'_, ()> {
    in_use.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first folder in memory that is there for this.
fn in_memory() -> Option<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    runtime.into_iter().chain([PathBuf::from("/dev/shm")]).find(|folder| is_in_memory(folder))
}

fn is_in_memory(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|stat| u64::try_from(stat.f_type).is_ok_and(|kind| matches!(kind, TMPFS | RAMFS)))
}

/// Overwrites the files, those that the editor left there included, and removes the folder.
fn wipe(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => wipe(&path),
            Ok(kind) if kind.is_file() => {
                overwrite(&path).ok();
            }
            _ => {}
        }
    }
    fs::remove_dir_all(folder).ok();
}

fn overwrite(path: &Path) -> io::Result<()> {
    let length = fs::metadata(path)?.len();
    let mut file: File = OpenOptions::new().write(true).open(path)?;
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file).map(drop)
}

/// Wipes the folder and ends the process when a signal asks it to end. Fails rather than leave it to chance.
fn wipe_on_signals(folder: PathBuf, is_editing: Arc<AtomicBool>, in_use: Arc<Mutex<()>>) -> Result<(), Error> {
    let (ready, wait) = mpsc::channel();
    let failed = |error: io::Error| Error::Runtime { cause: error.kind() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    thread::spawn(move || {
        runtime.block_on(async {
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()];
            let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup), Ok(mut quit)] = kinds.map(signal) else { return };
            ready.send(()).ok();
            loop {
                let (number, from_keyboard) = tokio::select! {
                    _ = interrupt.recv() => (2, true),
                    _ = quit.recv() => (3, true),
                    _ = terminate.recv() => (15, false),
                    _ = hangup.recv() => (1, false),
                };
                if !(from_keyboard && is_editing.load(Ordering::SeqCst)) {
                    let _until_the_end = locked(&in_use);
                    wipe(&folder);
                    std::process::exit(128 + number);
                }
            }
        });
    });
    wait.recv().map_err(|_| Error::Runtime { cause: io::ErrorKind::Unsupported })
}
