//! Which sealing keys the values of an object name. What stands outside of a sealed value is claimed, not proven.
//!
//! Must never: open a value.

use std::collections::BTreeMap;

use sealbridge_manifest::{Entry, Plan};
use sealbridge_seal::{KeyId, SealedValue};

use crate::why::claims::{document, place};

/// Entries by the key that they name; a document is named by its place.
pub(super) fn claimed(plan: &Plan) -> BTreeMap<KeyId, Vec<String>> {
    let mut claimed: BTreeMap<KeyId, Vec<String>> = BTreeMap::new();
    for (name, entry) in &plan.entries {
        let Entry::Sealed(text) = entry else { continue };
        let Ok(sealed) = SealedValue::parse(text) else { continue };
        sealed.key_ids().iter().for_each(|id| claimed.entry(*id).or_default().push(name.clone()));
    }
    for (position, text) in plan.documents() {
        let ids = document(text).map(|document| document.key_ids).unwrap_or_default();
        ids.into_iter().for_each(|id| claimed.entry(id).or_default().push(place(position)));
    }
    claimed
}
