//! The keys at hand, and for which namespaces each may be used. Pure.
//!
//! Must never: let a key open a value for a namespace that its SealingKey does not select, or a document that binds no
//! target in one that its SealingKey does not name.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::selection::selects;
use sealbridge_seal::{KeyId, KeyRing, OpenError, Opened, Target};
use sealbridge_sops::{Encrypted, Opened as OpenedDocument, SopsError};

use crate::namespaces::Labels;

/// The private half of one SealingKey, with its limits.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) id: KeyId,
    pub(super) ring: KeyRing,
    pub(super) limits: Option<LabelSelector>,
    /// Namespaces in which it opens documents that bind no target.
    pub(super) unbound: Arc<[String]>,
}

/// All keys at hand.
#[derive(Debug, Default)]
pub(super) struct Ring {
    held: BTreeMap<Arc<str>, Held>,
    whole: KeyRing,
    is_limited: bool,
}

impl Ring {
    pub(super) fn new(held: BTreeMap<Arc<str>, Held>) -> Self {
        let whole = KeyRing::joined(held.values().map(|held| &held.ring));
        let is_limited = held.values().any(|held| held.limits.is_some());
        Self { held, whole, is_limited }
    }

    /// Whether both open the same values for the same namespaces.
    pub(super) fn opens_the_same_as(&self, other: &Self) -> bool {
        let fact = |held: &Held| (held.id, held.limits.clone(), Arc::clone(&held.unbound));
        let facts = |ring: &Self| ring.held.values().map(fact).collect::<Vec<_>>();
        facts(self) == facts(other)
    }

    /// The keys that may be used for a namespace with `labels`. A key that two SealingKeys bring may be used
    /// if either allows it.
    pub(super) fn for_namespace(&self, namespace: &str, labels: &Labels) -> NamespaceKeys {
        let allowed = |held: &&Held| held.limits.as_ref().is_none_or(|limits| selects(limits, labels));
        let bound = if self.is_limited {
            KeyRing::joined(self.held.values().filter(allowed).map(|held| &held.ring))
        } else {
            self.whole.clone()
        };
        let named = |held: &&Held| held.unbound.iter().any(|name| name == namespace);
        let unbound = KeyRing::joined(self.held.values().filter(allowed).filter(named).map(|held| &held.ring));
        NamespaceKeys { bound, unbound }
    }

    /// Whether labels matter at all.
    pub(super) fn is_limited(&self) -> bool {
        self.is_limited
    }
}

/// The keys that may be used for one namespace.
#[derive(Clone, Debug)]
pub struct NamespaceKeys {
    bound: KeyRing,
    /// Those that also open documents which bind no target.
    unbound: KeyRing,
}

impl NamespaceKeys {
    /// Whether the key with this id, 16 hex digits, is among them.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: KeyId| self.bound.get(&id).is_some())
    }

    /// Whether the key with this id may open documents that bind no target.
    #[must_use]
    pub fn opens_documents(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: KeyId| self.unbound.get(&id).is_some())
    }

    /// Opens `sealed` for `target`, and for no other.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, sealed: &str, target: &Target<'_>) -> Result<Opened, OpenError> {
        self.bound.open(sealed, target)
    }

    /// Opens a document that binds no target.
    ///
    /// # Errors
    /// [`SopsError`], with a MAC that does not agree as one.
    pub fn open_document(&self, document: Encrypted) -> Result<OpenedDocument, SopsError> {
        document.open(&self.unbound)
    }
}

#[cfg(test)]
mod tests {
    use sealbridge_seal::KeyPair;
    use serde_json::json;

    use super::*;

    fn held(pair: KeyPair, team: Option<&str>) -> Held {
        let id = pair.recipient().id();
        let limits = team.map(|team| serde_json::from_value(json!({"matchLabels": {"team": team}})).unwrap());
        Held { id, ring: KeyRing::new([pair.into_identity()]), limits, unbound: Arc::new([]) }
    }

    fn ring(held: impl IntoIterator<Item = Held>) -> Ring {
        Ring::new(held.into_iter().zip(0..).map(|(held, n)| (format!("key-{n}").into(), held)).collect())
    }

    fn labels(team: &str) -> Labels {
        Arc::new([("team".to_owned(), team.to_owned())].into())
    }

    #[test]
    fn a_limited_key_is_absent_elsewhere() {
        let (for_all, for_x) = (held(KeyPair::generate().unwrap(), None), held(KeyPair::generate().unwrap(), Some("x")));
        let ring = ring([for_all.clone(), for_x.clone()]);
        assert_eq!(ring.for_namespace("n", &labels("x")).bound.ids().count(), 2);
        let keys = ring.for_namespace("n", &labels("y"));
        assert_eq!(keys.bound.ids().collect::<Vec<_>>(), [for_all.id]);
        assert!(keys.holds(&for_all.id.to_string()) && !keys.holds(&for_x.id.to_string()) && !keys.holds("no id"));
    }

    #[test]
    fn a_key_that_two_objects_bring_is_allowed_by_either() {
        let pair = KeyPair::generate().unwrap();
        let for_x = held(pair, Some("x"));
        let for_y = Held { limits: held(KeyPair::generate().unwrap(), Some("y")).limits, ..for_x.clone() };
        let ring = ring([for_x, for_y]);
        for team in ["x", "y"] {
            assert_eq!(ring.for_namespace("n", &labels(team)).bound.ids().count(), 1);
        }
        assert_eq!(ring.for_namespace("n", &labels("z")).bound.ids().count(), 0);
    }

    #[test]
    fn documents_open_only_where_the_key_names_the_namespace_and_selects_it() {
        let named = Held { unbound: Arc::new(["shop".to_owned()]), ..held(KeyPair::generate().unwrap(), Some("x")) };
        let id = named.id.to_string();
        let ring = ring([named.clone(), held(KeyPair::generate().unwrap(), None)]);
        assert!(ring.for_namespace("shop", &labels("x")).opens_documents(&id));
        assert!(!ring.for_namespace("other", &labels("x")).opens_documents(&id));
        assert!(!ring.for_namespace("shop", &labels("y")).opens_documents(&id));
        let unnamed = Held { unbound: Arc::new([]), ..named.clone() };
        assert!(
            !super::Ring::new([("k".into(), named)].into()).opens_the_same_as(&super::Ring::new([("k".into(), unnamed)].into()))
        );
    }

    #[test]
    fn another_limit_is_another_ring() {
        let key = held(KeyPair::generate().unwrap(), Some("x"));
        let free = Held { limits: None, ..key.clone() };
        assert!(ring([key.clone()]).opens_the_same_as(&ring([key.clone()])));
        assert!(!ring([key.clone()]).opens_the_same_as(&ring([free])));
        assert!(!ring([key]).opens_the_same_as(&ring([])));
    }
}
