//! A `SecretStore` or `ClusterSecretStore` of either group as the operator knows it.
//!
//! Must never: keep or repeat why an object could not be read, since the parser quotes its values.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::core::{DeserializeGuard, DynamicObject, ObjectMeta};
use sealbridge_api::expression::Expression;
use sealbridge_api::store::{NamespaceCondition, ProviderSpec, RetrySettings, VaultKvVersion};
use sealbridge_api::{ClusterSecretStore, SecretStore, StoreStatus};
use sealbridge_manifest::StoreGroup;
use sealbridge_manifest::external_secrets::{self, StoreSpec};
use serde::Deserialize as _;
use serde_json::Value;

use super::key::StoreKey;

/// What the operator needs of a store, whichever kind it is.
#[derive(Clone, Debug)]
pub(super) struct StoreObject {
    pub(super) key: StoreKey,
    pub(super) uid: Arc<str>,
    pub(super) generation: i64,
    /// Absent if the spec cannot be read.
    pub(super) provider: Option<ProviderSpec>,
    pub(super) retry: Option<RetrySettings>,
    /// The path of the field for which it cannot be read, where that is known.
    pub(super) unreadable: Option<String>,
    /// The controller that it names as the one to serve it; a native one names none.
    pub(super) class: Option<Arc<str>>,
    /// For a `ClusterSecretStore`: which namespaces may use it; none means all.
    pub(super) conditions: Vec<NamespaceCondition>,
    /// For a `ClusterSecretStore`: namespaces of which a part of the name matches may use it too.
    pub(super) expressions: Vec<Expression>,
    pub(super) observed_generation: Option<i64>,
    pub(super) status: Vec<Condition>,
}

impl StoreObject {
    pub(super) fn of_namespaced(guard: DeserializeGuard<SecretStore>) -> Option<Self> {
        match guard.0 {
            Ok(SecretStore { metadata, spec, status }) => {
                let known = Self::new(metadata, true)?;
                Some(Self { provider: Some(spec.provider), retry: spec.retry_settings, ..known.with_status(status) })
            }
            Err(unreadable) => Self::new(unreadable.metadata, true),
        }
    }

    pub(super) fn of_cluster(guard: DeserializeGuard<ClusterSecretStore>) -> Option<Self> {
        match guard.0 {
            Ok(ClusterSecretStore { metadata, spec, status }) => {
                let known = Self::new(metadata, false)?.with_status(status);
                Some(Self { provider: Some(spec.provider), retry: spec.retry_settings, conditions: spec.conditions, ..known })
            }
            Err(unreadable) => Self::new(unreadable.metadata, false),
        }
    }

    /// A store of which nothing but its name is known.
    fn new(metadata: ObjectMeta, namespaced: bool) -> Option<Self> {
        let name = metadata.name?;
        let key = match metadata.namespace {
            Some(namespace) if namespaced => StoreKey::namespaced(&namespace, &name),
            None if !namespaced => StoreKey::cluster(&name),
            _ => return None,
        };
        Some(Self {
            key,
            uid: metadata.uid.unwrap_or_default().into(),
            generation: metadata.generation.unwrap_or_default(),
            provider: None,
            retry: None,
            unreadable: None,
            class: None,
            conditions: Vec::new(),
            expressions: Vec::new(),
            observed_generation: None,
            status: Vec::new(),
        })
    }

    fn with_status(self, status: Option<StoreStatus>) -> Self {
        let StoreStatus { observed_generation, conditions } = status.unwrap_or_default();
        Self { observed_generation, status: conditions, ..self }
    }

    /// A store of the kinds of External Secrets Operator. Its status is kept as that kind has it.
    pub(super) fn of_external(object: DynamicObject) -> Option<Self> {
        let namespaced = object.metadata.namespace.is_some();
        let status = object.data.get("status").and_then(|status| StoreStatus::deserialize(status).ok());
        let mut store = Self::new(object.metadata, namespaced)?.with_status(status);
        store.key = store.key.of(StoreGroup::ExternalSecrets);
        store.class =
            object.data.pointer("/spec/controller").and_then(Value::as_str).filter(|class| !class.is_empty()).map(Into::into);
        let spec = object.data.get("spec").unwrap_or(&Value::Null);
        match serde_path_to_error::deserialize::<_, StoreSpec>(spec) {
            Ok(spec) => match spec.users() {
                Some(users) => {
                    store.unreadable = not_of_external(&spec.provider).map(str::to_owned);
                    store.provider = Some(spec.provider).filter(|_| store.unreadable.is_none());
                    store.retry = spec.retry_settings.map(|settings| retry(&settings));
                    store.conditions = users.conditions;
                    store.expressions = users.expressions;
                }
                None => store.unreadable = Some("conditions.namespaceRegexes".to_owned()),
            },
            Err(error) => store.unreadable = Some(error.path().to_string()),
        }
        Some(store)
    }

    /// Whether it says who may use it.
    pub(super) fn names_its_users(&self) -> bool {
        !self.conditions.is_empty() || !self.expressions.is_empty()
    }

    /// Whether `other` says the same: an edit of the spec is a new generation, an object made anew has a new uid.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        self.uid == other.uid && self.generation == other.generation
    }

    pub(super) fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        self.conditions.iter().filter_map(|condition| condition.namespace_selector.as_ref())
    }
}

/// The path of a field whose value only our own stores have.
fn not_of_external(provider: &ProviderSpec) -> Option<&'static str> {
    let is_logical = |version: Option<VaultKvVersion>| version == Some(VaultKvVersion::Logical);
    match (&provider.vault, &provider.open_bao) {
        (Some(vault), _) if is_logical(vault.version) => Some("provider.vault.version"),
        (_, Some(open_bao)) if is_logical(open_bao.version) => Some("provider.openBao.version"),
        _ => None,
    }
}

/// How often is tried. There, a number that is missing is none.
fn retry(settings: &external_secrets::RetrySettings) -> RetrySettings {
    let most = settings.max_retries.as_ref().and_then(Value::as_i64).unwrap_or(0);
    RetrySettings {
        max_retries: Some(i32::try_from(most).unwrap_or(i32::MAX)),
        retry_interval: settings.retry_interval.as_ref().and_then(Value::as_str).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn external(spec: &Value) -> StoreObject {
        let object = json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
            "metadata": {"name": "vault", "namespace": "shop", "uid": "u"}, "spec": spec});
        StoreObject::of_external(serde_json::from_value(object).unwrap()).unwrap()
    }

    fn vault(version: &str) -> Value {
        json!({"vault": {"server": "https://a", "version": version, "auth": {"tokenSecretRef": {"name": "t", "key": "t"}}}})
    }

    #[test]
    fn what_only_our_own_stores_have_is_refused_by_its_path() {
        let store = external(&json!({"provider": vault("logical")}));
        assert_eq!((store.provider, store.unreadable.as_deref()), (None, Some("provider.vault.version")));
        let store = external(&json!({"provider": vault("v1")}));
        assert!(store.provider.is_some() && store.unreadable.is_none());
    }

    #[test]
    fn retries_are_as_many_as_are_written() {
        let retry = |settings: Value| external(&json!({"provider": vault("v2"), "retrySettings": settings})).retry.unwrap();
        let three = retry(json!({"maxRetries": 3, "retryInterval": "2s"}));
        assert_eq!((three.retries(), three.interval().as_secs()), (Some(3), 2));
        assert_eq!(retry(json!({"retryInterval": "2s"})).retries(), Some(0));
        assert_eq!(external(&json!({"provider": vault("v2")})).retry, None);
    }
}
