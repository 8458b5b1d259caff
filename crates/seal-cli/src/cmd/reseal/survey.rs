//! What a file needs, found without reading its structure, so that files that need nothing cost little.
//!
//! Must never: open a value, or call a file fine that has a value with other recipients.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealbridge_manifest::document::{self, MAX_TEXT_LEN};
use sealbridge_seal::{KeyId, PREFIX, SealedValue};
use serde_json::Value;

use super::trust::Trust;
use crate::config::{self, Config, Configs};
use crate::error::Error;
use crate::file::{Snapshot, holds};
use crate::recipients::Recipients;
use crate::sealed_texts;

/// What is known of a file.
#[derive(Debug)]
pub(super) enum Surveyed {
    /// It has no sealed value, or each has the right recipients.
    Nothing,
    /// It is no manifest before it is rendered.
    Template(PathBuf),
    /// It has to be looked into.
    Open(Survey),
}

/// A file that has to be looked into.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) path: PathBuf,
    pub(super) config: Arc<Config>,
    pub(super) recipients: Recipients,
    /// What tells whether the file is still what was judged here.
    pub(super) fingerprint: u64,
    /// How many values seem to have other recipients.
    pub(super) differing: usize,
    /// Recipients that nobody has agreed to, each with the number of its values.
    pub(super) newcomers: BTreeMap<KeyId, usize>,
}

/// Looks at one file.
pub(super) fn survey(path: &Path, configs: &Configs, trust: &Trust) -> Result<Surveyed, Error> {
    if !holds(path, &[PREFIX])? {
        return Ok(Surveyed::Nothing);
    }
    let snapshot = Snapshot::read_at_most(path, MAX_TEXT_LEN)?;
    let text = snapshot.text().unwrap_or_default();
    let Some((config, recipients)) = rule(path, configs)? else {
        return unruled(path, text);
    };
    let wanted: Vec<KeyId> = recipients.set.ids().collect();
    let mut unread = 0;
    let mut differing = Vec::new();
    for (_, token) in sealed_texts::tokens(text) {
        match SealedValue::parse(token) {
            Ok(sealed) if sealed.key_ids() == wanted => {}
            Ok(sealed) => differing.push((sealed.key_ids().to_vec(), token)),
            Err(_) => unread += 1,
        }
    }
    if differing.is_empty() && unread == 0 {
        return Ok(Surveyed::Nothing);
    }
    if is_template(text) {
        return Ok(Surveyed::Template(path.to_owned()));
    }
    let mut newcomers = trust.newcomers_of(path, &config, &wanted, &differing)?;
    if !newcomers.is_empty() {
        // Nobody is asked for what stands in a comment. A text that cannot be read is told of later.
        let values = document::parse(text).map(|documents| values(&documents)).unwrap_or_default();
        differing.retain(|(_, token)| values.contains(*token));
        newcomers = trust.newcomers_of(path, &config, &wanted, &differing)?;
    }
    Ok(Surveyed::Open(Survey {
        path: path.to_owned(),
        newcomers,
        config,
        recipients,
        fingerprint: fingerprint(text),
        differing: differing.len(),
    }))
}

/// The sealed texts that are values.
fn values(documents: &[Value]) -> HashSet<String> {
    let entries = sealed_texts::all(&document::objects(documents), documents, None, None);
    entries.into_iter().map(|entry| entry.text.to_owned()).collect()
}

/// A number that another text has only by a rare chance.
pub(super) fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn rule(path: &Path, configs: &Configs) -> Result<Option<(Arc<Config>, Recipients)>, Error> {
    let Some(config) = configs.of(path)? else { return Ok(None) };
    let Some(rule) = config.rule_for(path) else { return Ok(None) };
    let recipients = Recipients::resolve(&[], Some(&config), Some(rule), path)?;
    Ok(Some((config, recipients)))
}

/// A file that no rule is about: only one that has a sealed value is a mistake.
fn unruled(path: &Path, text: &str) -> Result<Surveyed, Error> {
    if is_template(text) {
        return Ok(Surveyed::Template(path.to_owned()));
    }
    let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
    let entries = sealed_texts::all(&document::objects(&documents), &documents, None, None);
    if entries.is_empty() { Ok(Surveyed::Nothing) } else { Err(Error::NoRecipients { path: config::shown(path) }) }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") && document::parse(text).is_err()
}
