//! Namespaces that manifests declare, and how labels select them.
//!
//! Must never: take a namespace for one that is not there because no manifest declares it.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::selection::selects;
use sealbridge_manifest::FanOut;
use sealbridge_manifest::document::Object;

use crate::manifest_file::ManifestFile;
use crate::target::is_label;

/// The kind.
pub(crate) const KIND: &str = "Namespace";

/// Label that the API server itself gives every namespace: its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A namespace as one manifest declares it: its name, and its labels.
pub(crate) type Declared = (String, BTreeMap<String, String>);

/// The namespace that an object declares, if it declares one.
pub(crate) fn declared(object: &Object<'_>) -> Option<Declared> {
    let is_one = object.kind() == KIND && object.api_version() == "v1";
    is_one.then(|| (object.name().to_owned(), object.metadata_texts("labels")))
}

/// All namespaces that the files declare.
pub(crate) fn of_files<'f>(files: impl Iterator<Item = &'f ManifestFile>) -> Vec<Declared> {
    files.flat_map(ManifestFile::objects).filter_map(|object| declared(&object)).collect()
}

/// Whether a selector selects the namespace, as it is declared.
pub(crate) fn is_selected(selector: &LabelSelector, namespace: &str, labels: &BTreeMap<String, String>) -> bool {
    let mut labels = labels.clone();
    labels.insert(NAME_LABEL.to_owned(), namespace.to_owned());
    selects(selector, &labels)
}

/// The namespaces in which an object stands, as far as manifests tell: those that it names, and of those that are declared
/// the ones that it selects. What cannot be a namespace's name is none.
pub(crate) fn of_fan_out(fan_out: &FanOut, declared: &[Declared]) -> BTreeSet<String> {
    let is_meant = |(name, labels): &&Declared| fan_out.selectors.iter().any(|selector| is_selected(selector, name, labels));
    let selected = declared.iter().filter(is_meant).map(|(name, _)| name.clone());
    fan_out.namespaces.iter().cloned().chain(selected).filter(|name| is_label(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_manifest::document::{objects, parse};
    use sealbridge_manifest::native;
    use serde_json::{Value, json};

    const MANIFESTS: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: x}}\n\
        ---\napiVersion: v1\nkind: Namespace\nmetadata: {name: bank}\n\
        ---\napiVersion: example/v1\nkind: Namespace\nmetadata: {name: other, labels: {team: x}}\n";

    #[rstest]
    #[case::named_and_not_declared(json!({"namespaces": ["far"]}), &["far"])]
    #[case::by_label(json!({"namespaces": ["far"], "namespaceSelector": {"matchLabels": {"team": "x"}}}), &["far", "shop"])]
    #[case::by_name(json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "bank"}}}), &["bank"])]
    #[case::all(json!({"namespaces": ["shop"], "namespaceSelector": {}}), &["bank", "shop"])]
    #[case::cannot_be(json!({"namespaces": ["shop/a", ""]}), &[])]
    #[case::none(json!({"namespaceSelector": {"matchLabels": {"team": "y"}}}), &[])]
    fn as_far_as_manifests_tell(#[case] mut spec: Value, #[case] expected: &[&str]) {
        spec["template"] = json!({"spec": {}});
        let documents = parse(MANIFESTS).expect("YAML");
        let declared: Vec<_> = objects(&documents).iter().filter_map(declared).collect();
        let found = of_fan_out(&native::fan_out(&spec).expect("a spec"), &declared);
        assert_eq!(found, expected.iter().map(|name| (*name).to_owned()).collect());
    }
}
