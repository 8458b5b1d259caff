//! The stores that the manifests declare, and who may use them.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::expression::Expression;
use sealbridge_api::labels;
use sealbridge_api::store::{ClusterSecretStoreSpec, NamespaceCondition, ProviderSpec};
use sealbridge_manifest::document::{DecodeError, Object, decode};
use sealbridge_manifest::external_secrets::{self, StoreSpec, Users};
use sealbridge_manifest::{StoreGroup, StoreName};
use sealbridge_provider::{Admission, Limits};

/// A store of all that are declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoreId {
    /// Whose kind it is.
    pub(crate) group: StoreGroup,
    /// The namespace of a SecretStore; `None` for a ClusterSecretStore.
    pub(crate) namespace: Option<String>,
    /// The store's name.
    pub(crate) name: String,
}

impl StoreId {
    /// The store that an object of `namespace` means by a name.
    pub(crate) fn of(namespace: &str, name: &StoreName) -> Self {
        let namespace = (name.kind == StoreKind::SecretStore).then(|| namespace.to_owned());
        Self { group: name.group, namespace, name: name.name.clone() }
    }
}

/// What is needed to read from a store.
#[derive(Debug)]
pub(crate) struct Store {
    /// Which store, and as whom.
    pub(crate) provider: ProviderSpec,
    conditions: Vec<NamespaceCondition>,
    expressions: Vec<Expression>,
    limits: Option<Arc<Limits>>,
}

impl Store {
    /// What a store says, whosever kind it is of.
    pub(crate) fn read(object: &Object<'_>) -> Result<Self, DecodeError> {
        let spec = object.value.get("spec").unwrap_or(&serde_json::Value::Null);
        if object.is_external() {
            let spec: StoreSpec = decode(spec, "spec")?;
            let unusable = || DecodeError::WrongType { path: "spec.conditions.namespaceRegexes".to_owned() };
            let Users { conditions, expressions } = spec.users().ok_or_else(unusable)?;
            let limits = limits_of_annotation(object, &spec.provider)?;
            return Ok(Self { provider: spec.provider, conditions, expressions, limits });
        }
        let ClusterSecretStoreSpec { provider, conditions, limits, .. } = decode(spec, "spec")?;
        let usable = limits.map(|limits| Limits::new(&limits, &provider)).transpose();
        let limits = usable.map_err(|error| DecodeError::WrongType { path: format!("spec.limits{}", error.path) })?;
        Ok(Self { provider, conditions, expressions: Vec::new(), limits: limits.map(Arc::new) })
    }

    /// Which keys objects of the namespace may have, as far as names tell; see [`Self::admits`].
    pub(crate) fn admission(&self, namespace: &str) -> Admission {
        self.admission_by(namespace, |_| true)
    }

    /// The same where somebody knows which selectors select the namespace.
    pub(crate) fn admission_by(&self, namespace: &str, selects: impl Fn(&LabelSelector) -> bool) -> Admission {
        self.limits.as_ref().map_or_else(Admission::to_everything, |limits| {
            let is_meant = |name: &String| name == namespace;
            Admission::of(limits, namespace, |limit| {
                limit.namespaces.iter().any(is_meant) || limit.namespace_selector.as_ref().is_some_and(&selects)
            })
        })
    }

    /// What the store is, in words.
    pub(crate) fn provider_name(&self) -> &'static str {
        let ProviderSpec { vault, open_bao, aws, kubernetes, fake, .. } = &self.provider;
        match (vault, open_bao, aws, kubernetes, fake) {
            (Some(_), ..) => "Vault",
            (_, Some(_), ..) => "OpenBao",
            (_, _, Some(_), ..) => "AWS",
            (_, _, _, Some(_), _) => "Kubernetes",
            (.., Some(_)) => "fake",
            _ => "no provider",
        }
    }

    /// Whether objects of the namespace may use the store, as far as names tell. Labels of namespaces are
    /// not known without a cluster: a condition that asks for them is taken as fulfilled.
    pub(crate) fn admits(&self, namespace: &str) -> bool {
        self.admits_by(namespace, |_| true)
    }

    /// The same where somebody knows which selectors select the namespace.
    pub(crate) fn admits_by(&self, namespace: &str, selects: impl Fn(&LabelSelector) -> bool) -> bool {
        let fits = |condition: &NamespaceCondition| {
            condition.namespaces.iter().any(|name| name == namespace) || condition.namespace_selector.as_ref().is_some_and(&selects)
        };
        let names_nobody = self.conditions.is_empty() && self.expressions.is_empty();
        names_nobody
            || self.conditions.iter().any(fits)
            || self.expressions.iter().any(|expression| expression.is_found_in(namespace))
    }
}

