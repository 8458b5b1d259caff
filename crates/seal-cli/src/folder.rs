//! Manifests under folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A file that may hold manifests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The file.
    pub(crate) path: PathBuf,
    /// Whether the file was named, and not found in a folder.
    pub(crate) is_named: bool,
}

/// The files that are named, and those in folders that are named, in the order of their names. Hidden
/// folders and symbolic links are not followed.
pub(crate) fn candidates(paths: &[PathBuf]) -> Result<Vec<Candidate>, Error> {
    candidates_of(paths, &[], &|path: &Path| has_ending(path, &ENDINGS))
}

/// The same for files of other kinds, and with some hidden folders followed.
pub(crate) fn candidates_of(
    paths: &[PathBuf],
    followed: &[&str],
    accepts: &dyn Fn(&Path) -> bool,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| failed(path, &error))?;
        if metadata.is_dir() {
            walk(path, followed, accepts, &mut found)?;
        } else {
            found.push(Candidate { path: path.clone(), is_named: true });
        }
    }
    Ok(found)
}

/// The files in folders that are named, by other endings.
pub(crate) fn found(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| path.is_dir()) {
        walk(path, &[], &|path: &Path| has_ending(path, endings), &mut found)?;
    }
    Ok(found.into_iter().map(|candidate| candidate.path).collect())
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Read { path: path.to_owned(), cause: error.kind() }
}

fn walk(folder: &Path, followed: &[&str], accepts: &dyn Fn(&Path) -> bool, found: &mut Vec<Candidate>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| failed(folder, &error))?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_hidden = name.starts_with('.') && !followed.contains(&name.as_str());
        let kind = fs::symlink_metadata(&path).map_err(|error| failed(&path, &error))?.file_type();
        if kind.is_dir() && !is_hidden {
            walk(&path, followed, accepts, found)?;
        } else if kind.is_file() && accepts(&path) {
            let path = path.strip_prefix("./").map_or(path.clone(), Path::to_owned);
            found.push(Candidate { path, is_named: false });
        }
    }
    Ok(())
}

/// Whether a file's name ends so. `.env` is a name that is all ending.
fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}
