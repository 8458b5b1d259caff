//! One object that declares others. Pure.

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use kube::api::DynamicObject;
use sealbridge_api::{labels, selection};
use sealbridge_manifest::document::DecodeError;
use sealbridge_manifest::{FanOut, StoreName};
use serde_json::Value;

use super::kind::FanOutKind;
use crate::namespaces::Labels;

/// What finalizers of the other controller begin with.
const FINALIZERS: &str = "externalsecrets.external-secrets.io/";

/// An object.
pub(super) struct Declared {
    pub(super) kind: FanOutKind,
    pub(super) name: String,
    pub(super) uid: String,
    /// What it asks for, or why that is not understood.
    pub(super) spec: Result<FanOut, DecodeError>,
    pub(super) generation: i64,
    /// The stores by which it is told whose it is.
    pub(super) stores: Vec<StoreName>,
    pub(super) status: Value,
    pub(super) is_being_deleted: bool,
    /// What the object itself says about who serves it.
    pub(super) adopt: Option<String>,
    pub(super) finalizers: Vec<String>,
    handed_down: BTreeMap<String, String>,
}

impl Declared {
    pub(super) fn new(kind: FanOutKind, object: &DynamicObject) -> Self {
        let none = Value::Null;
        let spec = object.data.get("spec").unwrap_or(&none);
        let annotations = object.annotations();
        let handed_down = kind.handed_down().iter().filter_map(|name| annotations.get_key_value(*name));
        Self {
            kind,
            name: object.name_any(),
            uid: object.uid().unwrap_or_default(),
            generation: object.metadata.generation.unwrap_or_default(),
            spec: kind.read(spec),
            stores: kind.telling_stores(spec),
            status: object.data.get("status").cloned().unwrap_or_default(),
            is_being_deleted: object.metadata.deletion_timestamp.is_some(),
            adopt: annotations.get(labels::ADOPT).cloned(),
            finalizers: object.finalizers().to_vec(),
            handed_down: handed_down.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// The name of the copies.
    pub(super) fn copy_name<'a>(&'a self, spec: &'a FanOut) -> &'a str {
        spec.name.as_deref().unwrap_or(&self.name)
    }

    /// The annotations of each copy: those that are asked for, and those of the object that are meant for it.
    pub(super) fn annotations(&self, spec: &FanOut) -> BTreeMap<String, String> {
        let mut annotations = spec.annotations.clone();
        annotations.extend(self.handed_down.clone());
        annotations
    }

    /// The finalizers that are not the other controller's, if it left any.
    pub(super) fn others_finalizers(&self) -> Option<Vec<&String>> {
        let others: Vec<_> = self.finalizers.iter().filter(|name| !name.starts_with(FINALIZERS)).collect();
        (others.len() < self.finalizers.len()).then_some(others)
    }
}

/// Whether a namespace is selected. A spec that selects nothing selects no namespace.
pub(super) fn selects(spec: &FanOut, namespace: &str, labels: &Labels) -> bool {
    spec.namespaces.iter().any(|name| name == namespace) || spec.selectors.iter().any(|one| selection::selects(one, labels))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn declared(spec: &Value) -> Declared {
        let object = json!({"metadata": {"name": "all", "annotations": {"external-secrets.io/force-sync": "now", "other": "x"},
            "finalizers": ["externalsecrets.external-secrets.io/clusterexternalsecret-cleanup", "mine"]}, "spec": spec});
        Declared::new(FanOutKind::External, &serde_json::from_value(object).unwrap())
    }

    #[rstest]
    #[case::none(json!({}), false)]
    #[case::by_name(json!({"namespaces": ["shop"]}), true)]
    #[case::another_name(json!({"namespaces": ["sho"]}), false)]
    #[case::by_label(json!({"namespaceSelectors": [{"matchLabels": {"team": "y"}}, {"matchLabels": {"team": "x"}}]}), true)]
    #[case::another_label(json!({"namespaceSelector": {"matchLabels": {"team": "y"}}}), false)]
    #[case::all(json!({"namespaceSelectors": [{}]}), true)]
    fn which_namespaces(#[case] mut spec: Value, #[case] selected: bool) {
        spec["externalSecretSpec"] = json!({});
        let labels = Arc::new([("team".to_owned(), "x".to_owned())].into());
        assert_eq!(selects(&declared(&spec).spec.unwrap(), "shop", &labels), selected);
    }

    #[test]
    fn a_copy_gets_what_asks_it_for_a_refresh_and_no_other_annotation() {
        let declared = declared(&json!({"externalSecretSpec": {}, "externalSecretMetadata": {"annotations": {"a": "b"}}}));
        let spec = declared.spec.as_ref().unwrap();
        assert_eq!(declared.annotations(spec).into_keys().collect::<Vec<_>>(), ["a", "external-secrets.io/force-sync"]);
        assert_eq!(declared.copy_name(spec), "all");
        assert_eq!(declared.others_finalizers().unwrap(), ["mine"]);
    }
}
