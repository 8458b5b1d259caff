//! Places that are not wanted any more, seen twice before they are taken back. Pure.
//!
//! A Secret that is replaced is gone for a moment; what was pushed of it is not.
//! Must never: let a single look decide over what is taken back.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sealbridge_manifest::StoreName;
use sealbridge_provider::PushKey;
use tokio::time::Instant;

use super::kind::PushId;

/// How long a place has to be unwanted.
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(10);

/// A place in a store.
pub(super) type Place = (StoreName, PushKey);

/// Since when places are not wanted.
#[derive(Debug, Default)]
pub(super) struct Stale(HashMap<PushId, HashMap<Place, Instant>>);

impl Stale {
    /// Notes what of an object is not wanted at `now`, and answers with what was not for long enough.
    pub(super) fn look(&mut self, id: &PushId, unwanted: BTreeSet<Place>, now: Instant) -> BTreeSet<Place> {
        let mut since = self.0.remove(id).unwrap_or_default();
        since.retain(|place, _| unwanted.contains(place));
        for place in &unwanted {
            since.entry(place.clone()).or_insert(now);
        }
        let ripe = unwanted.into_iter().filter(|place| since.get(place).is_some_and(|since| now - *since >= SECOND_LOOK));
        let ripe = ripe.collect();
        if !since.is_empty() {
            self.0.insert(id.clone(), since);
        }
        ripe
    }

    /// Forgets an object.
    pub(super) fn forget(&mut self, id: &PushId) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use sealbridge_api::bridged_secret::StoreKind;
    use sealbridge_manifest::StoreGroup;

    use super::super::kind::PushKind;
    use super::*;

    #[test]
    fn what_is_wanted_again_begins_anew() {
        let id = PushId { kind: PushKind::External, namespace: "shop".into(), name: "app".into() };
        let place = |key: &str| {
            let store = StoreName { group: StoreGroup::ExternalSecrets, kind: StoreKind::SecretStore, name: "vault".to_owned() };
            (store, PushKey { key: key.to_owned(), property: None })
        };
        let set = |keys: &[&str]| keys.iter().map(|key| place(key)).collect::<BTreeSet<_>>();
        let (mut stale, start) = (Stale::default(), Instant::now());
        assert!(stale.look(&id, set(&["a", "b"]), start).is_empty());
        assert!(stale.look(&id, set(&["a"]), start + SECOND_LOOK / 2).is_empty());
        assert_eq!(stale.look(&id, set(&["a", "b"]), start + SECOND_LOOK), set(&["a"]));
        stale.forget(&id);
        assert!(stale.look(&id, set(&["a"]), start + SECOND_LOOK).is_empty());
    }
}
