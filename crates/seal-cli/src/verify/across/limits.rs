//! What ClusterSecretStores of the tree say about who may read what, held against what its objects read.
//!
//! Must never: call something refused that the operator could let through: labels of a namespace count only if the tree
//! declares it, and of several stores of one name all have to refuse.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_manifest::StoreGroup;

use super::{Declared, Reading, Store};
use crate::namespaces::is_selected;
use crate::verify::draft::Draft;
use crate::verify::rule::Rule;

/// Judges what all files read; a finding belongs to the file of its number.
pub(super) fn judge(files: &[Declared], drafts: &mut Vec<(usize, Draft)>) {
    let mut stores: BTreeMap<(StoreGroup, &str), Vec<&Store>> = BTreeMap::new();
    for store in files.iter().flat_map(|file| &file.stores).filter(|store| store.is_cluster) {
        stores.entry((store.group, &store.name)).or_default().push(store);
    }
    let mut namespaces: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    for (name, labels) in files.iter().flat_map(|file| &file.namespaces) {
        namespaces.entry(name).or_default().push(labels);
    }
    for (number, file) in files.iter().enumerate() {
        for reading in &file.readings {
            let name = &reading.source.store;
            let stores = stores.get(&(name.group, name.name.as_str())).map(Vec::as_slice).unwrap_or_default();
            let labels = namespaces.get(reading.namespace.as_str()).map(Vec::as_slice).unwrap_or_default();
            let refusals: Option<Vec<String>> = stores.iter().map(|store| refused(store, reading, labels)).collect();
            let Some(refusal) = refusals.and_then(|refusals| refusals.into_iter().next()) else { continue };
            let draft = Draft::of_error(Rule::StoreLimit, reading.at.clone(), &refusal);
            drafts.push((number, draft.of(&reading.label).entry(&reading.entry)));
        }
    }
}

/// Why the store does not give what is read; `None` if it may.
fn refused(store: &Store, reading: &Reading, labels: &[&BTreeMap<String, String>]) -> Option<String> {
    let given = store.given.as_ref()?;
    let Reading { namespace, source, .. } = reading;
    let may_select =
        |selector: &LabelSelector| labels.is_empty() || labels.iter().any(|labels| is_selected(selector, namespace, labels));
    if !given.admits_by(namespace, may_select) {
        return Some(format!(
            "ClusterSecretStore {} is not for namespace {namespace}, by its conditions; read from another store, or have them changed",
            store.name
        ));
    }
    let refused = given.admission_by(namespace, may_select).admit(&source.key).err()?;
    Some(format!("ClusterSecretStore {}: {refused}", store.name))
}
