//! Which files are judged, and from where each is read.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{accepts, accepts_lying, can_declare, may_declare};
use crate::config;
use crate::error::Error;
use crate::folder;
use crate::git::{Repository, Side, Tree};

/// Hidden folders in which pipelines lie.
const FOLLOWED: [&str; 2] = [".github", ".gitlab"];

/// How many files that only declare something are held until it is known that they do.
const READ_AT_ONCE: usize = 256;

/// One file.
#[derive(Debug)]
pub(crate) struct Input {
    /// The file as it is seen from the current folder.
    pub(crate) path: PathBuf,
    /// Whether somebody named this very file.
    pub(crate) is_named: bool,
    /// Whether it is judged; the others are read for what they declare.
    pub(crate) is_judged: bool,
    /// The file before the range.
    pub(crate) old: Option<Vec<u8>>,
    held: Option<Vec<u8>>,
}

/// What is judged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection<'a> {
    /// Files and folders as they lie there.
    Paths,
    /// All that Git tracks, as it lies there.
    Tracked,
    /// What the next commit adds or changes, as it will hold it.
    Staged,
    /// What differs between two commits, as the second has it.
    Range { from: &'a str, to: &'a str },
}

/// The files, and whether they are all that others could name.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) files: Vec<Input>,
    /// Whether what one file declares and another names can be judged.
    pub(crate) is_whole: bool,
    /// What Git holds, where that is judged.
    pub(crate) tree: Option<Arc<Tree>>,
    /// The commits, where a range is judged.
    pub(super) range: Option<Range>,
}

/// Commits, and which of their files are judged.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) repository: Repository,
    /// The last commit before.
    pub(super) from: String,
    /// The last commit.
    pub(super) to: String,
    /// Files and folders, all without any.
    limits: Vec<PathBuf>,
}

impl Range {
    /// Whether a file, which is relative to the root, is judged.
    pub(super) fn is_about(&self, path: &Path) -> bool {
        let path = config::absolute(&self.repository.shown(path));
        accepts(&path) && (self.limits.is_empty() || self.limits.iter().any(|limit| path.starts_with(limit)))
    }
}

impl Inputs {
    /// Finds the files. `paths` limit what Git names.
    pub(crate) fn find(selection: &Selection<'_>, paths: &[PathBuf]) -> Result<Self, Error> {
        match selection {
            Selection::Paths => Self::lying(paths),
            Selection::Tracked => {
                let repository = Repository::here()?;
                let tracked = repository.tracked()?;
                let files = tracked.iter().filter(|path| accepts(path)).map(|path| Input::lying(repository.shown(path)));
                Ok(Self { files: files.collect(), is_whole: true, tree: None, range: None })
            }
            Selection::Staged => {
                let repository = Repository::here()?;
                let staged = repository.staged(paths)?;
                Self::of_git(&repository, staged, None, &Side::Index)
            }
            Selection::Range { from, to } => {
                let repository = Repository::here()?;
                let commit = |name: &str| repository.commit(name)?.ok_or_else(|| Error::NoRevision { name: name.to_owned() });
                let (from, to) = (commit(from)?, commit(to)?);
                // Where nothing is shared, as after a shallow clone, the two are compared as they are.
                let from = repository.merge_base(&from, &to).unwrap_or(from);
                let new = Side::Commit(to);
                let changed = repository.changed(&from, &new, paths)?;
                let inputs = Self::of_git(&repository, changed, Some(&Side::Commit(from.clone())), &new)?;
                let Side::Commit(to) = new else { return Ok(inputs) };
                let limits = paths.iter().map(|path| config::absolute(path)).collect();
                Ok(Self { range: Some(Range { repository, from, to, limits }), ..inputs })
            }
        }
    }

    fn lying(paths: &[PathBuf]) -> Result<Self, Error> {
        let here = [PathBuf::from(".")];
        let paths = if paths.is_empty() { &here } else { paths };
        let candidates = folder::candidates_of(paths, &FOLLOWED, &accepts_lying)?;
        let is_whole = paths.iter().any(|path| path.is_dir());
        let files = candidates.into_iter().map(|found| Input { is_named: found.is_named, ..Input::lying(found.path) });
        Ok(Self { files: files.collect(), is_whole, tree: None, range: None })
    }

    /// The files of one side, and all others that it holds for what they declare.
    fn of_git(repository: &Repository, judged: Vec<PathBuf>, old: Option<&Side>, new: &Side) -> Result<Self, Error> {
        let judged: BTreeSet<_> = judged.into_iter().filter(|path| accepts(path)).collect();
        let names: Vec<_> = judged.iter().cloned().collect();
        let held = repository.read_all(new, &names)?;
        let before = match old {
            Some(old) => repository.read_all(old, &names)?,
            None => vec![None; names.len()],
        };
        let mut files = Vec::new();
        for ((path, held), old) in names.iter().zip(held).zip(before) {
            files.extend(held.map(|held| Input { held: Some(held), old, ..Input::lying(repository.shown(path)) }));
        }
        let tree = Tree::of(repository, new)?;
        let others = tree.paths().filter(|path| may_declare(path) && !judged.contains(*path)).map(Path::to_owned);
        for others in others.collect::<Vec<_>>().chunks(READ_AT_ONCE) {
            for (path, held) in others.iter().zip(repository.read_all(new, others)?) {
                let held = held.filter(|bytes| can_declare(bytes));
                files.extend(held.map(|held| Input { is_judged: false, held: Some(held), ..Input::lying(repository.shown(path)) }));
            }
        }
        Ok(Self { files, is_whole: true, tree: Some(Arc::new(tree)), range: None })
    }
}

impl Input {
    fn lying(path: PathBuf) -> Self {
        Self { path, is_named: false, is_judged: true, old: None, held: None }
    }

    /// The bytes; `None` when there is no such file any more.
    pub(crate) fn read(&self) -> Result<Option<Cow<'_, [u8]>>, Error> {
        if let Some(held) = &self.held {
            return Ok(Some(Cow::Borrowed(held)));
        }
        let bytes = match read_file(&self.path, self.is_named) {
            Err(error) if !self.is_named && error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Error::Read { path: self.path.clone(), cause: error.kind() })?,
        };
        Ok(bytes.map(Cow::Owned))
    }
}

/// A file; `None` for what is none. A symbolic link is followed only if it was named.
fn read_file(path: &Path, is_named: bool) -> io::Result<Option<Vec<u8>>> {
    let metadata = if is_named { fs::metadata(path) } else { fs::symlink_metadata(path) };
    if metadata?.is_file() { fs::read(path).map(Some) } else { Ok(None) }
}
