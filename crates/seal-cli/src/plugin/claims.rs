//! Which sealing keys the values of an object name. What stands outside of a sealed value is claimed, not proven.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_manifest::{Entry, Plan};
use sealbridge_seal::{KeyId, Recipient, SealedValue};
use sealbridge_sops::{Encrypted, Format, SopsError};

/// What can be told of a SOPS document without a key.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Ids of the age keys that it is encrypted to.
    pub(super) key_ids: BTreeSet<KeyId>,
    /// The paths of its encrypted values.
    pub(super) paths: Vec<Vec<String>>,
}

/// Entries by the key that they name; a document is named by its place.
pub(super) fn claimed(plan: &Plan) -> BTreeMap<KeyId, Vec<String>> {
    let mut claimed: BTreeMap<KeyId, Vec<String>> = BTreeMap::new();
    for (name, entry) in &plan.entries {
        let Entry::Sealed(text) = entry else { continue };
        let Ok(sealed) = SealedValue::parse(text) else { continue };
        sealed.key_ids().iter().for_each(|id| claimed.entry(*id).or_default().push(name.clone()));
    }
    for (position, text) in plan.documents.iter().enumerate() {
        let ids = document(text).map(|document| document.key_ids).unwrap_or_default();
        ids.into_iter().for_each(|id| claimed.entry(id).or_default().push(place(position)));
    }
    claimed
}

/// The place of a SOPS document in a BridgedSecret.
pub(super) fn place(position: usize) -> String {
    format!("dataFrom[{position}]")
}

/// Reads a SOPS document without opening it.
pub(super) fn document(text: &str) -> Result<Document, SopsError> {
    let mut encrypted = Encrypted::read(Format::of_text(text), text.as_bytes())?;
    let groups = encrypted.metadata().key_groups()?;
    let recipients = groups.iter().flat_map(|group| &group.age).filter_map(|key| key.recipient.parse::<Recipient>().ok());
    let key_ids = recipients.map(|recipient| recipient.id()).collect();
    let leaves = encrypted.leaves()?;
    let encrypted = leaves.iter().filter(|leaf| leaf.is_selected);
    let path = |path: &[sealbridge_sops::Step]| path.iter().map(|step| crate::sops::shown(std::slice::from_ref(step))).collect();
    Ok(Document { key_ids, paths: encrypted.map(|leaf| path(&leaf.path)).collect() })
}
