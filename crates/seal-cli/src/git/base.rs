//! What others have agreed to already: the commit that a branch left the main one at.

use std::path::{Path, PathBuf};

use super::Repository;
use crate::error::Error;

/// Names of the main branch, the best known first.
const MAIN: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

impl Repository {
    /// The best common ancestor of HEAD and `asked`, or else of HEAD and the main branch. `None` when there is no
    /// main branch that is known, or no commit.
    pub(crate) fn base(&self, asked: Option<&str>) -> Result<Option<String>, Error> {
        let Some(head) = self.commit("HEAD")? else { return Ok(None) };
        if let Some(asked) = asked {
            let commit = self.commit(asked)?.ok_or_else(|| Error::NoRevision { name: asked.to_owned() })?;
            return self.merge_base(&head, &commit).map(Some);
        }
        for name in MAIN {
            if let Some(commit) = self.commit(name)? {
                return self.merge_base(&head, &commit).map(Some);
            }
        }
        Ok(None)
    }

    /// A path as the repository has it; `None` outside of it.
    pub(crate) fn inside(&self, path: &Path) -> Option<PathBuf> {
        let root = self.root.canonicalize().ok()?;
        // The file itself may be a link, which Git knows by its own name.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let full = folder.canonicalize().ok()?.join(path.file_name()?);
        full.strip_prefix(root).ok().map(Path::to_owned)
    }
}
