//! What needs a key: rules, values of the checkout, values of commits that may still be rolled back to.
//!
//! Must never: take silence for an answer. A history that is cut off, or a file that cannot be read, is an error.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sealbridge_manifest::document::MAX_TEXT_LEN;
use sealbridge_seal::KeyId;
use serde::Serialize;

use crate::cmd::keys::blobs::Blobs;
use crate::cmd::keys::exposure;
use crate::config::Config;
use crate::error::Error;
use crate::file::Snapshot;
use crate::git::{Merges, Repository, Walk};
use crate::output::Output;
use crate::sealed_uses;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// How much of an id of a commit is shown.
const SHOWN: usize = 10;

/// Something that needs the key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Need {
    /// `rules`, `checkout`, `history` or `cluster`.
    kind: &'static str,
    /// The file; in a cluster the object.
    place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    secret: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    key: String,
    /// Where rolling back to the commit before this one needs it, or to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(skip)]
    words: String,
}

impl Need {
    fn new(kind: &'static str, place: String) -> Self {
        Self { kind, place, secret: String::new(), key: String::new(), commit: None, words: String::new() }
    }

    /// An object of the cluster that has a value sealed to the key.
    #[cfg(feature = "cluster")]
    pub(super) fn in_cluster(object: &str) -> Self {
        Self { words: "has a value that is sealed to it".to_owned(), ..Self::new("cluster", format!("BridgedSecret {object}")) }
    }

    /// What the SealingKey says itself.
    #[cfg(feature = "cluster")]
    pub(super) fn of_sealing_key(name: &str, says: &str) -> Self {
        Self { words: says.to_owned(), ..Self::new("cluster", format!("SealingKey {name}")) }
    }

    /// For people.
    pub(super) fn described(&self) -> String {
        let parts = [&self.place, &self.secret, &self.key, &self.words];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
        format!("{}  {}", self.kind, parts.join("  "))
    }
}

/// What needs the key in the files as they lie there.
pub(super) fn in_checkout(id: KeyId, paths: &[PathBuf], config: Option<&Config>) -> Result<Vec<Need>, Error> {
    let mut needs = Vec::new();
    if let Some(config) = config {
        needs.extend(config.rules_naming(id).map(|rule| Need {
            words: format!("the rule for {rule} seals to it"),
            ..Need::new("rules", config.path.display().to_string())
        }));
    }
    for path in sealed_uses::candidates(paths)? {
        let file = Snapshot::read_at_most(&path, MAX_TEXT_LEN)?;
        let uses = sealed_uses::of(file.text().unwrap_or_default().as_bytes(), Some(id));
        needs.extend(uses.into_iter().map(|found| Need {
            secret: found.secret,
            key: found.key,
            ..Need::new("checkout", path.display().to_string())
        }));
    }
    Ok(needs)
}

/// What needs the key in commits that may still be rolled back to: each revision as it is, and of commits that are
/// younger than a file's window both sides, since reverting one brings back what it took away.
pub(super) fn in_history(id: KeyId, revisions: &[String], config: Option<&Config>, output: Output) -> Result<Vec<Need>, Error> {
    let repository = match Repository::here() {
        Ok(repository) => repository,
        Err(Error::NoRepository) if revisions.is_empty() => {
            output.note("this folder is not in a Git repository, so no history was looked at");
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let head = ["HEAD".to_owned()];
    let mut commits = Vec::new();
    for name in if revisions.is_empty() { &head } else { revisions } {
        commits.push(repository.commit(name)?.ok_or_else(|| Error::NoRevision { name: name.clone() })?);
    }
    if repository.is_shallow()? {
        return Err(Error::Arguments(
            "this clone has not the whole history, so it is not known whether a commit needs the key; run `git fetch --unshallow`",
        ));
    }
    let now = Timestamp::now().as_second();
    let mut windows = Windows { config, repository: &repository, seconds: HashMap::new() };
    let mut blobs = Blobs::of(&repository, Some(id))?;
    let mut found: BTreeMap<(PathBuf, String, String), Need> = BTreeMap::new();
    for (name, commit) in (if revisions.is_empty() { &head } else { revisions }).iter().zip(&commits) {
        repository.files_of(commit, |path, blob| {
            if sealed_uses::is_candidate(path) {
                add(&mut found, &repository, path, &blobs.uses(blob)?, commit, name);
            }
            Ok(())
        })?;
    }
    let longest = i64::from(config.map_or_else(|| Config::rollback_window(None, Path::new("")), Config::longest_rollback_window));
    let walk = Walk { merges: Merges::FromEachParent, revisions: &commits, since: Some(now - longest * DAY_SECONDS) };
    repository.history(walk, |commit, change| {
        if !sealed_uses::is_candidate(&change.path) || commit.seconds < now - windows.of(&change.path) {
            return Ok(());
        }
        for blob in change.old.iter().chain(&change.new) {
            add(&mut found, &repository, &change.path, &blobs.uses(blob)?, &commit.id, &exposure::day(commit));
        }
        Ok(())
    })?;
    Ok(found.into_values().collect())
}

fn add(
    found: &mut BTreeMap<(PathBuf, String, String), Need>,
    repository: &Repository,
    path: &Path,
    uses: &[sealed_uses::SealedUse],
    commit: &str,
    when: &str,
) {
    for sealed in uses {
        let place = (path.to_owned(), sealed.secret.clone(), sealed.key.clone());
        found.entry(place).or_insert_with(|| Need {
            secret: sealed.secret.clone(),
            key: sealed.key.clone(),
            commit: Some(commit.to_owned()),
            words: format!("rolling back {} ({when}) needs it", commit.get(..SHOWN).unwrap_or(commit)),
            ..Need::new("history", repository.shown(path).display().to_string())
        });
    }
}

/// For how long each file may be rolled back.
struct Windows<'a> {
    config: Option<&'a Config>,
    repository: &'a Repository,
    seconds: HashMap<PathBuf, i64>,
}

impl Windows<'_> {
    fn of(&mut self, path: &Path) -> i64 {
        if let Some(seconds) = self.seconds.get(path) {
            return *seconds;
        }
        let seconds = i64::from(Config::rollback_window(self.config, &self.repository.shown(path))) * DAY_SECONDS;
        self.seconds.insert(path.to_owned(), seconds);
        seconds
    }
}
