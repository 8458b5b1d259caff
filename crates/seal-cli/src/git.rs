//! What Git knows of the files of a checkout, through its own program.
//!
//! Must never: change a repository, its settings apart when that is asked for, or run what its attributes name.

mod base;
mod blobs;
mod history;
mod merge_file;
mod objects;
mod settings;
mod tree;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::error::Error;

pub(crate) use history::{Commit, Merges, Walk};
pub(crate) use merge_file::{Merged, merge_file};
pub(crate) use objects::Objects;
pub(crate) use tree::Tree;

/// The repository that the command runs in.
#[derive(Debug)]
pub(crate) struct Repository {
    /// The way to it from the current folder.
    root: PathBuf,
}

/// One state of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A commit.
    Commit(String),
    /// What the next commit will hold.
    Index,
    /// The files as they lie there.
    WorkTree,
}

impl Repository {
    /// The repository of the current folder.
    pub(crate) fn here() -> Result<Self, Error> {
        let output = run(Path::new("."), &["rev-parse", "--show-cdup"])?;
        if !output.status.success() {
            return Err(Error::NoRepository);
        }
        Ok(Self { root: Path::new(".").join(path_of(output.stdout.trim_ascii_end())) })
    }

    /// The commit that a revision names, if it does.
    pub(crate) fn commit(&self, revision: &str) -> Result<Option<String>, Error> {
        let wanted = format!("{revision}^{{commit}}");
        let output = run(&self.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        let id = String::from_utf8_lossy(output.stdout.trim_ascii()).into_owned();
        Ok(Some(id).filter(|id| output.status.success() && !id.is_empty()))
    }

    /// The best common ancestor of two commits.
    pub(crate) fn merge_base(&self, one: &str, other: &str) -> Result<String, Error> {
        let output = run(&self.root, &["merge-base", one, other])?;
        let id = String::from_utf8_lossy(output.stdout.trim_ascii()).into_owned();
        if output.status.success() && !id.is_empty() { Ok(id) } else { Err(Error::Git { what: "no common ancestor was found" }) }
    }

    /// The files that differ between a commit and another side, relative to the root, each once.
    pub(crate) fn changed(&self, old: &str, new: &Side, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let mut arguments = vec!["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", old];
        match new {
            Side::Commit(new) => arguments.push(new),
            Side::Index => arguments.push("--cached"),
            Side::WorkTree => {}
        }
        let mut found = self.listed(&arguments, paths)?;
        if *new == Side::WorkTree {
            found.extend(self.listed(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z"], paths)?);
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Paths are as the current folder sees them, so the command runs there; all of the repository without any.
    fn listed(&self, arguments: &[&str], paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let mut command = git(if paths.is_empty() { &self.root } else { Path::new(".") });
        let output = started(command.args(arguments).arg("--").args(paths))?;
        if !output.status.success() {
            return Err(Error::Git { what: "the changed files cannot be listed" });
        }
        Ok(output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(path_of).collect())
    }

    /// A file on one side; `None` when it is not there, or no file.
    pub(crate) fn read(&self, side: &Side, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        match side {
            Side::WorkTree => {
                let path = self.root.join(path);
                match std::fs::symlink_metadata(&path) {
                    Ok(metadata) if metadata.is_file() => crate::file::read(&path, &path).map(Some),
                    Ok(_) => Ok(None),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Error::Read { path, cause: error.kind() }),
                }
            }
            Side::Commit(id) => self.blob(id, path),
            Side::Index => self.blob("", path),
        }
    }

    /// A file of a commit, or of the index where `revision` is empty.
    fn blob(&self, revision: &str, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        let mut object = std::ffi::OsString::from(format!("{revision}:"));
        object.push(path);
        let output = started(git(&self.root).args(["cat-file", "blob"]).arg(object))?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// The files that Git tracks, relative to the root.
    pub(crate) fn tracked(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = self.listed(&["ls-files", "--cached", "--full-name", "-z"], &[])?;
        found.dedup();
        Ok(found)
    }

    /// The files that the next commit adds or changes, relative to the root.
    pub(crate) fn staged(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let arguments =
            ["diff", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-filter=ACMT"];
        self.listed(&arguments, paths)
    }

    /// A path relative to the root as it is from the current folder.
    pub(crate) fn shown(&self, path: &Path) -> PathBuf {
        let path = self.root.join(path);
        path.strip_prefix(".").map_or(path.clone(), Path::to_owned)
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false", "-c", "diff.relative=false"]);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(std::process::Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Output, Error> {
    started(git(folder).args(arguments))
}

fn started(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|error| Error::NoGit { cause: error.kind() })
}