/// All stores that are declared.
#[derive(Debug, Default)]
pub(crate) struct Stores(BTreeMap<StoreId, Store>);

impl Stores {
    /// Adds a SecretStore.
    pub(crate) fn add_namespaced(&mut self, namespace: &str, object: &Object<'_>) -> Result<(), DecodeError> {
        self.add(Some(namespace.to_owned()), object)
    }

    /// Adds a ClusterSecretStore.
    pub(crate) fn add_cluster(&mut self, object: &Object<'_>) -> Result<(), DecodeError> {
        self.add(None, object)
    }

    fn add(&mut self, namespace: Option<String>, object: &Object<'_>) -> Result<(), DecodeError> {
        let group = if object.is_external() { StoreGroup::ExternalSecrets } else { StoreGroup::Native };
        self.0.insert(StoreId { group, namespace, name: object.name().to_owned() }, Store::read(object)?);
        Ok(())
    }

    /// The store, if it is declared.
    pub(crate) fn get(&self, id: &StoreId) -> Option<&Store> {
        self.0.get(id)
    }
}

/// The limits that a store of a kind without that field has in its annotation.
fn limits_of_annotation(object: &Object<'_>, provider: &ProviderSpec) -> Result<Option<Arc<Limits>>, DecodeError> {
    let annotations = object.value.pointer("/metadata/annotations");
    let Some(text) = annotations.and_then(|annotations| annotations.get(labels::LIMITS)) else { return Ok(None) };
    let limits = text.as_str().and_then(external_secrets::limits).and_then(|limits| Limits::new(&limits, provider).ok());
    let unusable = || DecodeError::WrongType { path: format!("metadata.annotations[{}]", labels::LIMITS) };
    limits.map(|limits| Some(Arc::new(limits))).ok_or_else(unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_provider::RemoteKey;

    fn declared(text: &str) -> Stores {
        let documents = sealbridge_manifest::document::parse(text).expect("YAML");
        let mut stores = Stores::default();
        stores.add_cluster(&sealbridge_manifest::document::objects(&documents)[0]).expect("a store");
        stores
    }

    #[test]
    fn all_of_a_spec_is_understood() {
        let text = "kind: ClusterSecretStore\nmetadata: {name: s}\nspec: {provider: {aws: {service: SecretsManager, region: a}}, \
            retrySettings: {maxRetries: 2}, conditions: [{namespaces: [shop]}], \
            limits: [{name: a, namespaces: [shop], keyPrefixes: [a], actions: [Read]}]}\n";
        let stores = declared(text);
        let store = stores.0.values().next().expect("a store");
        assert!(store.admits("shop") && store.admission("shop").admit(&RemoteKey::value("b", None)).is_err());
    }

    #[rstest]
    #[case("[]", true)]
    #[case("[{namespaces: [shop]}]", true)]
    #[case("[{namespaces: [other]}]", false)]
    #[case("[{namespaces: [other]}, {namespaceSelector: {matchLabels: {a: b}}}]", true)]
    fn admitted_by_name(#[case] conditions: &str, #[case] admitted: bool) {
        let text = format!(
            "kind: ClusterSecretStore\nmetadata: {{name: s}}\nspec: {{provider: {{fake: {{data: []}}}}, conditions: {conditions}}}\n"
        );
        let stores = declared(&text);
        let id = StoreId { group: StoreGroup::Native, namespace: None, name: "s".to_owned() };
        assert_eq!(stores.get(&id).expect("the store").admits("shop"), admitted);
    }
}
