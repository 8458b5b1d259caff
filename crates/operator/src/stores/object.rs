//! A `SecretStore` or `ClusterSecretStore` of either group as the operator knows it.
//!
//! Must never: keep or repeat why an object could not be read, since the parser quotes its values.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::core::{DeserializeGuard, DynamicObject, ObjectMeta};
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::expression::Expression;
use sealbridge_api::store::{KeyLimit, NamespaceCondition, ProviderSpec, RetrySettings, VaultKvVersion};
use sealbridge_api::{ClusterSecretStore, SecretStore, StoreStatus, labels};
use sealbridge_manifest::external_secrets::{self, StoreSpec};
use sealbridge_manifest::{StoreGroup, document};
use sealbridge_provider::Limits;
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
    /// For what it cannot be read, where that is known.
    pub(super) unreadable: Option<Unreadable>,
    /// The controller that it names as the one to serve it; a native one names none.
    pub(super) class: Option<Arc<str>>,
    /// For a `ClusterSecretStore`: which namespaces may use it; none means all.
    pub(super) conditions: Vec<NamespaceCondition>,
    /// For a `ClusterSecretStore`: namespaces of which a part of the name matches may use it too.
    pub(super) expressions: Vec<Expression>,
    /// For a `ClusterSecretStore`: which keys they may have; none means all.
    pub(super) limits: Option<Arc<Limits>>,
    /// The annotation that says so in a store of another group, whose edit is no new generation.
    pub(super) limits_annotation: Option<String>,
    /// By which it may be chosen to be written to.
    pub(super) labels: BTreeMap<String, String>,
    pub(super) observed_generation: Option<i64>,
    /// What a store of another group says that can be done with it.
    pub(super) capabilities: Option<Arc<str>>,
    pub(super) status: Vec<Condition>,
}

/// A field of a store that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The field's path in the object.
    pub(super) path: String,
    /// What is wrong with it and what to do, where that is more than that it is not understood.
    pub(super) problem: Option<&'static str>,
}

impl Unreadable {
    /// A field below `spec` that is not understood.
    pub(super) fn field(path: &str) -> Self {
        Self { path: format!("spec.{path}"), problem: None }
    }

    /// A limit at `path` in the field or annotation that holds them.
    pub(super) fn limits(field: &str, path: &str, problem: &'static str) -> Self {
        Self { path: format!("{field}{path}"), problem: Some(problem) }
    }
}

impl StoreObject {
    pub(super) fn of_namespaced(guard: DeserializeGuard<SecretStore>) -> Option<Self> {
        match guard.0 {
            Ok(SecretStore { metadata, spec, status }) => {
                let known = Self::new(metadata, true)?;
                let store = Self { provider: Some(spec.provider), retry: spec.retry_settings, ..known.with_status(status) };
                Some(store.without_annotation())
            }
            Err(unreadable) => Self::new(unreadable.metadata, true),
        }
    }

    pub(super) fn of_cluster(guard: DeserializeGuard<ClusterSecretStore>) -> Option<Self> {
        match guard.0 {
            Ok(ClusterSecretStore { metadata, spec, status }) => {
                let known = Self::new(metadata, false)?.with_status(status);
                let store =
                    Self { provider: Some(spec.provider), retry: spec.retry_settings, conditions: spec.conditions, ..known };
                Some(store.limited_by(spec.limits, "spec.limits").without_annotation())
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
            limits: None,
            labels: metadata.labels.unwrap_or_default(),
            limits_annotation: metadata.annotations.and_then(|mut annotations| annotations.remove(labels::LIMITS)),
            observed_generation: None,
            capabilities: None,
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
        store.capabilities = object.data.pointer("/status/capabilities").and_then(Value::as_str).map(Into::into);
        store.key = store.key.of(StoreGroup::ExternalSecrets);
        store.class =
            object.data.pointer("/spec/controller").and_then(Value::as_str).filter(|class| !class.is_empty()).map(Into::into);
        let spec = object.data.get("spec").unwrap_or(&Value::Null);
        match document::decode::<StoreSpec>(spec, "") {
            Ok(spec) => match spec.users() {
                Some(users) => {
                    store.unreadable = not_of_external(&spec.provider).map(Unreadable::field);
                    store.provider = Some(spec.provider).filter(|_| store.unreadable.is_none());
                    store.retry = spec.retry_settings.map(|settings| retry(&settings));
                    store.conditions = users.conditions;
                    store.expressions = users.expressions;
                }
                None => store.unreadable = Some(Unreadable::field("conditions.namespaceRegexes")),
            },
            Err(error) => store.unreadable = Some(Unreadable::field(error.path())),
        }
        Some(store.limited_by_annotation())
    }

    /// The store as its annotation limits it; one that cannot be judged by leaves nobody in.
    fn limited_by_annotation(self) -> Self {
        let Some(text) = &self.limits_annotation else { return self };
        let field = format!("metadata.annotations[{}]", labels::LIMITS);
        if self.key.kind == StoreKind::SecretStore {
            return self.unusable(Unreadable::limits(&field, "", "only a ClusterSecretStore has limits; remove it"));
        }
        if let Some(limits) = external_secrets::limits(text) {
            return self.limited_by(Some(limits), &field);
        }
        let problem = "it is no YAML list of limits as kubectl explain clustersecretstores.sealbridge.dev.spec.limits shows it; \
            correct it";
        self.unusable(Unreadable::limits(&field, "", problem))
    }

    /// A store of our own group, where nobody reads the annotation: whoever wrote it believes in limits that are none.
    fn without_annotation(self) -> Self {
        if self.limits_annotation.is_none() {
            return self;
        }
        let field = format!("metadata.annotations[{}]", labels::LIMITS);
        self.unusable(Unreadable::limits(
            &field,
            "",
            "a ClusterSecretStore of sealbridge.dev has limits under spec.limits; write them there",
        ))
    }

    /// The store with these limits, which stand in `field`; one that cannot be judged by leaves nobody in.
    fn limited_by(self, limits: Option<Vec<KeyLimit>>, field: &str) -> Self {
        let (Some(provider), Some(limits)) = (&self.provider, limits) else { return self };
        match Limits::new(&limits, provider) {
            Ok(limits) => Self { limits: Some(Arc::new(limits)), ..self },
            Err(error) => self.unusable(Unreadable::limits(field, &error.path, error.problem)),
        }
    }

    fn unusable(self, unreadable: Unreadable) -> Self {
        Self { provider: None, unreadable: Some(unreadable), ..self }
    }

    /// Whether it says who may use it.
    pub(super) fn names_its_users(&self) -> bool {
        !self.conditions.is_empty() || !self.expressions.is_empty()
    }

    /// Whether `other` says the same: an edit of the spec is a new generation, an object made anew has a new uid.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        self.uid == other.uid && self.generation == other.generation && self.limits_annotation == other.limits_annotation
    }

    pub(super) fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        self.conditions.iter().filter_map(|condition| condition.namespace_selector.as_ref())
    }

