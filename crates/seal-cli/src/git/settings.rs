//! What `seal git install` sets in a repository: two drivers in its own configuration, and which files they are for.

use std::path::PathBuf;

use super::{Repository, git, path_of, run, started};
use crate::error::Error;

const REFUSED: Error = Error::Git { what: "the configuration of the repository cannot be changed" };

impl Repository {
    /// Sets a value in the repository's own configuration.
    pub(crate) fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        let output = run(&self.root, &["config", "--local", name, value])?;
        if output.status.success() { Ok(()) } else { Err(REFUSED) }
    }

    /// Takes a section out of the repository's own configuration; says whether there was one.
    pub(crate) fn remove_section(&self, name: &str) -> Result<bool, Error> {
        let pattern = format!("^{}\\.", name.replace('.', "\\."));
        if !run(&self.root, &["config", "--local", "--get-regexp", &pattern])?.status.success() {
            return Ok(false);
        }
        let output = run(&self.root, &["config", "--local", "--remove-section", name])?;
        if output.status.success() { Ok(true) } else { Err(REFUSED) }
    }

    /// The file of attributes that is not committed.
    pub(crate) fn own_attributes(&self) -> Result<PathBuf, Error> {
        let output = started(git(&self.root).args(["rev-parse", "--git-path", "info/attributes"]))?;
        if !output.status.success() {
            return Err(Error::Git { what: "the folder of the repository is not known" });
        }
        Ok(self.shown(&path_of(output.stdout.trim_ascii_end())))
    }

    /// The file of attributes that everybody has.
    pub(crate) fn shared_attributes(&self) -> PathBuf {
        self.shown(std::path::Path::new(".gitattributes"))
    }
}
