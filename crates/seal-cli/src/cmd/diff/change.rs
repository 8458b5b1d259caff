//! One entry in two states: what is different, and whether it opens more.

use std::collections::BTreeSet;
use std::path::Path;

use sealbridge_manifest::edit::quoted;
use sealbridge_seal::{KeyId, KeyRing, Scope, SealedValue, Target};
use sealbridge_secret::SecretBytes;
use serde::Serialize;

use super::fact::{Fact, Facts, Source};
use crate::config::Config;

/// What happened to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// A difference of one entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    pub(super) file: String,
    /// `namespace/name`; empty for a file that is no manifest.
    pub(super) object: String,
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Whether more can be opened than before: a wider scope, another recipient, a value in the clear.
    pub(super) opens_more: bool,
    pub(super) details: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients_added: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients_removed: Vec<String>,
    /// The scope before and now, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<[&'static str; 2]>,
}

/// What differences are judged with.
pub(super) struct Judge<'a> {
    pub(super) ring: &'a KeyRing,
    pub(super) config: Option<&'a Config>,
    pub(super) reveal: bool,
}

/// What is said of one entry.
#[derive(Default)]
struct Said {
    opens_more: bool,
    details: Vec<String>,
    added: Vec<KeyId>,
    removed: Vec<KeyId>,
    scope: Option<[Scope; 2]>,
}

impl Said {
    fn warn(&mut self, detail: String) {
        self.opens_more = true;
        self.details.push(detail);
    }

    fn add(&mut self, detail: impl Into<String>) {
        self.details.push(detail.into());
    }
}

/// The differences of one file, in the order of its entries' names.
pub(super) fn changes(judge: &Judge<'_>, file: &Path, old: &Facts, new: &Facts) -> Vec<Change> {
    let places: BTreeSet<_> = old.0.keys().chain(new.0.keys()).collect();
    let compared = places.into_iter().filter_map(|place| {
        let (kind, said) = match (old.0.get(place), new.0.get(place)) {
            (None, Some(new)) => (Kind::Added, judge.alone(new, true)),
            (Some(old), None) => (Kind::Removed, judge.alone(old, false)),
            (Some(old), Some(new)) if old != new => (Kind::Changed, judge.both(old, new)),
            _ => return None,
        };
        let (object, key) = place.clone();
        let file = file.display().to_string();
        let ids = |ids: Vec<KeyId>| ids.iter().map(ToString::to_string).collect();
        Some(Change {
            file,
            object,
            key,
            kind,
            opens_more: said.opens_more,
            details: said.details,
            recipients_added: ids(said.added),
            recipients_removed: ids(said.removed),
            scope: said.scope.map(|scopes| scopes.map(Scope::as_str)),
        })
    });
    compared.collect()
}

