//! Names of stores and of sessions.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::rounds;
use sealbridge_manifest::{StoreGroup, StoreName};

use crate::inputs::InputState;

/// A store by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey {
    /// Whose kind it is.
    pub group: StoreGroup,
    /// The kind of store.
    pub kind: StoreKind,
    /// The namespace; absent for a `ClusterSecretStore`.
    pub namespace: Option<Arc<str>>,
    /// The name.
    pub name: Arc<str>,
}

impl StoreKey {
    /// The store that `store` names from the view of an object in `namespace`.
    #[must_use]
    pub fn named(namespace: &str, store: &StoreName) -> Self {
        let key = match store.kind {
            StoreKind::SecretStore => Self::namespaced(namespace, &store.name),
            StoreKind::ClusterSecretStore => Self::cluster(&store.name),
        };
        key.of(store.group)
    }

    /// The same name among the kinds of a group.
    #[must_use]
    pub fn of(self, group: StoreGroup) -> Self {
        Self { group, ..self }
    }

    /// A native `ClusterSecretStore`.
    #[must_use]
    pub fn cluster(name: &str) -> Self {
        Self { group: StoreGroup::Native, kind: StoreKind::ClusterSecretStore, namespace: None, name: name.into() }
    }

    /// A native `SecretStore`.
    #[must_use]
    pub fn namespaced(namespace: &str, name: &str) -> Self {
        Self { group: StoreGroup::Native, kind: StoreKind::SecretStore, namespace: Some(namespace.into()), name: name.into() }
    }

    /// Whether an object of `namespace` names this store by `store`.
    #[must_use]
    pub fn is_named_by(&self, namespace: &str, store: &StoreName) -> bool {
        let is_in_reach = match store.kind {
            StoreKind::SecretStore => self.namespace.as_deref() == Some(namespace),
            StoreKind::ClusterSecretStore => true,
        };
        is_in_reach && self.group == store.group && self.kind == store.kind && *self.name == *store.name
    }

    /// What the moments of the store's rounds depend on; see [`rounds::phase`].
    #[must_use]
    pub fn phase_seed(&self) -> u64 {
        rounds::phase(self.kind, self.namespace.as_deref(), &self.name)
    }

    /// The kind as in manifests.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        self.kind.as_str()
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind_name())?;
        if self.group == StoreGroup::ExternalSecrets {
            write!(f, ".{}", self.group.as_str())?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, "/{namespace}/{}", self.name),
            None => write!(f, "/{}", self.name),
        }
    }
}

/// Where a session stands: a store, and the namespace of the using object if what the store refers to is
/// looked for there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) store: StoreKey,
    pub(super) referent: Option<Arc<str>>,
}

/// One store seen as one identity: equal keys may share a session, and nothing else may. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(Arc<SessionIdentity>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionIdentity {
    pub(super) place: Place,
    pub(super) uid: Arc<str>,
    pub(super) generation: i64,
    /// What the store refers to, in the order of the spec.
    pub(super) inputs: Vec<InputState>,
}

impl SessionKey {
    pub(super) fn new(identity: SessionIdentity) -> Self {
        Self(Arc::new(identity))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &StoreKey {
        &self.0.place.store
    }

    pub(super) fn place(&self) -> &Place {
        &self.0.place
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn identity() -> SessionIdentity {
        SessionIdentity {
            place: Place { store: StoreKey::cluster("vault"), referent: None },
            uid: "u".into(),
            generation: 1,
            inputs: vec![InputState::Present { uid: "i".into(), resource_version: Some("1".into()), role: None }],
        }
    }

    fn changed(change: impl FnOnce(&mut SessionIdentity)) -> SessionKey {
        let mut identity = identity();
        change(&mut identity);
        SessionKey::new(identity)
    }

    #[rstest]
    #[case::made_anew(changed(|identity| identity.uid = "v".into()))]
    #[case::edited(changed(|identity| identity.generation = 2))]
    #[case::for_another_namespace(changed(|identity| identity.place.referent = Some("shop".into())))]
    #[case::credential_changed(changed(|identity| identity.inputs = vec![InputState::Missing]))]
    fn another_identity_is_another_session(#[case] other: SessionKey) {
        assert_ne!(other, SessionKey::new(identity()));
        assert_eq!(changed(|_| {}), SessionKey::new(identity()));
    }

    #[test]
    fn stores_differ_in_phase() {
        let stores = [StoreKey::cluster("a"), StoreKey::cluster("b"), StoreKey::namespaced("a", "a")];
        let [one, two, three] = stores.map(|store| store.phase_seed());
        assert!(one != two && one != three && two != three);
        // The value is an interface: another one would move every round at an upgrade.
        assert_eq!(StoreKey::cluster("vault").phase_seed(), PHASE_OF_VAULT);
    }

    const PHASE_OF_VAULT: u64 = 0xa86e_ada3_5226_3dca;

    #[test]
    fn a_store_is_named_from_the_view_of_an_object() {
        let [own, shared] = [StoreKind::SecretStore, StoreKind::ClusterSecretStore].map(|kind| StoreName {
            group: StoreGroup::Native,
            kind,
            name: "vault".into(),
        });
        assert_eq!(StoreKey::named("shop", &own).to_string(), "SecretStore/shop/vault");
        assert_eq!(StoreKey::named("shop", &shared).to_string(), "ClusterSecretStore/vault");
        for name in [&own, &shared] {
            assert!(StoreKey::named("shop", name).is_named_by("shop", name));
        }
        let foreign = StoreName { group: StoreGroup::ExternalSecrets, ..own.clone() };
        assert_eq!(StoreKey::named("shop", &foreign).to_string(), "SecretStore.external-secrets.io/shop/vault");
        assert!(!StoreKey::named("shop", &own).is_named_by("shop", &foreign));
        assert!(!StoreKey::named("shop", &own).is_named_by("other", &own));
        assert!(StoreKey::named("shop", &shared).is_named_by("other", &shared));
        assert!(!StoreKey::named("shop", &own).is_named_by("shop", &shared));
    }
}
