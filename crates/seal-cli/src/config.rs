//! `.sealbridge.yaml`: named sets of recipients, which files are sealed to whom, and what has to hold for them.
//!
//! ```yaml
//! recipients:                         # sets by name: recipients, or names of other sets
//!   eu: [age1…]
//!   us: [age1…]
//!   offline: [age1…]
//!   prod: [eu, us]
//! breakGlass: [offline]               # optional: sets or recipients that are for emergencies
//! rules:                              # the first whose path matches a file counts
//!   - path: overlays/prod/**
//!     recipients: [prod, offline]     # sets, or recipients as they stand
//!     namespace: shop                 # optional
//!     scope: strict                   # optional: strict (the default), namespace, cluster
//!     certificate: prod.pem           # optional: what SealedSecrets among the files are sealed with
//!     policy: {maxAge: 180d, requireBreakGlass: true}
//! identities: [../dev-key.txt]        # optional: files of identities beside a person's own, if they are there
//! ```
//!
//! `deploy/schemas/sealbridge_config.json` says the same for editors.
//! Must never: take a field that is not known, or guess what a mistaken one means.

mod cache;
mod glob;
mod policy;
mod rule;
mod sets;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use sealbridge_manifest::document;
use sealbridge_seal::{KeyId, Recipient};
use serde::Deserialize;

use crate::error::Error;
use crate::file::Snapshot;

pub(crate) use cache::Configs;
pub(crate) use policy::Policy;
pub(crate) use rule::Rule;
pub(crate) use sets::is_plainly_a_name;

/// The name of the file.
pub(crate) const FILE_NAME: &str = ".sealbridge.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Text {
    #[serde(default)]
    recipients: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    break_glass: Vec<String>,
    #[serde(default)]
    rules: Vec<rule::Text>,
    #[serde(default)]
    identities: Vec<PathBuf>,
}

/// The rules of a repository.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file, for people.
    pub(crate) path: PathBuf,
    root: PathBuf,
    /// Recipients by the name of their set, those of sets that it names included.
    pub(crate) sets: BTreeMap<String, Vec<Recipient>>,
    /// The set that each key is best known by.
    pub(crate) key_names: BTreeMap<KeyId, String>,
    rules: Vec<Rule>,
    /// Files of identities, which need not exist.
    pub(crate) identities: Vec<PathBuf>,
}

impl Config {
    /// The rules at `explicit`, or else the nearest upwards of `start`, not beyond the repository that
    /// `start` is in.
    pub(crate) fn find(explicit: Option<&Path>, start: &Path) -> Result<Option<Self>, Error> {
        match explicit.map(Path::to_owned).or_else(|| Self::nearest(start)) {
            Some(path) => Self::read(&path).map(Some),
            None => Ok(None),
        }
    }

    /// The file of rules that is nearest upwards of `start`.
    pub(crate) fn nearest(start: &Path) -> Option<PathBuf> {
        upwards(start).into_iter().map(|folder| folder.join(FILE_NAME)).find(|path| path.symlink_metadata().is_ok())
    }

    /// Reads a file of rules, which has to be there.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let snapshot = Snapshot::read(path)?;
        let text = snapshot.text().ok_or_else(|| Error::Read { path: path.to_owned(), cause: std::io::ErrorKind::NotFound })?;
        Self::parse(&shown(path), text)
    }

    /// Reads a text of rules; `path` is where it is, or would be.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Config { path: path.to_owned(), problem };
        let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
        let [value] = documents.as_slice() else {
            return Err(wrong("is not one YAML document; write `recipients` and `rules`".to_owned()));
        };
        let text: Text = document::decode(value, "").map_err(|problem| wrong(problem.to_string()))?;
        let sets = sets::resolve(&text.recipients).map_err(wrong)?;
        let break_glass =
            sets::members(&text.break_glass, &sets.members).map_err(|problem| wrong(format!("breakGlass: {problem}")))?;
        let rules = text.rules.into_iter().enumerate().map(|(position, rule)| {
            Rule::check(rule, &sets.members, &break_glass).map_err(|problem| wrong(format!("rules[{position}]: {problem}")))
        });
        let rules = rules.collect::<Result<_, _>>()?;
        let root = absolute(path).parent().map(Path::to_owned).unwrap_or_default();
        let identities = text.identities.iter().map(|identity| root.join(identity)).collect();
        Ok(Self { path: path.to_owned(), root, sets: sets.members, key_names: sets.key_names, rules, identities })
    }

    /// The first rule whose path matches the file.
    pub(crate) fn rule_for(&self, file: &Path) -> Option<&Rule> {
        let file = absolute(file);
        let relative = file.strip_prefix(&self.root).ok()?;
        let relative: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let relative = relative.join("/");
        self.rules.iter().find(|rule| glob::matches(&rule.path, &relative))
    }

    /// The certificate that SealedSecrets among the files of a rule are sealed with.
    pub(crate) fn certificate_of(&self, rule: &Rule) -> Option<PathBuf> {
        rule.certificate.as_ref().map(|certificate| shown(&self.root.join(certificate)))
    }
}

impl Config {
    /// The paths of the rules that name a certificate, with it.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.rules.iter().filter_map(|rule| Some((rule.path.as_str(), self.certificate_of(rule)?)))
    }

    /// The paths of the rules that seal to a key.
    pub(crate) fn rules_naming(&self, id: KeyId) -> impl Iterator<Item = &str> {
        let names = move |rule: &&Rule| {
            let members = sets::members(&rule.recipients, &self.sets).unwrap_or_default();
            members.iter().any(|recipient| recipient.id() == id)
        };
        self.rules.iter().filter(names).map(|rule| rule.path.as_str())
    }

    /// The rules in their order: each with its position, its path and whom it names.
    pub(crate) fn rules_with_recipients(&self) -> impl Iterator<Item = (usize, &str, &[String])> {
        self.rules.iter().enumerate().map(|(position, rule)| (position, rule.path.as_str(), rule.recipients.as_slice()))
    }

    /// The keys of sets and recipients; a name that is unknown here has none.
    pub(crate) fn ids_of(&self, names: &[String]) -> Vec<KeyId> {
        let members = names.iter().flat_map(|name| sets::members(std::slice::from_ref(name), &self.sets).unwrap_or_default());
        members.map(|recipient| recipient.id()).collect()
    }

    /// The longest time for which some file may be rolled back, in days.
    pub(crate) fn longest_rollback_window(&self) -> u32 {
        let windows = self.rules.iter().map(|rule| rule.policy.rollback_window());
        windows.chain([policy::DEFAULT_ROLLBACK_WINDOW_DAYS]).max().unwrap_or_default()
    }

    /// For how many days back commits of a file may be rolled back to.
    pub(crate) fn rollback_window(config: Option<&Self>, file: &Path) -> u32 {
        let rule = config.and_then(|config| config.rule_for(file));
        rule.map_or(policy::DEFAULT_ROLLBACK_WINDOW_DAYS, |rule| rule.policy.rollback_window())
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
pub(crate) fn absolute(path: &Path) -> PathBuf {
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