impl Judge<'_> {
    fn name(&self, id: KeyId) -> String {
        let known = self.config.and_then(|config| config.key_names.get(&id));
        known.cloned().unwrap_or_else(|| id.to_string())
    }

    fn names<'k>(&self, ids: impl IntoIterator<Item = &'k KeyId>) -> String {
        let mut names: Vec<_> = ids.into_iter().map(|id| self.name(*id)).collect();
        names.dedup();
        names.join(" + ")
    }

    fn alone(&self, fact: &Fact, is_new: bool) -> Said {
        let mut said = Said::default();
        match &fact.source {
            Source::Plain(_) if is_new => said.warn(described(&fact.source)),
            source => said.add(described(source)),
        }
        if let Source::Sealed(text) = &fact.source {
            match SealedValue::parse(text) {
                Ok(sealed) => said.add(format!("{}, to {}", sealed.scope(), self.names(sealed.key_ids()))),
                Err(problem) => said.add(problem.to_string()),
            }
        }
        said
    }

    fn both(&self, old: &Fact, new: &Fact) -> Said {
        let mut said = Said::default();
        match (&old.source, &new.source) {
            (Source::Sealed(before), Source::Sealed(after)) => self.sealed((old, before), (new, after), &mut said),
            (Source::Remote(before), Source::Remote(after)) => said.add(format!("reference {before} -> {after}")),
            (Source::Plain(before), Source::Plain(after)) if before != after => {
                said.add("plain value changed");
                if self.reveal {
                    said.add(format!("{} -> {}", quoted(before), quoted(after)));
                }
            }
            (before, after @ Source::Plain(_)) if before != after => {
                said.warn(format!("{} -> {}", described(before), described(after)));
            }
            (before, after) if before != after => said.add(format!("{} -> {}", described(before), described(after))),
            _ => {}
        }
        if old.target != new.target {
            said.add(format!("{} -> {}", place(old), place(new)));
        }
        said
    }

    fn sealed(&self, (old, before): (&Fact, &str), (new, after): (&Fact, &str), said: &mut Said) {
        if before == after {
            return;
        }
        let (Ok(was), Ok(is)) = (SealedValue::parse(before), SealedValue::parse(after)) else {
            said.add("ciphertext changed");
            for (name, text) in [("before", before), ("now", after)] {
                if let Err(problem) = SealedValue::parse(text) {
                    said.add(format!("{name}: {problem}"));
                }
            }
            return;
        };
        if is.scope() > was.scope() {
            said.warn(format!("scope {} -> {}, wider", was.scope(), is.scope()));
        }
        let globs = [was.namespace_glob(), is.namespace_glob()].map(|glob| glob.map(ToString::to_string));
        let [glob_was, glob_is] = globs.map(|glob| glob.unwrap_or_else(|| "one namespace".to_owned()));
        if is.namespace_glob().is_some() && glob_was != glob_is {
            said.warn(format!("namespaces {glob_was} -> {glob_is}"));
        } else if glob_was != glob_is {
            said.add(format!("namespaces {glob_was} -> {glob_is}"));
        }
        said.scope = (is.scope() != was.scope()).then_some([was.scope(), is.scope()]);
        said.added = is.key_ids().iter().filter(|id| !was.key_ids().contains(id)).copied().collect();
        if !said.added.is_empty() {
            said.warn(format!("recipients + {}", self.names(&said.added)));
        }
        said.removed = was.key_ids().iter().filter(|id| !is.key_ids().contains(id)).copied().collect();
        if !said.removed.is_empty() {
            said.add(format!("recipients - {}", self.names(&said.removed)));
        }
        if is.scope() < was.scope() {
            said.add(format!("scope {} -> {}", was.scope(), is.scope()));
        }
        match (self.open(old, before), self.open(new, after)) {
            (Some(before), Some(after)) if before == after => said.add("same value, sealed again"),
            (Some(before), Some(after)) => {
                said.add("value changed");
                if self.reveal {
                    said.add(format!("{} -> {}", shown(&before), shown(&after)));
                }
            }
            _ => said.add("ciphertext changed"),
        }
    }

    fn open(&self, fact: &Fact, text: &str) -> Option<SecretBytes> {
        let (namespace, name, key) = fact.target.as_ref()?;
        self.ring.open(text, &Target { namespace, name, key }).ok().map(|opened| opened.value)
    }
}

fn shown(value: &SecretBytes) -> String {
    std::str::from_utf8(value.expose()).map_or_else(|_| "(not text)".to_owned(), quoted)
}

fn place(fact: &Fact) -> String {
    fact.target
        .as_ref()
        .map_or_else(|| "a place that is not known".to_owned(), |(namespace, name, _)| format!("for {namespace}/{name}"))
}

fn described(source: &Source) -> String {
    match source {
        Source::Sealed(_) => "sealed".to_owned(),
        Source::Remote(reference) => format!("reference {reference}"),
        Source::Plain(_) => "plain".to_owned(),
        Source::Unclear => "without a clear source".to_owned(),
    }
}
