//! `.sops.yaml`: to whom sops seals a file. Found from the file's folder upwards, as sops does.
//!
//! Owns the creation rules' keys. What else a rule says concerns the making of documents, and stands in the document
//! afterwards.
//! Must never: guess. A rule that cannot be read is an error, not the next rule.

use std::path::{Path, PathBuf};

use regex::Regex;
use sealbridge_manifest::document;
use sealbridge_seal::{KeyId, Recipient};
use sealbridge_sops::{Metadata, Recipients, SopsError};
use serde::Deserialize;

use crate::config;
use crate::error::Error;
use crate::file::Snapshot;

/// The name of the file.
pub(crate) const FILE_NAME: &str = ".sops.yaml";
/// How far upwards sops looks.
const LEVELS: usize = 100;

/// The creation rules of one file.
#[derive(Debug)]
pub(crate) struct CreationRules {
    path: PathBuf,
    root: PathBuf,
    rules: Vec<RuleText>,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(default)]
    creation_rules: Vec<RuleText>,
}

/// Only what tells to whom; the rest of a rule concerns the making of documents.
#[derive(Clone, Debug, Deserialize)]
struct RuleText {
    path_regex: Option<String>,
    age: Option<Names>,
    key_groups: Option<Vec<GroupText>>,
    shamir_threshold: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
struct GroupText {
    age: Option<Vec<String>>,
}

/// A list, or a text with commas.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

/// To whom a file belongs.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Age keys that can be sealed to here; `None` if there is none.
    recipients: Option<Recipients>,
    /// Keys of other kinds, which are left as they are.
    others: Vec<String>,
}

impl Wanted {
    /// The ids of the age keys.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        let keys = self.recipients.iter().flat_map(Recipients::all).flatten();
        keys.map(Recipient::id).collect()
    }

    /// The age keys, if all that are named can be sealed to here.
    pub(crate) fn into_recipients(self) -> Option<Recipients> {
        self.recipients.filter(|_| self.others.is_empty())
    }

    /// Whether the document is sealed to the age keys that it should be sealed to, and to no others.
    pub(crate) fn agrees_with(&self, metadata: &Metadata) -> Result<bool, SopsError> {
        match &self.recipients {
            Some(recipients) if self.others.is_empty() => metadata.is_sealed_to(recipients),
            // What cannot be named here cannot be compared.
            _ => Ok(true),
        }
    }
}

