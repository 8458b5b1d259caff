//! `.sealbridge.yaml`: named sets of recipients, and which files are sealed to whom.
//!
//! ```yaml
//! recipients:                         # sets by name
//!   prod: [age1…]
//!   break-glass: [age1…]
//! rules:                              # the first whose path matches a file counts
//!   - path: overlays/prod/**
//!     recipients: [prod, break-glass] # sets, or recipients as they stand
//!     namespace: shop                 # optional
//!     scope: strict                   # optional: strict (the default), namespace, cluster
//! identities: [../dev-key.txt]        # optional: files of identities beside a person's own, if they are there
//! ```
//!
//! Must never: accept a field that it does not act upon.

mod glob;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use sealbridge_manifest::document;
use sealbridge_seal::{Recipient, Scope};
use serde::Deserialize;

use crate::error::Error;
use crate::file::Snapshot;

/// The name of the file.
pub(crate) const FILE_NAME: &str = ".sealbridge.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Text {
    #[serde(default)]
    recipients: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    rules: Vec<RuleText>,
    #[serde(default)]
    identities: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RuleText {
    path: String,
    recipients: Vec<String>,
    namespace: Option<String>,
    scope: Option<String>,
}

/// The rules of a repository.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file, for people.
    pub(crate) path: PathBuf,
    root: PathBuf,
    /// Recipients by the name of their set.
    pub(crate) sets: BTreeMap<String, Vec<Recipient>>,
    rules: Vec<Rule>,
    /// Files of identities, which need not exist.
    pub(crate) identities: Vec<PathBuf>,
}

/// What is said of the files that a path matches.
#[derive(Debug)]
pub(crate) struct Rule {
    path: String,
    /// Names of sets, or recipients as they stand.
    pub(crate) recipients: Vec<String>,
    /// The namespace of the files.
    pub(crate) namespace: Option<String>,
    /// The scope to seal with.
    pub(crate) scope: Option<Scope>,
}

impl Config {
    /// The rules at `explicit`, or else the nearest upwards of `start`, not beyond the repository that
    /// `start` is in.
    pub(crate) fn find(explicit: Option<&Path>, start: &Path) -> Result<Option<Self>, Error> {
        if let Some(path) = explicit {
            let snapshot = Snapshot::read(path)?;
            let text = snapshot.text().ok_or_else(|| Error::Read { path: path.to_owned(), cause: std::io::ErrorKind::NotFound })?;
            return Self::parse(path, text).map(Some);
        }
        for folder in upwards(start) {
            let path = folder.join(FILE_NAME);
            let snapshot = Snapshot::read(&path)?;
            if let Some(text) = snapshot.text() {
                return Self::parse(&shown(&path), text).map(Some);
            }
        }
        Ok(None)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Config { path: path.to_owned(), problem };
        let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
        let [value] = documents.as_slice() else {
            return Err(wrong("is not one YAML document; write `recipients` and `rules`".to_owned()));
        };
        let text: Text = document::decode(value, "").map_err(|problem| wrong(problem.to_string()))?;
        let mut sets = BTreeMap::new();
        for (name, members) in text.recipients {
            if members.is_empty() || name.starts_with("age1") {
                return Err(wrong(format!("recipients.{name}: a set has at least one recipient and no name like one; correct it")));
            }
            let parsed = members.iter().map(|member| member.parse());
            let parsed = parsed.collect::<Result<_, _>>().map_err(|problem| wrong(format!("recipients.{name}: {problem}")))?;
            sets.insert(name, parsed);
        }
        let rules = text
            .rules
            .into_iter()
            .enumerate()
            .map(|(position, rule)| Rule::check(rule, &sets).map_err(|problem| wrong(format!("rules[{position}]: {problem}"))));
        let rules = rules.collect::<Result<_, _>>()?;
        let root = absolute(path).parent().map(Path::to_owned).unwrap_or_default();
        let identities = text.identities.iter().map(|identity| root.join(identity)).collect();
        Ok(Self { path: path.to_owned(), root, sets, rules, identities })
    }

    /// The first rule whose path matches the file.
    pub(crate) fn rule_for(&self, file: &Path) -> Option<&Rule> {
        let file = absolute(file);
        let relative = file.strip_prefix(&self.root).ok()?;
        let relative: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let relative = relative.join("/");
        self.rules.iter().find(|rule| glob::matches(&rule.path, &relative))
    }
}

impl Rule {
    fn check(text: RuleText, sets: &BTreeMap<String, Vec<Recipient>>) -> Result<Self, String> {
        if text.recipients.is_empty() {
            return Err("no recipients; name a set, or a recipient".to_owned());
        }
        for name in &text.recipients {
            if !sets.contains_key(name) {
                name.parse::<Recipient>().map_err(|problem| format!("{name:?} is not a set under `recipients`, and {problem}"))?;
            }
        }
        if text.path.is_empty() || text.path.starts_with('/') || text.path.split('/').any(|part| part == "..") {
            return Err("path is relative to this file and stays below it, like overlays/prod/**; correct it".to_owned());
        }
        let scope = text.scope.map(|scope| scope.parse().map_err(|problem| format!("scope: {problem}"))).transpose()?;
        Ok(Self { path: text.path, recipients: text.recipients, namespace: text.namespace, scope })
    }
}

/// `start` and the folders above it, up to the repository's root if there is one.
pub(crate) fn upwards(start: &Path) -> Vec<PathBuf> {
    let start = absolute(start);
    let mut folders = Vec::new();
    for folder in start.ancestors() {
        folders.push(folder.to_owned());
        if folder.join(".git").exists() {
            break;
        }
    }
    folders
}

/// A path as short as it can be told from where the command runs.
pub(crate) fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(absolute(Path::new("."))).unwrap_or(path).to_owned()
}

/// The folder that a file is, or will be, in.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    absolute(file).parent().map(Path::to_owned).unwrap_or_default()
}

/// The path from the root, without `.` and `..`; the file need not exist.
fn absolute(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests;
