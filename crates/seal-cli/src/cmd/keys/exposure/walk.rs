//! The history, walked once: for each entry that held a value sealed to the key, when that began and last happened.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cmd::keys::blobs::Blobs;
use crate::error::Error;
use crate::git::{Commit, Merges, Repository, Walk};
use crate::sealed_uses::{self, SealedUse};

/// An entry that held a value sealed to the key.
#[derive(Debug)]
pub(super) struct Exposed {
    pub(super) file: PathBuf,
    pub(super) secret: String,
    pub(super) key: String,
    /// The commit that first put one there.
    pub(super) first: Commit,
    /// The last commit that put one there.
    pub(super) last: Commit,
    /// How many different ones there were.
    pub(super) versions: usize,
    /// Whether HEAD still has one there.
    pub(super) current: bool,
}

struct Span {
    first: Commit,
    last: Commit,
    texts: HashSet<u64>,
}

/// Where an entry stands: the file, the Secret, the key.
type Place = (PathBuf, String, String);

/// Finds the values of a file of a commit that are sealed to the key: by the id of its content, and its path, which is
/// relative to the root.
pub(super) trait Find {
    fn uses(&mut self, path: &Path, id: &str) -> Result<Arc<[SealedUse]>, Error>;
}

impl Find for Blobs {
    fn uses(&mut self, _: &Path, id: &str) -> Result<Arc<[SealedUse]>, Error> {
        Self::uses(self, id)
    }
}

/// Every entry that held a value sealed to the key, by file. All branches and tags are walked when no commits are named.
pub(super) fn exposed(
    repository: &Repository,
    find: &mut impl Find,
    commits: &[String],
    head: &str,
) -> Result<Vec<Exposed>, Error> {
    let mut spans: BTreeMap<Place, Span> = BTreeMap::new();
    let walk = Walk { merges: Merges::FromAllParents, revisions: commits, since: None };
    repository.history(walk, |commit, change| {
        let Some(new) = change.new.filter(|_| sealed_uses::is_candidate(&change.path)) else { return Ok(()) };
        let new = find.uses(&change.path, &new)?;
        if new.is_empty() {
            return Ok(());
        }
        let mut old = Vec::new();
        for id in &change.old {
            old.extend(find.uses(&change.path, id)?.iter().cloned());
        }
        for sealed in new.iter().filter(|sealed| !is_among(sealed, &old)) {
            let place = place(&change.path, sealed);
            let new = || Span { first: commit.clone(), last: commit.clone(), texts: HashSet::new() };
            let span = spans.entry(place).or_insert_with(new);
            // A commit comes before those that it was made from: the last one to come is the first there was.
            span.first = commit.clone();
            span.texts.insert(hash(&sealed.text));
        }
        Ok(())
    })?;
    let current = present(repository, find, head)?;
    let exposed = spans.into_iter().map(|(place, span)| {
        let current = current.contains(&place);
        let (file, secret, key) = place;
        Exposed {
            file: repository.shown(&file),
            secret,
            key,
            first: span.first,
            last: span.last,
            versions: span.texts.len(),
            current,
        }
    });
    Ok(exposed.collect())
}

/// Whether the text stood there already.
fn is_among(sealed: &SealedUse, old: &[SealedUse]) -> bool {
    let is_there = |before: &SealedUse| before.in_text || before.secret == sealed.secret && before.key == sealed.key;
    old.iter().any(|before| before.text == sealed.text && is_there(before))
}

/// A line is no place, since it moves: all texts in comments and other texts of a file are one.
fn place(path: &Path, sealed: &SealedUse) -> Place {
    let key = if sealed.in_text { "in a comment or another text" } else { &sealed.key };
    (path.to_owned(), sealed.secret.clone(), key.to_owned())
}

fn present(repository: &Repository, find: &mut impl Find, head: &str) -> Result<BTreeSet<Place>, Error> {
    let mut found = BTreeSet::new();
    repository.files_of(head, |path, id| {
        if sealed_uses::is_candidate(path) {
            let uses = find.uses(path, id)?;
            found.extend(uses.iter().map(|sealed| place(path, sealed)));
        }
        Ok(())
    })?;
    Ok(found)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
