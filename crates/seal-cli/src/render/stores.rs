//! The stores that the manifests declare, and who may use them.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::expression::Expression;
use sealbridge_api::store::{NamespaceCondition, ProviderSpec};
use sealbridge_manifest::document::{DecodeError, Object, decode};
use sealbridge_manifest::external_secrets::{StoreSpec, Users};
use sealbridge_manifest::{StoreGroup, StoreName};
use serde::Deserialize;

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
}

impl Store {
    /// Whether objects of the namespace may use the store, as far as names tell. Labels of namespaces are
    /// not known without a cluster: a condition that asks for them is taken as fulfilled.
    pub(crate) fn admits(&self, namespace: &str) -> bool {
        let fits = |condition: &NamespaceCondition| {
            condition.namespace_selector.is_some() || condition.namespaces.iter().any(|name| name == namespace)
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    provider: ProviderSpec,
    #[serde(default)]
    conditions: Vec<NamespaceCondition>,
}

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
        let spec = object.value.get("spec").unwrap_or(&serde_json::Value::Null);
        let (group, store) = if object.is_external() {
            let spec: StoreSpec = decode(spec, "spec")?;
            let unusable = || DecodeError::WrongType { path: "spec.conditions.namespaceRegexes".to_owned() };
            let Users { conditions, expressions } = spec.users().ok_or_else(unusable)?;
            (StoreGroup::ExternalSecrets, Store { provider: spec.provider, conditions, expressions })
        } else {
            let Spec { provider, conditions } = decode(spec, "spec")?;
            (StoreGroup::Native, Store { provider, conditions, expressions: Vec::new() })
        };
        self.0.insert(StoreId { group, namespace, name: object.name().to_owned() }, store);
        Ok(())
    }

    /// The store, if it is declared.
    pub(crate) fn get(&self, id: &StoreId) -> Option<&Store> {
        self.0.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("[]", true)]
    #[case("[{namespaces: [shop]}]", true)]
    #[case("[{namespaces: [other]}]", false)]
    #[case("[{namespaces: [other]}, {namespaceSelector: {matchLabels: {a: b}}}]", true)]
    fn admitted_by_name(#[case] conditions: &str, #[case] admitted: bool) {
        let text = format!(
            "kind: ClusterSecretStore\nmetadata: {{name: s}}\nspec: {{provider: {{fake: {{data: []}}}}, conditions: {conditions}}}\n"
        );
        let documents = sealbridge_manifest::document::parse(&text).expect("YAML");
        let mut stores = Stores::default();
        let objects = sealbridge_manifest::document::objects(&documents);
        stores.add_cluster(&objects[0]).expect("a store");
        let id = StoreId { group: StoreGroup::Native, namespace: None, name: "s".to_owned() };
        assert_eq!(stores.get(&id).expect("the store").admits("shop"), admitted);
    }
}
