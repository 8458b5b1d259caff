//! The files of a commit or of the index by their paths, read when they are asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Objects, Repository, Side};
use crate::config;
use crate::error::Error;

/// One state of the repository.
#[derive(Debug)]
pub(crate) struct Tree {
    /// What stands before the colon of the name of one of its files.
    revision: String,
    /// From the file system's root.
    root: PathBuf,
    /// Relative to the repository's root.
    paths: BTreeSet<PathBuf>,
    objects: Mutex<Objects>,
}

impl Tree {
    /// The files on a side that is no work tree.
    pub(crate) fn of(repository: &Repository, side: &Side) -> Result<Self, Error> {
        let mut paths = BTreeSet::new();
        let revision = match side {
            Side::Commit(commit) => {
                repository.files_of(commit, |path, _| {
                    paths.insert(path.to_owned());
                    Ok(())
                })?;
                commit.clone()
            }
            Side::Index | Side::WorkTree => {
                paths.extend(repository.tracked()?);
                String::new()
            }
        };
        let root = config::absolute(&repository.root);
        Ok(Self { revision, root, paths, objects: Mutex::new(Objects::of(repository)?) })
    }

    /// The paths of its files, relative to the root.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(PathBuf::as_path)
    }

    /// Whether a file would lie in the repository.
    pub(crate) fn is_about(&self, path: &Path) -> bool {
        config::absolute(path).starts_with(&self.root)
    }

    /// A file, by any way to it; `None` when it is not there, or is larger than any manifest.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        let path = config::absolute(path);
        // What Git holds of a link is the name of another file.
        let path = if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path };
        let Ok(inside) = path.strip_prefix(&self.root) else { return Ok(None) };
        if !self.paths.contains(inside) {
            return Ok(None);
        }
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.file(&self.revision, inside)
    }
}
