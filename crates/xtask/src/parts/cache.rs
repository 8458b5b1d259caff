//! The cache of parts on disk: one folder a part, named by a hash over all that pins it.
//! A folder appears complete or not at all, and is never changed afterwards.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{PartsError, Progress};

/// The environment variable that names the cache folder.
pub const CACHE_VARIABLE: &str = "SEALBRIDGE_PARTS_DIR";

/// The folder that holds all parts: `$SEALBRIDGE_PARTS_DIR`, else below `$XDG_CACHE_HOME`, else `~/.cache`.
///
/// # Errors
/// [`PartsError::NoCache`] if none of these is set, [`PartsError::Cache`] if it cannot be created.
pub fn root() -> Result<PathBuf, PartsError> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let root = if let Some(folder) = set(CACHE_VARIABLE) {
        PathBuf::from(folder)
    } else if let Some(folder) = set("XDG_CACHE_HOME") {
        Path::new(&folder).join("sealbridge/parts")
    } else {
        let home = set("HOME").ok_or(PartsError::NoCache)?;
        Path::new(&home).join(".cache/sealbridge/parts")
    };
    fs::create_dir_all(&root).map_err(failed("create", &root))?;
    fs::canonicalize(&root).map_err(failed("resolve", &root))
}

/// Hash over everything that pins a part.
pub(super) struct Key(Sha256);

impl Key {
    /// Starts with a version of how parts are laid out, to be raised when that changes.
    pub(super) fn new() -> Self {
        Self(Sha256::new()).with("layout", b"1")
    }

    /// Adds one named fact; length prefixes keep neighbours apart.
    pub(super) fn with(mut self, name: &str, fact: &[u8]) -> Self {
        for bytes in [name.as_bytes(), fact] {
            self.0.update(bytes.len().to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    /// The folder of a part below the cache's root.
    pub(super) fn folder(self, root: &Path, part: &str) -> PathBuf {
        let digest = hex::encode(self.0.finalize());
        root.join(format!("{part}-{}", digest.get(..16).unwrap_or(&digest)))
    }
}

/// The right to build the parts of one source, held against other processes until dropped.
pub(super) struct Workshop {
    /// Everything is built in here, beside the place where it is published.
    pub(super) folder: TempDir,
    _lock: File,
}

impl Workshop {
    /// Waits until no other process builds from `source`, then clears what a killed one left behind.
    pub(super) fn enter(root: &Path, source: &str, progress: &Progress) -> Result<Self, PartsError> {
        let path = root.join(format!("{source}.lock"));
        let lock = File::create(&path).map_err(failed("create", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let _waiting = progress.task(format!("waiting for another process to provide {source}"));
                lock.lock().map_err(failed("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
        }
        let prefix = format!(".building-{source}-");
        for entry in fs::read_dir(root)
            .map_err(failed("list", root))?
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        {
            fs::remove_dir_all(entry.path()).map_err(failed("remove", &entry.path()))?;
        }
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(root).map_err(failed("create a folder in", root))?;
        Ok(Self { folder, _lock: lock })
    }
}

/// Makes a finished folder visible under its final name, in one step.
pub(super) fn publish(finished: &Path, folder: &Path) -> Result<(), PartsError> {
    fs::rename(finished, folder).map_err(failed("publish", folder))
}

/// Maps an error of the file system to one that names the file.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> PartsError + use<> {
    let path = path.to_owned();
    move |source| PartsError::Cache { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_every_fact_and_on_where_one_ends() {
        let folder = |facts: &[(&str, &[u8])]| {
            let key = facts.iter().fold(Key::new(), |key, (name, fact)| key.with(name, fact));
            key.folder(Path::new("/cache"), "etcd")
        };
        let one = folder(&[("go.mod", b"a"), ("go.sum", b"b")]);
        assert_eq!(one, folder(&[("go.mod", b"a"), ("go.sum", b"b")]));
        assert_ne!(one, folder(&[("go.mod", b"a"), ("go.sum", b"c")]));
        assert_ne!(one, folder(&[("go.mod", b"ab"), ("go.sum", b"")]));
        assert!(one.to_string_lossy().starts_with("/cache/etcd-"));
    }

    #[test]
    fn a_killed_builders_leftovers_are_cleared_and_others_kept() {
        let root = tempfile::tempdir().expect("a folder");
        let stale = root.path().join(".building-moto-x1");
        let other = root.path().join(".building-kubernetes-x1");
        for folder in [&stale, &other] {
            fs::create_dir(folder).expect("created");
        }
        let progress = Progress::start();
        let workshop = Workshop::enter(root.path(), "moto", &progress).expect("entered");
        assert!(!stale.exists());
        assert!(other.exists());
        let inside = workshop.folder.path().to_owned();
        drop(workshop);
        assert!(!inside.exists());
    }

    #[test]
    fn two_builders_of_one_source_take_turns() {
        let root = tempfile::tempdir().expect("a folder");
        let progress = Progress::start();
        let order = std::sync::Mutex::new(Vec::new());
        let (started, second_started) = std::sync::mpsc::channel();
        let first = Workshop::enter(root.path(), "moto", &progress).expect("entered");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                started.send(()).expect("listened to");
                let _second = Workshop::enter(root.path(), "moto", &progress).expect("entered");
                order.lock().expect("not poisoned").push("second in");
            });
            second_started.recv().expect("started");
            let half_built = first.folder.path().join("half");
            fs::write(&half_built, b"work").expect("written");
            assert!(half_built.exists());
            order.lock().expect("not poisoned").push("first done");
            drop(first);
        });
        assert_eq!(order.into_inner().expect("not poisoned"), ["first done", "second in"]);
    }
}
