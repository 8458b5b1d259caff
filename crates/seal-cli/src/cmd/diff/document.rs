//! The entries of a SOPS document in one state, and their values where a key opens them.
//!
//! Must never: call a document sound that was not opened.

use std::collections::BTreeMap;
use std::path::Path;

use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Encrypted, LeafAt, SopsError};

use super::fact::{Fact, Facts, Place, Source};
use crate::error::Error;
use crate::identities::SopsKeys;
use crate::output;
use crate::sops;

/// What the document itself is listed as, beside its entries.
const WHOLE: &str = "(recipients)";

/// Values by the place of their entry.
pub(super) type Values = BTreeMap<Place, SecretBytes>;

/// The entries of a document: what the selector leaves plain is told only when it changes.
pub(super) fn facts(path: &Path, mut encrypted: Encrypted) -> Result<Facts, Error> {
    let failed = |problem: SopsError| sops::refused(path.to_owned(), problem);
    let groups = encrypted.metadata().key_groups().map_err(failed)?;
    let names = groups.iter().flat_map(|group| {
        let age = group.age.iter().map(|key| key.recipient.to_owned());
        age.chain(group.foreign.iter().cloned()).collect::<Vec<_>>()
    });
    let recipients = Source::Recipients(names.collect());
    let mut facts = Facts::default();
    facts.add(place(WHOLE.to_owned()), recipients);
    let leaves = encrypted.leaves().map_err(failed)?;
    let documents = count(&leaves);
    for leaf in &leaves {
        let text = String::from_utf8_lossy(leaf.value.bytes().expose()).into_owned();
        let source = match (leaf.is_selected, leaf.is_ciphertext()) {
            (true, true) => Source::Encrypted(text),
            (true, false) => Source::Plain(text),
            (false, _) => Source::Unselected(text),
        };
        facts.add(place(sops::shown_in(documents, leaf.document, &leaf.path)), source);
    }
    facts.document = Some(encrypted);
    Ok(facts)
}

/// The values of a document; none if there is none, or if it does not open, which is told unless a key is missing.
pub(super) fn open(path: &Path, facts: &mut Facts, keys: &SopsKeys) -> Values {
    let Some(encrypted) = facts.document.take() else { return Values::new() };
    let values = encrypted.open(keys).and_then(|mut opened| {
        let leaves = opened.all_leaves()?;
        let documents = count(&leaves);
        let value =
            |leaf: &LeafAt<'_>| (place(sops::shown_in(documents, leaf.document, &leaf.path)), leaf.value.bytes().duplicate());
        Ok(leaves.iter().map(value).collect())
    });
    match values {
        Ok(values) => values,
        Err(SopsError::NoKey { .. }) => Values::new(),
        Err(problem) => {
            output::note(&format!("{}: {problem}", path.display()));
            Values::new()
        }
    }
}

fn count(leaves: &[LeafAt<'_>]) -> usize {
    leaves.iter().map(|leaf| leaf.document + 1).max().unwrap_or(1)
}

fn place(path: String) -> Place {
    (String::new(), path)
}

impl Facts {
    fn add(&mut self, place: Place, source: Source) {
        self.entries.insert(place, Fact { source, target: None });
    }
}
