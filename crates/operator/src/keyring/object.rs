//! A SealingKey as the operator knows it.
//!
//! Must never: hold the private half.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::DeserializeGuard;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::sealing_key::{IdentityRef, SealingIdentity, SealingKeyState};
use sealbridge_api::{SealingKey, SealingKeyStatus};
use sealbridge_manifest::{StoreGroup, StoreName};
use sealbridge_provider::RemoteKey;

use super::backup;

/// The entry of a Secret that holds the private half, unless another one is named.
pub const DEFAULT_ENTRY: &str = "identity";

/// Where a private half lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An entry of a Secret in the operator's namespace.
    Secret { name: Arc<str>, entry: String },
    /// A value in a ClusterSecretStore.
    Remote { store: StoreName, key: RemoteKey, property: Option<String> },
}

/// What the operator needs of a SealingKey.
#[derive(Clone, Debug)]
pub(super) struct KeyObject {
    pub(super) name: Arc<str>,
    pub(super) uid: String,
    pub(super) generation: i64,
    /// Absent if the spec cannot be read.
    pub(super) source: Option<Source>,
    pub(super) state: SealingKeyState,
    pub(super) limits: Option<LabelSelector>,
    /// Namespaces in which it opens documents that bind no target.
    pub(super) unbound: Arc<[String]>,
    pub(super) needs_backup: bool,
    pub(super) status: SealingKeyStatus,
}

impl KeyObject {
    pub(super) fn of(guard: DeserializeGuard<SealingKey>) -> Option<Self> {
        let (metadata, spec, status) = match guard.0 {
            Ok(key) => (key.metadata, Some(key.spec), key.status),
            Err(unreadable) => (unreadable.metadata, None, None),
        };
        let annotations = metadata.annotations.unwrap_or_default();
        let (source, state, limits, unbound) = match spec {
            Some(spec) => {
                (source_of(spec.identity), spec.state.unwrap_or_default(), spec.namespace_selector, spec.unbound_namespaces)
            }
            None => (None, SealingKeyState::Retiring, None, Vec::new()),
        };
        Some(Self {
            name: metadata.name?.into(),
            uid: metadata.uid.unwrap_or_default(),
            generation: metadata.generation.unwrap_or_default(),
            source,
            state,
            limits,
            unbound: unbound.into(),
            needs_backup: backup::is_due(&annotations),
            status: status.unwrap_or_default(),
        })
    }

    /// Whether the private half lives where it lived in `other`.
    pub(super) fn has_the_source_of(&self, other: &Self) -> bool {
        self.uid == other.uid && self.source == other.source
    }
}

fn source_of(identity: SealingIdentity) -> Option<Source> {
    match (identity.secret_ref, identity.remote_ref, identity.secret_store_ref) {
        (Some(secret), None, None) => {
            let entry = secret.key.unwrap_or_else(|| DEFAULT_ENTRY.to_owned());
            Some(Source::Secret { name: secret.name.into(), entry })
        }
        // A SealingKey belongs to no namespace, so that no SecretStore can be meant.
        (None, Some(IdentityRef { key, property, version }), Some(store)) if store.kind == Some(StoreKind::ClusterSecretStore) => {
            let store = StoreName { group: StoreGroup::Native, kind: StoreKind::ClusterSecretStore, name: store.name };
            Some(Source::Remote { store, key: RemoteKey::value(key, version), property })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case::secret(json!({"secretRef": {"name": "a"}}), Some(Source::Secret { name: "a".into(), entry: "identity".into() }))]
    #[case::secret_entry(json!({"secretRef": {"name": "a", "key": "k"}}), Some(Source::Secret { name: "a".into(), entry: "k".into() }))]
    #[case::remote(
        json!({"remoteRef": {"key": "a", "property": "p"}, "secretStoreRef": {"name": "s", "kind": "ClusterSecretStore"}}),
        Some(Source::Remote {
            store: StoreName { group: StoreGroup::Native, kind: StoreKind::ClusterSecretStore, name: "s".into() },
            key: RemoteKey::value("a", None),
            property: Some("p".into()),
        })
    )]
    #[case::both(json!({"secretRef": {"name": "a"}, "remoteRef": {"key": "a"}, "secretStoreRef": {"name": "s", "kind": "ClusterSecretStore"}}), None)]
    #[case::neither(json!({}), None)]
    #[case::no_store(json!({"remoteRef": {"key": "a"}}), None)]
    #[case::a_tenants_store(json!({"remoteRef": {"key": "a"}, "secretStoreRef": {"name": "s"}}), None)]
    fn where_the_private_half_lives(#[case] identity: Value, #[case] expected: Option<Source>) {
        assert_eq!(source_of(serde_json::from_value(identity).unwrap()), expected);
    }
}
