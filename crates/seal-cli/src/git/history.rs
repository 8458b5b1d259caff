//! The history of a repository as changes of files, and the files of a commit, streamed.
//!
//! Must never: hold the whole of either, or miss what only a merge has.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Repository, git, run};
use crate::error::Error;

/// What stands in place of the id of a file that is not there.
const NOTHING: char = '0';
/// Marks the line of a commit, so that it cannot be taken for a path.
const COMMIT: u8 = 1;

/// A commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its id.
    pub(crate) id: String,
    /// When it was committed, in seconds since 1970.
    pub(crate) seconds: i64,
}

/// One file that a commit changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileChange {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// The id of what was there before, if there was a file.
    pub(crate) old: Option<String>,
    /// The id of what is there now, if there is a file.
    pub(crate) new: Option<String>,
}

/// Which commits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    /// Revisions that lead to them; all branches and tags without any.
    pub(crate) revisions: &'a [String],
    /// Only commits that are not older, in seconds since 1970.
    pub(crate) since: Option<i64>,
}

impl Repository {
    /// Whether the history was cut off when the repository was cloned.
    pub(crate) fn is_shallow(&self) -> Result<bool, Error> {
        let output = run(&self.root, &["rev-parse", "--is-shallow-repository"])?;
        Ok(output.stdout.trim_ascii() == b"true")
    }

    /// Hands out each change of each commit, newest commits first. A merge is compared with each of its parents.
    pub(crate) fn history(
        &self,
        walk: Walk<'_>,
        mut visit: impl FnMut(&Commit, FileChange) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut command = git(&self.root);
        command.args(["-c", "log.showRoot=true", "-c", "log.showSignature=false", "log", "-z", "--raw", "-m", "--no-abbrev"]);
        command.args(["--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--topo-order", "--format=%x01%H %ct"]);
        if let Some(since) = walk.since {
            command.arg(format!("--since-as-filter=@{since}"));
        }
        if walk.revisions.is_empty() {
            command.args(["--branches", "--tags", "--remotes", "HEAD"]);
        } else {
            command.arg("--end-of-options").args(walk.revisions);
        }
        command.arg("--");
        let mut commit = Commit::default();
        let mut meta: Option<(Option<String>, Option<String>)> = None;
        streamed(&mut command, |part| {
            if let Some((old, new)) = meta.take() {
                return visit(&commit, FileChange { path: path_of(part), old, new });
            }
            let part = part.trim_ascii_start();
            if let Some(line) = part.strip_prefix(&[COMMIT]) {
                commit = commit_of(line).ok_or_else(failed)?;
            } else if !part.is_empty() {
                meta = Some(ids_of(part).ok_or_else(failed)?);
            }
            Ok(())
        })
    }

    /// Hands out the path and id of each file of a commit.
    pub(crate) fn files_of(
        &self,
        revision: &str,
        mut visit: impl FnMut(&Path, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut command = git(&self.root);
        command.args(["ls-tree", "-r", "-z", "--full-tree", revision]);
        streamed(&mut command, |part| {
            let tab = part.iter().position(|byte| *byte == b'\t');
            let Some((meta, path)) = tab.and_then(|tab| part.split_at_checked(tab)) else { return Ok(()) };
            let meta = String::from_utf8_lossy(meta);
            let mut words = meta.split(' ').skip(1);
            match (words.next(), words.next()) {
                (Some("blob"), Some(id)) => visit(&path_of(path.get(1..).unwrap_or_default()), id),
                _ => Ok(()),
            }
        })
    }
}

/// Hands out what a command writes, cut at each NUL.
fn streamed(command: &mut Command, mut visit: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| Error::NoGit { cause: error.kind() })?;
    let outcome = match child.stdout.take() {
        Some(stdout) => read_parts(BufReader::new(stdout), &mut visit),
        None => Err(failed()),
    };
    if outcome.is_err() {
        drop(child.kill());
    }
    let ended = child.wait().map_err(|_| failed())?;
    outcome?;
    if ended.success() { Ok(()) } else { Err(failed()) }
}

fn read_parts(mut stdout: impl BufRead, visit: &mut impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut part = Vec::new();
    loop {
        part.clear();
        if stdout.read_until(0, &mut part).map_err(|_| failed())? == 0 {
            return Ok(());
        }
        visit(part.strip_suffix(&[0]).unwrap_or(&part))?;
    }
}

fn commit_of(line: &[u8]) -> Option<Commit> {
    let (id, seconds) = std::str::from_utf8(line).ok()?.trim_end().split_once(' ')?;
    Some(Commit { id: id.to_owned(), seconds: seconds.parse().ok()? })
}

/// `:100644 100644 <old> <new> M`. Only ordinary files count: what a link says is no manifest.
fn ids_of(meta: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let mut words = std::str::from_utf8(meta).ok()?.strip_prefix(':')?.split(' ');
    let modes = [words.next()?, words.next()?];
    let ids = [words.next()?, words.next()?];
    let [old, new] = [0, 1].map(|side| {
        let (mode, id) = (modes.get(side)?, ids.get(side)?);
        (mode.starts_with("100") && !id.chars().all(|c| c == NOTHING)).then(|| (*id).to_owned())
    });
    Some((old, new))
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn failed() -> Error {
    Error::Git { what: "the history cannot be read" }
}
