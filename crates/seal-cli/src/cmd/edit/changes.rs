//! What was there, what came out of the editor, and the difference.
//!
//! Must never: show a value.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sealbridge_seal::{NamespaceGlob, Opened, Scope, SealedValue};
use sealbridge_secret::{SecretBytes, SecretMap};
use serde::Serialize;

use crate::error::Error;
use crate::target::ensure_key;

/// The entries of the manifest.
#[derive(Debug, Default)]
pub(super) struct Present {
    pub(super) sealed: BTreeMap<String, Before>,
    /// Entries that are no sealed values.
    pub(super) others: BTreeSet<String>,
}

/// A sealed value that was opened.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) value: SecretBytes,
    /// What it is bound to, where that is the value's own.
    pub(super) bound: Option<Bound>,
}

/// What a sealed value is bound to.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) scope: Scope,
    pub(super) namespaces: Option<NamespaceGlob>,
}

impl Present {
    pub(super) fn add(&mut self, key: &str, text: &str, opened: Opened) {
        let namespaces = SealedValue::parse(text).ok().and_then(|sealed| sealed.namespace_glob().cloned());
        let bound = Some(Bound { scope: opened.scope, namespaces });
        self.sealed.insert(key.to_owned(), Before { value: opened.value, bound });
    }

    /// Adds a value that is bound as its whole object is.
    pub(super) fn add_of_object(&mut self, key: &str, value: SecretBytes) {
        self.sealed.insert(key.to_owned(), Before { value, bound: None });
    }

    /// The values that are text: what the editor shows.
    pub(super) fn texts(&self) -> BTreeMap<&str, &str> {
        let texts = self.sealed.iter().filter_map(|(key, before)| Some((key.as_str(), before.text()?)));
        texts.collect()
    }
}

impl Before {
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.value.expose()).ok()
    }
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Changes {
    set: SecretMap,
    removed: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Document {
    file: String,
    changed: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl Document {
    /// What was done to a file.
    pub(super) fn new(file: &Path, changed: Vec<String>, added: Vec<String>, removed: Vec<String>) -> Self {
        Self { file: file.display().to_string(), changed, added, removed }
    }
}

impl Changes {
    /// The difference. An editor that was left with nothing in it changes nothing.
    pub(super) fn between(present: &Present, values: &SecretMap) -> Result<Self, Error> {
        let mut changes = Self { set: SecretMap::new(), removed: Vec::new() };
        if values.is_empty() {
            return Ok(changes);
        }
        let shown = present.texts();
        changes.removed = shown.keys().filter(|key| values.get(key).is_none()).map(|key| (*key).to_owned()).collect();
        for (key, value) in values.iter() {
            ensure_key(key)?;
            if present.others.contains(key) {
                return Err(Error::NotEditable { key: key.to_owned() });
            }
            match present.sealed.get(key) {
                Some(before) if before.text().is_none() => return Err(Error::NotEditable { key: key.to_owned() }),
                Some(before) if before.value == *value => {}
                _ => drop(changes.set.insert(key.to_owned(), value.duplicate())),
            }
        }
        Ok(changes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }

    /// Entries that get a value.
    pub(super) fn set(&self) -> impl Iterator<Item = (&str, &SecretBytes)> {
        self.set.iter()
    }

    /// Entries that go.
    pub(super) fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(String::as_str)
    }

    /// One line for each entry.
    pub(super) fn described(&self, present: &Present) -> Vec<String> {
        let verb = |key: &str| if present.sealed.contains_key(key) { "change" } else { "add" };
        let set = self.set.keys().map(|key| format!("{} {key}", verb(key)));
        set.chain(self.removed.iter().map(|key| format!("remove {key}"))).collect()
    }

    /// The same for programs.
    pub(super) fn document(&self, file: &Path, present: &Present) -> Document {
        let (changed, added) = self.set.keys().map(str::to_owned).partition(|key| present.sealed.contains_key(key.as_str()));
        Document::new(file, changed, added, self.removed.clone())
    }
}
