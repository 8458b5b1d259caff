//! The rows of a SOPS document, told without a key.

use std::path::Path;

use sealbridge_seal::Recipient;
use sealbridge_sops::{Encrypted, Format, Metadata, SopsError};

use super::row::{Row, SopsRecipients};
use crate::config::{self, Config};
use crate::error::Error;
use crate::recipients::names;
use crate::sops::{self, CreationRules, SopsFile};

const EXPOSED: &str = "it should be encrypted and is not; encrypt the file again from its plain form, and change the value";
const OTHERS: &str = "the document is not sealed to those that .sops.yaml names";

/// One row for each value that is, or should be, encrypted.
pub(super) fn rows(document: &mut SopsFile, rules: Option<&Path>) -> Result<Vec<Row>, Error> {
    let path = document.path();
    let config = Config::find(rules, &config::folder_of(&path))?;
    let wanted = CreationRules::find(&path)?.map(|rules| rules.wanted_for(&path)).transpose()?.flatten();
    let failed = |problem: SopsError| sops::refused(path.clone(), problem);
    let encrypted = document.encrypted();
    let recipients = recipients(encrypted.metadata(), config.as_ref()).map_err(failed)?;
    let agrees = wanted.map(|wanted| wanted.agrees_with(encrypted.metadata())).transpose().map_err(failed)?;
    let leaves = encrypted.leaves().map_err(failed)?;
    let documents = leaves.iter().map(|leaf| leaf.document + 1).max().unwrap_or(1);
    let shown = path.display().to_string();
    let row = |leaf: &sealbridge_sops::LeafAt<'_>| {
        let problem = match (leaf.is_ciphertext(), agrees) {
            (false, _) => Some(EXPOSED.to_owned()),
            (true, Some(false)) => Some(OTHERS.to_owned()),
            (true, _) => None,
        };
        Row::encrypted(&shown, &sops::shown_in(documents, leaf.document, &leaf.path), &recipients, problem)
    };
    Ok(leaves.iter().filter(|leaf| leaf.is_selected).map(row).collect())
}

/// A document inside of a BridgedSecret: one row for each value that is, or should be, encrypted; one for the whole if it
/// cannot be read.
pub(super) fn embedded(
    (file, namespace, name): &(String, Option<String>, &str),
    key: &str,
    text: &str,
    config: Option<&Config>,
) -> Vec<Row> {
    let judged = Encrypted::read(Format::of_text(text), text.as_bytes()).and_then(|mut encrypted| {
        let recipients = recipients(encrypted.metadata(), config)?;
        let leaves = encrypted.leaves()?;
        let documents = leaves.iter().map(|leaf| leaf.document + 1).max().unwrap_or(1);
        let row = |leaf: &sealbridge_sops::LeafAt<'_>| {
            let place = format!("{key}.{}", sops::shown_in(documents, leaf.document, &leaf.path));
            Row::encrypted(file, &place, &recipients, (!leaf.is_ciphertext()).then(|| EXPOSED.to_owned()))
        };
        Ok(leaves.iter().filter(|leaf| leaf.is_selected).map(row).collect())
    });
    let unread = |problem: SopsError| vec![Row::encrypted(file, key, &SopsRecipients::default(), Some(problem.to_string()))];
    let mut rows: Vec<Row> = judged.unwrap_or_else(unread);
    let secret = format!("{}/{name}", namespace.as_deref().unwrap_or("?"));
    rows.iter_mut().for_each(|row| row.secret.clone_from(&secret));
    rows
}

fn recipients(metadata: &Metadata, config: Option<&Config>) -> Result<SopsRecipients, SopsError> {
    let mut ids = metadata.key_ids()?;
    let mut others = Vec::new();
    for group in metadata.key_groups()? {
        let without_id = group.age.iter().filter(|key| key.recipient.parse::<Recipient>().is_err());
        others.extend(without_id.map(|key| key.recipient.to_owned()));
        others.extend(group.foreign);
    }
    ids.sort();
    ids.dedup();
    let named = Some(names(config, &ids)).filter(|named| !named.is_empty());
    let shown: Vec<String> = named.into_iter().chain(others).collect();
    Ok(SopsRecipients { key_ids: ids.iter().map(ToString::to_string).collect(), shown: shown.join(" + ") })
}
