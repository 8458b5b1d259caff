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
    /// The ids of what was there before: one for each parent that had a file.
    pub(crate) old: Vec<String>,
    /// The id of what is there now, if there is a file.
    pub(crate) new: Option<String>,
}

/// What of a merge counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merges {
    /// Its difference from each parent: everything that it took away from one of them.
    FromEachParent,
    /// Files that differ from all parents: what the merge itself brought.
    FromAllParents,
}

/// Which commits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    /// How merges are compared.
    pub(crate) merges: Merges,
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

    /// Hands out each change of each commit, a commit before those that it was made from.
    pub(crate) fn history(
        &self,
        walk: Walk<'_>,
        mut visit: impl FnMut(&Commit, FileChange) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut command = git(&self.root);
        command.args(["-c", "log.showRoot=true", "-c", "log.showSignature=false", "log", "-z", "--raw", "--no-abbrev"]);
        command.arg(match walk.merges {
            Merges::FromEachParent => "-m",
            Merges::FromAllParents => "-c",
        });
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
        let mut meta: Option<(Vec<String>, Option<String>)> = None;
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
    pub(crate) fn files_of(&self, revision: &str, mut visit: impl FnMut(&Path, &str) -> Result<(), Error>) -> Result<(), Error> {
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

/// `:100644 100644 <old> <new> M`, and of a merge `::` with two old modes and ids. Only ordinary files count: what a
/// link says is no manifest.
fn ids_of(meta: &[u8]) -> Option<(Vec<String>, Option<String>)> {
    let text = std::str::from_utf8(meta).ok()?;
    let bare = text.trim_start_matches(':');
    let sides = text.len().checked_sub(bare.len()).filter(|parents| *parents > 0)? + 1;
    let words: Vec<&str> = bare.split(' ').collect();
    let (modes, rest) = words.split_at_checked(sides)?;
    let (ids, _) = rest.split_at_checked(sides)?;
    let is_file = |mode: &str, id: &str| mode.starts_with("100") && !id.chars().all(|c| c == NOTHING);
    let mut files = modes.iter().zip(ids).map(|(mode, id)| is_file(mode, id).then(|| (*id).to_owned()));
    let new = files.next_back()?;
    Some((files.flatten().collect(), new))
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn failed() -> Error {
    Error::Git { what: "the history cannot be read" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::changed(":100644 100755 aa bb M", Some((vec!["aa"], Some("bb"))))]
    #[case::added(":000000 100644 00 bb A", Some((vec![], Some("bb"))))]
    #[case::removed(":100644 000000 aa 00 D", Some((vec!["aa"], None)))]
    #[case::a_link(":120000 100644 aa bb T", Some((vec![], Some("bb"))))]
    #[case::a_merge("::100644 100644 100644 aa bb cc MM", Some((vec!["aa", "bb"], Some("cc"))))]
    #[case::cut(":100644 100644 aa", None)]
    #[case::no_colon("100644", None)]
    fn sides_of_a_change(#[case] meta: &str, #[case] expected: Option<(Vec<&str>, Option<&str>)>) {
        let found = ids_of(meta.as_bytes());
        let found = found.as_ref().map(|(old, new)| (old.iter().map(String::as_str).collect(), new.as_deref()));
        assert_eq!(found, expected);
    }
}
