//! Three texts of one manifest made alike in every entry that only one side has changed.
//!
//! What is left to Git's own merge are the entries that both have changed, and everything that is no entry.
//! Must never: decide between two changes of the same entry.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::edit::{self, Step};
use sealbridge_manifest::position::Positions;
use serde_json::Value;

use crate::manifest_file::BridgedSecretAt;

/// What a merged text has to have: the entry of an object, by namespace, name and key; `None` where it is removed.
pub(super) type Expected = BTreeMap<(String, String, String), Option<Value>>;

/// Three texts.
#[derive(Clone, Debug)]
pub(super) struct Three {
    pub(super) base: String,
    pub(super) ours: String,
    pub(super) theirs: String,
}

/// Three texts that were made alike, and what is known of their merge.
#[derive(Debug)]
pub(super) struct Unified {
    pub(super) texts: Three,
    pub(super) expected: Expected,
    /// Whether both sides have changed an entry differently.
    pub(super) has_conflict: bool,
}

/// Makes the texts alike where that is clear. `None` for texts that cannot be read or edited in place.
pub(super) fn unify(texts: &Three) -> Option<Unified> {
    let mut unified = texts.clone();
    let mut expected = Expected::new();
    let mut has_conflict = false;
    let documents = document::parse(&texts.ours).ok()?;
    for object in secrets(&documents) {
        let name = identity(&object);
        let changes = Changes::of(texts, &name)?;
        has_conflict |= changes.has_conflict;
        // Each side's own additions stand in its order first, so that base and ours are the same text in most cases.
        for key in &changes.ours {
            let source = Source::read(&texts.ours, &name, key)?;
            source.put(&mut unified.base, &name, key)?;
            source.put(&mut unified.theirs, &name, key)?;
            expected.insert((name.0.clone(), name.1.clone(), key.clone()), source.value);
        }
        for key in &changes.theirs {
            let source = Source::read(&texts.theirs, &name, key)?;
            source.put(&mut unified.base, &name, key)?;
            source.put(&mut unified.ours, &name, key)?;
            expected.insert((name.0.clone(), name.1.clone(), key.clone()), source.value);
        }
    }
    Some(Unified { texts: unified, expected, has_conflict })
}

/// The merge of three texts in which theirs has the entries of the base, with what theirs has changed of them put in
/// afterwards. `merge` merges texts. New entries of theirs stand at the end, whatever the order was; `None` where both
/// sides have changed an entry, where texts cannot be merged, or where a comment would be lost.
pub(super) fn replay(texts: &Three, merge: impl Fn(&Three) -> Option<String>) -> Option<String> {
    let mut neutral = texts.clone();
    let mut replayed = Vec::new();
    let documents = document::parse(&texts.ours).ok()?;
    for object in secrets(&documents) {
        let name = identity(&object);
        let changes = Changes::of(texts, &name)?;
        if changes.has_conflict {
            return None;
        }
        for key in changes.theirs.iter().chain(&changes.same) {
            let [base, theirs] = [&texts.base, &texts.theirs].map(|text| Source::read(text, &name, key));
            let (base, theirs) = (base?, theirs?);
            if theirs.value.is_none() {
                theirs.put(&mut neutral.base, &name, key)?;
                theirs.put(&mut neutral.ours, &name, key)?;
            } else {
                base.put(&mut neutral.theirs, &name, key)?;
            }
            if changes.theirs.contains(key) && theirs.value.is_some() {
                replayed.push((name.clone(), key.clone(), theirs));
            }
        }
    }
    let mut merged = merge(&neutral)?;
    for (name, key, source) in replayed {
        source.put(&mut merged, &name, &key)?;
    }
    let comments = |text: &str| -> BTreeSet<String> {
        let behind = text.lines().filter_map(|line| line.split_once('#').map(|(_, comment)| comment.trim().to_owned()));
        behind.collect()
    };
    let (kept, before) = (comments(&merged), comments(&texts.base));
    let is_kept = |comment: &String| kept.contains(comment) || before.contains(comment);
    [&texts.ours, &texts.theirs].into_iter().all(|text| comments(text).iter().all(is_kept)).then_some(merged)
}

