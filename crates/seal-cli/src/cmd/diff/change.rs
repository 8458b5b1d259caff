//! One entry in two states: what is different, and whether it opens more.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use sealbridge_manifest::edit::quoted;
use sealbridge_seal::{KeyId, KeyRing, Recipient, Scope, SealedValue, Target};
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Encrypted, Format};
use serde::Serialize;

use super::document::Values;
use super::fact::{Fact, Facts, Place, Source};
use crate::config::Config;
use crate::recipients::{self, without};

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
    /// The values of SOPS documents before and now, where they open.
    pub(super) values: &'a [Values; 2],
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
    let places: BTreeSet<_> = old.entries.keys().chain(new.entries.keys()).collect();
    let compared = places.into_iter().filter_map(|place| {
        let (kind, said) = match (old.entries.get(place), new.entries.get(place)) {
            (None, Some(new)) => (Kind::Added, judge.alone(new, true)),
            (Some(old), None) => (Kind::Removed, judge.alone(old, false)),
            (Some(old), Some(new)) if old != new => (Kind::Changed, judge.both(place, old, new)),
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
    fn names(&self, ids: &[KeyId]) -> String {
        recipients::names(self.config, ids)
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
        if let Source::Recipients(names) = &fact.source {
            said.add(names.iter().map(|name| self.sops_name(name)).collect::<Vec<_>>().join(" + "));
        }
        said
    }

    fn both(&self, place: &Place, old: &Fact, new: &Fact) -> Said {
        let mut said = Said::default();
        match (&old.source, &new.source) {
            (Source::Sealed(before), Source::Sealed(after)) => self.sealed((old, before), (new, after), &mut said),
            (Source::Remote(before), Source::Remote(after)) => said.add(format!("reference {before} -> {after}")),
            (Source::Encrypted(before), Source::Encrypted(after)) if before != after => self.encrypted(place, &mut said),
            (Source::Embedded(before), Source::Embedded(after)) if before != after => self.embedded(before, after, &mut said),
            (Source::Recipients(before), Source::Recipients(after)) => self.recipients(before, after, &mut said),
            (Source::OfSealedSecret(was, before), Source::OfSealedSecret(is, after)) => {
                match before.cmp(after) {
                    Ordering::Less => said.warn(format!("wider scope {before} -> {after}")),
                    Ordering::Equal => {}
                    Ordering::Greater => said.add(format!("scope {before} -> {after}")),
                }
                if was != is {
                    said.add("ciphertext changed");
                }
            }
            (Source::Plain(before) | Source::Unselected(before), Source::Plain(after) | Source::Unselected(after))
                if before != after =>
            {
                said.add("plain value changed");
                if self.reveal {
                    said.add(format!("{} -> {}", quoted(before), quoted(after)));
                }
            }
            (before, after @ (Source::Plain(_) | Source::Unselected(_))) if before != after => {
                said.warn(format!("{} -> {}", described(before), described(after)));
            }
            (before, after) if before != after => said.add(format!("{} -> {}", described(before), described(after))),
            _ => {}
        }
        if old.target != new.target {
            said.add(format!("{} -> {}", target_of(old), target_of(new)));
        }
        said
    }

    /// A value of a SOPS document with another ciphertext.
    fn encrypted(&self, place: &Place, said: &mut Said) {
        let [before, after] = self.values;
        match (before.get(place), after.get(place)) {
            (Some(before), Some(after)) if before == after => said.add("same value, encrypted again"),
            (Some(before), Some(after)) => {
                said.add("value changed");
                if self.reveal {
                    said.add(format!("{} -> {}", shown(before), shown(after)));
                }
            }
            _ => said.add("ciphertext changed"),
        }
    }

    /// A document inside of a manifest: whom it is sealed to; its values are told of documents in files of their own.
    fn embedded(&self, before: &str, after: &str, said: &mut Said) {
        let names = |text: &str| {
            let encrypted = Encrypted::read(Format::of_text(text), text.as_bytes()).ok()?;
            Some(encrypted.metadata().recipients().ok()?.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        match (names(before), names(after)) {
            (Some(before), Some(after)) if before != after => self.recipients(&before, &after, said),
            _ => {}
        }
        said.add("document changed");
    }

    /// To whom a SOPS document is sealed.
    fn recipients(&self, before: &[String], after: &[String], said: &mut Said) {
        let named = |names: Vec<&String>| names.into_iter().map(|name| self.sops_name(name)).collect::<Vec<_>>().join(" + ");
        let added: Vec<_> = after.iter().filter(|name| !before.contains(name)).collect();
        let removed: Vec<_> = before.iter().filter(|name| !after.contains(name)).collect();
        let ids = |names: &[&String]| names.iter().filter_map(|name| Some(name.parse::<Recipient>().ok()?.id())).collect();
        said.added = ids(&added);
        said.removed = ids(&removed);
        if !added.is_empty() {
            said.warn(format!("recipients + {}", named(added)));
        }
        if !removed.is_empty() {
            said.add(format!("recipients - {}", named(removed)));
        }
        if said.details.is_empty() {
            said.add("key groups or their order changed");
        }
    }

    fn sops_name(&self, name: &str) -> String {
        name.parse::<Recipient>().map_or_else(|_| name.to_owned(), |recipient| recipients::name(self.config, recipient.id()))
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
        said.added = without(is.key_ids(), was.key_ids());
        if !said.added.is_empty() {
            said.warn(format!("recipients + {}", self.names(&said.added)));
        }
        said.removed = without(was.key_ids(), is.key_ids());
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

fn target_of(fact: &Fact) -> String {
    fact.target
        .as_ref()
        .map_or_else(|| "a place that is not known".to_owned(), |(namespace, name, _)| format!("for {namespace}/{name}"))
}

fn described(source: &Source) -> String {
    match source {
        Source::Sealed(_) => "sealed".to_owned(),
        Source::Remote(reference) => format!("reference {reference}"),
        Source::Plain(_) => "plain".to_owned(),
        Source::Encrypted(_) => "encrypted".to_owned(),
        Source::Unselected(_) => "plain, as the selector says".to_owned(),
        Source::OfSealedSecret(_, scope) => format!("SealedSecret, {scope}"),
        Source::Embedded(_) => "a SOPS document".to_owned(),
        Source::Recipients(_) => "a SOPS document, to".to_owned(),
        Source::Unclear => "without a clear source".to_owned(),
    }
}
