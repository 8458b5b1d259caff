//! All files, several at a time.

use std::path::{Path, PathBuf};

use sealbridge_seal::Date;

use super::across::{self, Declared};
use super::draft::Draft;
use super::file::{Judge, Judged, settle};
use super::finding::{self, Finding};
use super::history;
use super::inputs::{Input, Inputs};
use super::opening::Opening;
use super::recipients_change;
use super::surroundings::Cache;
use crate::config::{self, FILE_NAME};
use crate::error::Error;
use crate::{recipients, workers};

/// More threads than this gain nothing: the disk is asked one file at a time.
const MAX_THREADS: usize = 8;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// In the order of files and lines.
    pub(crate) findings: Vec<Finding>,
    /// How many files were judged.
    pub(crate) files: usize,
    /// Files that were left out, and why.
    pub(crate) notes: Vec<String>,
    /// Files that could not be judged, and why.
    pub(crate) failures: Vec<String>,
}

/// Judges all files. With `opening` it also opens what that opens.
pub(crate) fn run(inputs: &Inputs, rules: Option<&Path>, opening: Option<&Opening>, today: Date) -> Result<Outcome, Error> {
    let cache = Cache::new(rules, inputs.tree.clone())?;
    let judge = Judge { cache: &cache, today, opening };
    let root = root();
    let judged = workers::at_most(MAX_THREADS, &inputs.files, |input| one(&judge, input, &root));
    let mut outcome = Outcome { files: inputs.files.iter().filter(|input| input.is_judged).count(), ..Outcome::default() };
    let mut declared = Vec::new();
    for mut one in judged {
        outcome.findings.append(&mut one.findings);
        outcome.notes.append(&mut one.notes);
        outcome.failures.append(&mut one.failures);
        declared.push(one.declared);
    }
    if inputs.is_whole {
        let drafts = across::judge(&declared);
        outcome.findings.extend(together(&inputs.files, drafts, &root)?);
    }
    if let Some(range) = &inputs.range {
        let findings = history::judge(&judge, range, &outcome.findings, |path| from_root(path, &root))?;
        outcome.findings.extend(findings);
    }
    outcome.failures.sort();
    outcome.failures.dedup();
    finding::sort(&mut outcome.findings);
    Ok(outcome)
}

/// One file with its lines.
#[derive(Default)]
struct One {
    findings: Vec<Finding>,
    declared: Declared,
    notes: Vec<String>,
    failures: Vec<String>,
}

fn one(judge: &Judge<'_>, input: &Input, root: &Path) -> One {
    let bytes = match input.read() {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return One::default(),
        Err(error) => return One { failures: vec![error.to_string()], ..One::default() },
    };
    let Judged { mut drafts, declared, note, failure } = judge.judge(&input.path, &bytes, input.is_named);
    if !input.is_judged {
        return One { declared, ..One::default() };
    }
    if let Some(old) = &input.old {
        drafts.extend(changes(judge, input, old, &bytes, &declared));
    }
    let text = String::from_utf8_lossy(&bytes);
    let findings = settle(&input.path, &from_root(&input.path, root), &text, drafts);
    One { findings, declared, notes: note.into_iter().collect(), failures: failure.into_iter().collect() }
}

fn changes(judge: &Judge<'_>, input: &Input, old: &[u8], new: &[u8], declared: &Declared) -> Vec<Draft> {
    if input.path.file_name().is_some_and(|name| name == FILE_NAME) {
        let [old, new] = [old, new].map(String::from_utf8_lossy);
        return recipients_change::of_rules(&input.path, &old, &new);
    }
    let before = judge.without_keys().judge(&input.path, old, false).declared;
    let surroundings = judge.cache.of(&input.path).ok();
    recipients_change::of_values(&before, declared, |ids| {
        surroundings.as_ref().map_or_else(|| recipients::names(None, ids), |surroundings| surroundings.names(ids))
    })
}

/// Findings that came from all files together; those of files that are only read for others are not told.
fn together(files: &[Input], mut drafts: Vec<(usize, Draft)>, root: &Path) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    drafts.sort_by_key(|(number, _)| *number);
    for group in drafts.chunk_by(|(one, _), (other, _)| one == other) {
        let Some(input) = group.first().and_then(|(number, _)| files.get(*number)).filter(|input| input.is_judged) else {
            continue;
        };
        let Some(bytes) = input.read()? else { continue };
        let drafts = group.iter().map(|(_, draft)| draft.clone()).collect();
        findings.extend(settle(&input.path, &from_root(&input.path, root), &String::from_utf8_lossy(&bytes), drafts));
    }
    Ok(findings)
}

/// The root of the repository that the command runs in, or else the current folder.
fn root() -> PathBuf {
    let above = config::upwards(Path::new("."));
    above.iter().find(|folder| folder.join(".git").exists()).or(above.first()).cloned().unwrap_or_default()
}

fn from_root(path: &Path, root: &Path) -> String {
    let absolute = config::absolute(path);
    let Ok(relative) = absolute.strip_prefix(root) else { return path.display().to_string() };
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