    /// Whether it depends on a namespace's labels what objects of it may do.
    pub(super) fn asks_for_labels(&self) -> bool {
        let by_limits = |limits: &Arc<Limits>| limits.iter().any(|limit| limit.namespace_selector.is_some());
        self.selectors().next().is_some() || self.limits.as_ref().is_some_and(by_limits)
    }
}

#[cfg(test)]
impl StoreObject {
    /// A fake store as tests need one.
    pub(super) fn sample(key: StoreKey, generation: i64, conditions: Vec<NamespaceCondition>) -> Self {
        let metadata = ObjectMeta {
            name: Some(key.name.to_string()),
            namespace: key.namespace.as_deref().map(str::to_owned),
            uid: Some("u".to_owned()),
            generation: Some(generation),
            ..ObjectMeta::default()
        };
        let fake = ProviderSpec { fake: Some(sealbridge_api::store::FakeProvider { data: Vec::new() }), ..ProviderSpec::default() };
        let namespaced = key.namespace.is_some();
        Self { key, provider: Some(fake), conditions, ..Self::new(metadata, namespaced).expect("a name and a place") }
    }

    /// The same with limits.
    pub(super) fn with_limits(self, limits: Value) -> Self {
        self.limited_by(Some(serde_json::from_value(limits).expect("limits")), "spec.limits")
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
    RetrySettings { max_retries: Some(settings.max_retries.unwrap_or(0)), retry_interval: settings.retry_interval.clone() }
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
        assert_eq!((store.provider, store.unreadable), (None, Some(Unreadable::field("provider.vault.version"))));
        let store = external(&json!({"provider": vault("v1")}));
        assert!(store.provider.is_some() && store.unreadable.is_none());
    }

    fn annotated(namespace: Option<&str>, limits: &str) -> StoreObject {
        let metadata = json!({"name": "vault", "uid": "u", "namespace": namespace, "annotations": {labels::LIMITS: limits}});
        let object = json!({"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": metadata,
            "spec": {"provider": vault("v2")}});
        StoreObject::of_external(serde_json::from_value(object).unwrap()).unwrap()
    }

    const LIMIT: &str = "- {name: shop, namespaces: [shop], keyPrefixes: [kv/shop], actions: [Read]}";

    #[test]
    fn an_annotation_limits_a_store_that_has_no_such_field() {
        let store = annotated(None, LIMIT);
        assert_eq!(store.limits.as_ref().unwrap().iter().map(|limit| limit.name.as_str()).collect::<Vec<_>>(), ["shop"]);
        assert!(!store.says_the_same_as(&annotated(None, "[]")), "an edit of it is one of the store");
        assert!(annotated(None, "[]").limits.is_some(), "no limit admits nobody");
        for (namespace, limits) in [
            (Some("shop"), LIMIT.to_owned()),
            (None, "yes".to_owned()),
            (None, LIMIT.replace("keyPrefixes", "prefixes")),
            (None, LIMIT.replace("Read", "Write")),
            (None, LIMIT.replace("kv/shop", "kv/../shop")),
            (None, LIMIT.replace("namespaces: [shop]", "namespaces: []")),
            (None, format!("{LIMIT}\n{LIMIT}")),
        ] {
            let store = annotated(namespace, &limits);
            assert!(store.provider.is_none() && store.unreadable.unwrap().path.contains(labels::LIMITS), "{limits}");
        }
    }

    #[test]
    fn the_annotation_is_not_passed_over_where_it_says_nothing() {
        let object = json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterSecretStore",
            "metadata": {"name": "fake", "annotations": {labels::LIMITS: LIMIT}}, "spec": {"provider": {"fake": {"data": []}}}});
        let store = StoreObject::of_cluster(serde_json::from_value(object).unwrap()).unwrap();
        assert!(store.provider.is_none() && store.unreadable.unwrap().problem.unwrap().contains("spec.limits"));
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
