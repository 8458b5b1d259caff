//! What an object that declares a Secret has to do with other objects: which keys it writes, and what it reads from stores
//! that say who may read what.
//!
//! Must never: judge an object whose fields are not understood; that is told elsewhere.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{AdoptFrom, CreationPolicy, StoreKind};
use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::{Entry, Plan, external_secrets};
use serde_json::Value;

use super::super::across::{Declared, Reading, Written};
use super::super::draft::At;
use super::super::file::Subject;
use super::secret_spec::SecretSpec;
use crate::config;

/// Notes what a BridgedSecret or ExternalSecret of a namespace writes and reads.
pub(super) fn note(subject: &Subject<'_>, spec: &SecretSpec<'_>, namespace: &str, label: &str, declared: &mut Declared) {
    if subject.surroundings.is_patch(subject.path) {
        return;
    }
    let Ok(plan) = spec.plan(namespace) else { return };
    let adopts = plan.target.adopt.as_ref().filter(|adopt| adopt.from == AdoptFrom::ExternalSecret);
    declared.written.push(Written {
        folder: config::folder_of(subject.path),
        namespace: namespace.to_owned(),
        secret: plan.target.name.clone(),
        object: format!("{} {}", spec.kind(), spec.name),
        adopts: adopts.and_then(|adopt| Some(format!("{} {}", external_secrets::KIND, adopt.name.as_ref()?))),
        label: label.to_owned(),
        keys: written(spec, &plan),
    });
    let of_entries = plan.entries.iter().filter_map(|(key, entry)| match entry {
        Entry::Remote { source, .. } => Some((source, entry_at(spec, key), key.clone())),
        _ => None,
    });
    let of_sources = plan.from.iter().enumerate().filter_map(|(position, from)| {
        Some((from.origin.source()?, spec.at(&[Step::key("dataFrom"), Step::Index(position)]), String::new()))
    });
    for (source, at, entry) in
        of_entries.chain(of_sources).filter(|(source, ..)| source.store.kind == StoreKind::ClusterSecretStore)
    {
        let (namespace, label) = (namespace.to_owned(), label.to_owned());
        declared.readings.push(Reading { namespace, source: source.clone(), at, label, entry });
    }
}

/// The keys whose names are known, each with where it is said. Values that only templates see are no keys of the Secret.
fn written(spec: &SecretSpec<'_>, plan: &Plan) -> BTreeMap<String, At> {
    if plan.target.creation_policy == CreationPolicy::None {
        return BTreeMap::new();
    }
    let template = &plan.target.template;
    let values_stay = template.is_empty() || template.keeps_values;
    let values = plan.entries.keys().filter(|_| values_stay).map(|key| (key.clone(), entry_at(spec, key)));
    let made = template.entries.keys().map(|key| (key.clone(), spec.within(&["target", "template", "data", key])));
    values.chain(made).collect()
}

/// Where an entry stands: in a map, or in a list by its `secretKey`.
fn entry_at(spec: &SecretSpec<'_>, key: &str) -> At {
    let listed = spec.items("data").find(|(entry, _)| entry.get("secretKey").and_then(Value::as_str) == Some(key));
    listed.map_or_else(|| spec.within(&["data", key]), |(_, path)| spec.at(&path))
}

/// A path of an object.
pub(super) fn at(object: &Object<'_>, path: Vec<Step>) -> At {
    At::Path(object.place.document, [object.place.path(), path].concat())
}
