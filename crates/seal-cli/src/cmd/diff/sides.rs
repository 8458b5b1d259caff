//! Which two states are compared, and for which paths.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git::{Repository, Side};

/// The states.
#[derive(Debug)]
pub(super) struct Sides {
    /// The older one, a commit.
    pub(super) old: String,
    /// The newer one.
    pub(super) new: Side,
}

impl Sides {
    /// Reads `[REV[..REV]] [PATH…]`. What is a file is a path, even if a revision has its name.
    pub(super) fn read(repository: &Repository, arguments: &[String]) -> Result<(Self, Vec<PathBuf>), Error> {
        let paths = |arguments: &[String]| arguments.iter().map(PathBuf::from).collect();
        let Some(first) = arguments.first().filter(|first| !Path::new(first).exists()) else {
            let old = repository.commit("HEAD")?.ok_or(Error::NoCommit)?;
            return Ok((Self { old, new: Side::WorkTree }, paths(arguments)));
        };
        let commit = |name: &str| {
            let name = if name.is_empty() { "HEAD" } else { name };
            repository.commit(name)?.ok_or_else(|| Error::NoRevision { name: name.to_owned() })
        };
        let sides = if let Some((old, new)) = first.split_once("...") {
            let new = commit(new)?;
            Self { old: repository.merge_base(&commit(old)?, &new)?, new: Side::Commit(new) }
        } else if let Some((old, new)) = first.split_once("..") {
            Self { old: commit(old)?, new: Side::Commit(commit(new)?) }
        } else {
            Self { old: commit(first)?, new: Side::WorkTree }
        };
        Ok((sides, paths(arguments.get(1..).unwrap_or_default())))
    }
}
