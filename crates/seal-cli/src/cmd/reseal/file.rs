//! One file: its values sealed again, all in one edit, and the file replaced in one step.
//!
//! Must never: write when the file is not what was judged, or keep a value longer than its sealing takes.

use std::collections::{BTreeMap, HashSet};

use sealbridge_manifest::document;
use sealbridge_manifest::edit;
use sealbridge_seal::{KeyId, KeyRing, SealedValue};
use serde_json::Value;

use super::progress::Progress;
use super::row::Row;
use super::survey::{Survey, fingerprint};
use crate::config;
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::recipients::without;
use crate::sealed_texts::{self, SealedEntry};
use crate::size::{self, Judgement};
use crate::workers;

/// How values are brought to their recipients.
pub(super) struct How<'a> {
    /// The keys at hand; `None` to only say what would be done.
    pub(super) ring: Option<&'a KeyRing>,
    pub(super) allow_large: bool,
}

/// What came of one file.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) rows: Vec<Row>,
    pub(super) failures: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Brings the values of one file to the recipients of its rule.
pub(super) fn reseal(survey: &Survey, how: &How<'_>, progress: &Progress) -> Done {
    let mut done = Done::default();
    if let Err(error) = work(survey, how, progress, &mut done) {
        done.rows.clear();
        done.failures.push(error.to_string());
    }
    done
}

fn work(survey: &Survey, how: &How<'_>, progress: &Progress, done: &mut Done) -> Result<(), Error> {
    let file = ManifestFile::read_existing(&survey.path)?;
    if fingerprint(file.text()) != survey.fingerprint {
        return Err(Error::Changed { path: survey.path.clone() });
    }
    let folder = config::folder_of(&survey.path);
    let rule = survey.config.rule_for(&survey.path);
    let objects = file.objects();
    let entries = sealed_texts::all(&objects, file.documents(), rule, Some(&folder));
    let differing = differing(survey, &entries, done);
    note_others(survey, file.text(), &entries, done);
    let Some(ring) = how.ring else {
        done.rows.extend(differing.into_values().flatten().map(|(_, row)| row));
        return Ok(());
    };
    let texts: Vec<_> = differing.into_iter().collect();
    let sealed = workers::each(&texts, |(text, places)| {
        let sealed = places.iter().map(|(entry, _)| ring.reseal(text, &entry.place(), &survey.recipients.set));
        let sealed = sealed.zip(places).try_fold(String::new(), |_, (sealed, (entry, _))| {
            sealed.map_err(|problem| format!("{}: {}: {problem}{}", survey.path.display(), described(entry), twins(entry, places)))
        });
        progress.step();
        sealed
    });
    let mut replacements = BTreeMap::new();
    for ((text, places), sealed) in texts.into_iter().zip(sealed) {
        match sealed {
            Ok(sealed) => {
                done.rows.extend(places.into_iter().map(|(_, row)| row));
                replacements.insert(text.to_owned(), sealed);
            }
            Err(failure) => done.failures.push(failure),
        }
    }
    if replacements.is_empty() {
        return Ok(());
    }
    let replaced = edit::replace_texts(file.text(), file.documents(), &replacements);
    let (text, documents) = replaced.map_err(|problem| file.edit_error(problem))?;
    judge_sizes(survey, &objects, &documents, how.allow_large, done)?;
    file.replace(&text)
}

type Places<'e, 'a> = Vec<(&'e SealedEntry<'a>, Row)>;

/// The values that have other recipients, by their texts.
fn differing<'e, 'a>(survey: &Survey, entries: &'e [SealedEntry<'a>], done: &mut Done) -> BTreeMap<&'a str, Places<'e, 'a>> {
    let wanted: Vec<KeyId> = survey.recipients.set.ids().collect();
    let mut found: BTreeMap<&str, Places<'_, '_>> = BTreeMap::new();
    for entry in entries {
        match SealedValue::parse(entry.text) {
            Ok(sealed) if sealed.key_ids() == wanted => {}
            Ok(sealed) => found.entry(entry.text).or_default().push((entry, row(survey, entry, sealed.key_ids(), &wanted))),
            Err(problem) => done.failures.push(format!("{}: {}: {problem}", survey.path.display(), described(entry))),
        }
    }
    found
}

fn row(survey: &Survey, entry: &SealedEntry<'_>, has: &[KeyId], wanted: &[KeyId]) -> Row {
    let place = (entry.secret(), entry.key.as_str());
    Row::new(&survey.path, place, &without(wanted, has), &without(has, wanted), Some(survey.config.as_ref()))
}

fn described(entry: &SealedEntry<'_>) -> String {
    match entry.secret() {
        secret if secret.is_empty() => entry.key.clone(),
        secret => format!("{secret}, entry {}", entry.key),
    }
}

/// The other entries that have the same text, and are left with it.
fn twins(entry: &SealedEntry<'_>, places: &Places<'_, '_>) -> String {
    let others = places.iter().map(|(other, _)| *other).filter(|other| *other != entry);
    let others: Vec<_> = others.map(described).collect();
    if others.is_empty() { String::new() } else { format!(". The same text is left in {}", others.join(" and ")) }
}

/// Sealed texts that stand where no value is: they are told, since whoever holds the old key opens them.
fn note_others(survey: &Survey, text: &str, entries: &[SealedEntry<'_>], done: &mut Done) {
    let wanted: Vec<KeyId> = survey.recipients.set.ids().collect();
    let values: HashSet<_> = entries.iter().map(|entry| entry.text).collect();
    for (line, token) in sealed_texts::tokens(text).filter(|(_, token)| !values.contains(token)) {
        if SealedValue::parse(token).is_ok_and(|sealed| sealed.key_ids() != wanted) {
            let path = survey.path.display();
            done.notes.push(format!("{path}, line {line}: a sealed text in a comment or inside another text is left as it is"));
        }
    }
}

fn judge_sizes(
    survey: &Survey,
    before: &[document::Object<'_>],
    documents: &[Value],
    allow_large: bool,
    done: &mut Done,
) -> Result<(), Error> {
    for (before, after) in before.iter().zip(document::objects(documents)) {
        if !before.is_native("BridgedSecret") {
            continue;
        }
        if let Judgement::Warning(text) = size::judge_change(&survey.path, before.value, after.value, allow_large)? {
            done.notes.push(text);
        }
    }
    Ok(())
}