impl CreationRules {
    /// The nearest rules upwards of a file.
    pub(crate) fn find(file: &Path) -> Result<Option<Self>, Error> {
        for folder in config::folder_of(file).ancestors().take(LEVELS) {
            let snapshot = Snapshot::read(&folder.join(FILE_NAME))?;
            if let Some(text) = snapshot.text() {
                return Self::read(&config::shown(&folder.join(FILE_NAME)), folder, text).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the rules of a text that lies, or lay, at `path`.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        Self::read(path, &config::folder_of(path), text)
    }

    fn read(path: &Path, root: &Path, text: &str) -> Result<Self, Error> {
        let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
        let value = documents.into_iter().next().unwrap_or_default();
        // The message of serde would quote the file.
        let text: Text = serde_json::from_value(value).map_err(|_| wrong(path, "creation_rules are not as sops has them"))?;
        Ok(Self { path: path.to_owned(), root: root.to_owned(), rules: text.creation_rules })
    }

    /// What the first rule that matches says; `None` if there are no rules, or none matches.
    pub(crate) fn wanted_for(&self, file: &Path) -> Result<Option<Wanted>, Error> {
        let file = config::absolute(file);
        let name = file.strip_prefix(&self.root).unwrap_or(&file).to_string_lossy();
        for rule in &self.rules {
            let is_match = match &rule.path_regex {
                None => true,
                Some(text) => {
                    Regex::new(text).map_err(|_| wrong(&self.path, "a path_regex is no valid expression"))?.is_match(&name)
                }
            };
            if is_match {
                return self.wanted(rule).map(Some);
            }
        }
        Ok(None)
    }

    fn wanted(&self, rule: &RuleText) -> Result<Wanted, Error> {
        let groups: Vec<Vec<String>> = match (&rule.key_groups, &rule.age) {
            (Some(groups), _) => groups.iter().map(|group| group.age.clone().unwrap_or_default()).collect(),
            (None, Some(names)) => vec![names.list()],
            (None, None) => Vec::new(),
        };
        let parsed = |names: &Vec<String>| -> Vec<Recipient> { names.iter().filter_map(|name| name.parse().ok()).collect() };
        let others = groups.iter().flatten().filter(|name| name.parse::<Recipient>().is_err()).cloned().collect();
        let recipients: Vec<_> = groups.iter().map(parsed).collect();
        let threshold = if recipients.len() > 1 { rule.shamir_threshold.unwrap_or(recipients.len()) } else { 1 };
        let recipients = if recipients.iter().any(|group| !group.is_empty()) {
            Some(Recipients::groups(recipients, threshold).map_err(|problem| Error::Sops { path: self.path.clone(), problem })?)
        } else {
            None
        };
        Ok(Wanted { recipients, others })
    }
}

impl Names {
    fn list(&self) -> Vec<String> {
        let trimmed = |name: &str| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        match self {
            Self::List(names) => names.iter().filter_map(|name| trimmed(name)).collect(),
            Self::Text(names) => names.split(',').filter_map(trimmed).collect(),
        }
    }
}

fn wrong(path: &Path, problem: &str) -> Error {
    Error::Config { path: path.to_owned(), problem: format!("{problem}; correct it") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_seal::KeyPair;

    fn rules(text: &str) -> CreationRules {
        CreationRules::read(Path::new(".sops.yaml"), Path::new("/repo"), text).expect("rules")
    }

    fn named(rules: &CreationRules, file: &str) -> Option<usize> {
        let wanted = rules.wanted_for(Path::new(file)).expect("judged")?;
        Some(wanted.others.len())
    }

    #[test]
    fn the_first_rule_that_matches_the_path_below_the_file_counts() {
        // Names of plugins, so that each rule is told by how many it has.
        let text = "creation_rules:\n- path_regex: ^prod/.*\\.yaml$\n  age: age1x1a\n- path_regex: \\.env$\n  age: ['age1x1a', 'age1x1b']\n\
                    - age: age1x1a, age1x1b,age1x1c\n";
        let rules = rules(text);
        for (file, expected) in
            [("/repo/prod/a.yaml", 1), ("/repo/x/prod/a.yaml", 3), ("/repo/x/.env", 2), ("/else/prod/a.yaml", 3)]
        {
            assert_eq!(named(&rules, file), Some(expected), "{file}");
        }
    }

    #[rstest]
    #[case("creation_rules: []\n")]
    #[case("stores: {yaml: {indent: 2}}\n")]
    fn without_rules_nobody_is_wanted(#[case] text: &str) {
        assert_eq!(named(&rules(text), "/repo/a.yaml"), None);
    }

    #[test]
    fn anchors_and_groups_are_read() {
        let [one, two] = [0, 1].map(|_| KeyPair::generate().expect("a pair").recipient().to_string());
        let text =
            format!("keys: [&a {one}, &b {two}]\ncreation_rules:\n- key_groups:\n  - age: [*a]\n  - age: [*b]\n    kms: []\n");
        let wanted = rules(&text).wanted_for(Path::new("/repo/a.yaml")).expect("judged").expect("a rule");
        let expected = Recipients::groups(vec![vec![one.parse().expect("age")], vec![two.parse().expect("age")]], 2);
        assert_eq!((wanted.recipients, wanted.others.len()), (expected.ok(), 0));
    }

    #[test]
    fn an_expression_that_is_none_is_an_error() {
        let error = rules("creation_rules: [{path_regex: '('}]\n").wanted_for(Path::new("/repo/a")).expect_err("refused");
        assert_eq!(error.to_string(), ".sops.yaml: a path_regex is no valid expression; correct it");
    }
}