/// Whether a merged text is one that can be read, and has what it has to have.
pub(super) fn has(text: &str, expected: &Expected) -> bool {
    let Ok(documents) = document::parse(text) else { return false };
    let objects: Vec<_> = secrets(&documents).collect();
    expected.iter().all(|((namespace, name, key), value)| {
        let object = objects.iter().find(|object| identity(object) == (namespace.clone(), name.clone()));
        object.is_some_and(|object| entry(object, key) == value.as_ref())
    })
}

type Name = (String, String);

fn identity(object: &Object<'_>) -> Name {
    (object.namespace().unwrap_or_default().to_owned(), object.name().to_owned())
}

fn secrets(documents: &[Value]) -> impl Iterator<Item = Object<'_>> {
    document::objects(documents).into_iter().filter(|object| object.is_native("BridgedSecret"))
}

/// The one object of that name; `None` where there are several, or none.
fn only<'a>(documents: &'a [Value], name: &Name) -> Option<Object<'a>> {
    let mut found = secrets(documents).filter(|object| identity(object) == *name);
    found.next().filter(|_| found.next().is_none())
}

fn entry<'a>(object: &Object<'a>, key: &str) -> Option<&'a Value> {
    object.value.pointer("/spec/data")?.get(key)
}

/// The keys of entries that only one side has changed, in the order of that side's text; removed ones first.
#[derive(Default)]
struct Changes {
    ours: Vec<String>,
    theirs: Vec<String>,
    /// Keys that both have changed alike.
    same: Vec<String>,
    /// Whether both have changed an entry differently.
    has_conflict: bool,
}

impl Changes {
    fn of(texts: &Three, name: &Name) -> Option<Self> {
        let read = |text: &str| document::parse(text).ok();
        let (base, ours, theirs) = (read(&texts.base)?, read(&texts.ours)?, read(&texts.theirs)?);
        let mut changes = Self::default();
        // An object that one side does not have is for Git's own merge.
        let (Some(base), Some(mine), Some(other)) = (only(&base, name), only(&ours, name), only(&theirs, name)) else {
            return Some(changes);
        };
        let all = [&base, &mine, &other];
        let keys: BTreeSet<&String> = all
            .iter()
            .filter_map(|object| object.value.pointer("/spec/data")?.as_object())
            .flat_map(serde_json::Map::keys)
            .collect();
        for key in keys {
            let [was, mine, other] = all.map(|object| entry(object, key));
            match (was == mine, was == other) {
                (true, false) => changes.theirs.push(key.clone()),
                (false, true) => changes.ours.push(key.clone()),
                (false, false) if mine == other => changes.same.push(key.clone()),
                (false, false) => changes.has_conflict = true,
                (true, true) => {}
            }
        }
        in_order(&mut changes.ours, &texts.ours, &mine);
        in_order(&mut changes.theirs, &texts.theirs, &other);
        Some(changes)
    }
}

fn in_order(keys: &mut [String], text: &str, object: &Object<'_>) {
    let positions = Positions::of(text);
    keys.sort_by_key(|key| {
        let path = [object.place.path(), vec![Step::key("spec"), Step::key("data"), Step::key(key)]].concat();
        let spot = positions.find(object.place.document, &path);
        (spot.line, spot.column)
    });
}

/// An entry as one side has it.
struct Source {
    value: Option<Value>,
    source: Option<edit::EntrySource>,
}

impl Source {
    fn read(text: &str, name: &Name, key: &str) -> Option<Self> {
        let documents = document::parse(text).ok()?;
        let object = only(&documents, name)?;
        let Some(value) = entry(&object, key) else { return Some(Self { value: None, source: None }) };
        let source = BridgedSecretAt::new(object).source(key)?;
        Some(Self { value: Some(value.clone()), source: Some(source) })
    }

    fn put(&self, text: &mut String, name: &Name, key: &str) -> Option<()> {
        let documents = document::parse(text).ok()?;
        let object = only(&documents, name)?;
        let place = object.place;
        *text = match (&self.source, entry(&object, key)) {
            (Some(source), _) => edit::set_entries(text, place, &[(key.to_owned(), source.clone())]).ok()?,
            (None, Some(_)) => edit::remove_entry(text, place, key).ok()?,
            (None, None) => return Some(()),
        };
        Some(())
    }
}
