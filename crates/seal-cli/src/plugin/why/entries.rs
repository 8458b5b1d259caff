//! Where each entry comes from, and which defaults apply. Pure.
//!
//! Must never: hold a value, a plain one included.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sealbridge_api::bridged_secret::{BridgedSecretSpec, SourceStatus, StoreKind};
use sealbridge_manifest::{Entry, Origin, Plan, SourceRef};
use sealbridge_seal::{Date, SealedValue, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use serde::Serialize;

use crate::cluster::Kind;
use crate::plugin::claims;
use crate::plugin::object::Declared;

/// One entry, or one document that brings several.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryTold {
    pub(super) entry: String,
    /// `store`, `store-members`, `store-search`, `sealed`, `plain`, `sealed-secret` or `sops`.
    pub(super) source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) property: Option<String>,
    /// As it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// As the store last served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) served_version: Option<String>,
    /// When that was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespaces: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sealed_on: Option<Date>,
    /// Keys that it names. Claimed, as scope and date are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) key_ids: Vec<String>,
    /// The encrypted places of a document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) paths: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
    /// Whether it may bring any entry.
    #[serde(skip)]
    brings_any: bool,
    /// Entries that the document may bring.
    #[serde(skip)]
    brings: BTreeSet<String>,
}

impl EntryTold {
    /// Whether it is, or may bring, an entry of this name.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.entry == name || self.brings_any || self.brings.contains(name)
    }
}

/// All entries. Sources of several go first: what is named takes precedence.
pub(super) fn told(declared: &Declared, plan: &Plan) -> Vec<EntryTold> {
    let sources = declared.status().sources;
    let several = plan.from.iter().enumerate().map(|(position, from)| match &from.origin {
        Origin::Document(text) => document(position, text),
        Origin::Members { source, property, .. } => {
            let told = remote(&plan.namespace, &claims::place(position), source, property.as_ref(), &sources);
            EntryTold { source: "store-members", brings_any: true, ..told }
        }
        Origin::Found { source, .. } => {
            let told = remote(&plan.namespace, &claims::place(position), source, None, &sources);
            EntryTold { source: "store-search", brings_any: true, ..told }
        }
    });
    let entries = plan.entries.iter().map(|(name, entry)| match entry {
        Entry::Remote { source, property, .. } => remote(&plan.namespace, name, source, property.as_ref(), &sources),
        Entry::Sealed(text) => sealed(plan, name, text),
        Entry::SealedSecretValue { .. } => {
            EntryTold { source: "sealed-secret", scope: Some(scope_of(declared).to_owned()), ..named(name) }
        }
        Entry::Plain(_) => EntryTold { source: "plain", ..named(name) },
    });
    several.chain(entries).collect()
}

fn named(name: &str) -> EntryTold {
    EntryTold { entry: name.to_owned(), ..EntryTold::default() }
}

fn remote(namespace: &str, name: &str, source: &SourceRef, property: Option<&String>, seen: &[SourceStatus]) -> EntryTold {
    let store = &source.store;
    // As the status names it.
    let place = match store.kind {
        StoreKind::SecretStore => format!("SecretStore/{namespace}/{}", store.name),
        StoreKind::ClusterSecretStore => format!("ClusterSecretStore/{}", store.name),
    };
    let of_key: Vec<_> = seen.iter().filter(|seen| seen.store == place && seen.key == source.key.key).collect();
    // Of several versions of a key, only one that is asked for by its own name is known to be the one.
    let served = match of_key.as_slice() {
        [only] => Some(*only),
        several => several.iter().copied().find(|seen| seen.version.is_some() && seen.version == source.key.version),
    };
    EntryTold {
        source: "store",
        store: Some(format!("{}/{}", store.kind.as_str(), store.name)),
        key: Some(source.key.key.clone()),
        property: property.cloned(),
        version: source.key.version.clone(),
        served_version: served.and_then(|seen| seen.version.clone()),
        changed_at: served.and_then(|seen| seen.changed_at.as_ref().map(|time| time.0)),
        ..named(name)
    }
}

fn sealed(plan: &Plan, name: &str, text: &str) -> EntryTold {
    let told = EntryTold { source: "sealed", ..named(name) };
    let sealed = match SealedValue::parse(text) {
        Ok(sealed) => sealed,
        Err(problem) => return EntryTold { problem: Some(problem.to_string()), ..told },
    };
    let fits = sealed.matches_target(&Target { namespace: &plan.namespace, name: &plan.target.name, key: name });
    EntryTold {
        scope: Some(sealed.scope().as_str().to_owned()),
        namespaces: sealed.namespace_glob().map(ToString::to_string),
        sealed_on: Some(sealed.sealed_on()),
        key_ids: sealed.key_ids().iter().map(ToString::to_string).collect(),
        problem: (!fits).then(|| "it is sealed for another place; seal it again for this one".to_owned()),
        ..told
    }
}

fn document(position: usize, text: &str) -> EntryTold {
    let told = EntryTold { source: "sops", ..named(&claims::place(position)) };
    match claims::document(text) {
        Ok(document) => EntryTold {
            key_ids: document.key_ids.iter().map(ToString::to_string).collect(),
            paths: document.paths,
            brings: document.brings,
            ..told
        },
        Err(problem) => EntryTold { problem: Some(problem.to_string()), ..told },
    }
}

fn scope_of(declared: &Declared) -> &'static str {
    let annotations = declared.object.metadata.annotations.as_ref();
    match sealed_secrets::Scope::of_annotations(|key| annotations?.get(key).map(String::as_str)) {
        sealed_secrets::Scope::Strict => "strict",
        sealed_secrets::Scope::NamespaceWide => "namespace-wide",
        sealed_secrets::Scope::ClusterWide => "cluster-wide",
    }
}

/// The fields that a BridgedSecret leaves out, by what they then are.
pub(super) fn defaults(declared: &Declared) -> BTreeMap<&'static str, String> {
    let spec = (declared.kind == Kind::BridgedSecret).then(|| declared.spec()).flatten();
    let (Some(spec), Some(plan)) = (spec, declared.plan()) else { return BTreeMap::new() };
    let target = spec.target.clone().unwrap_or_default();
    let minutes = format!("{}m", plan.refresh_interval.as_secs() / 60);
    let rows = [
        ("refreshInterval", spec.refresh_interval.is_none() && !plan.sources().is_empty(), minutes),
        ("target.name", target.name.is_none(), plan.target.name.clone()),
        ("target.creationPolicy", target.creation_policy.is_none(), format!("{:?}", plan.target.creation_policy)),
        ("target.deletionPolicy", target.deletion_policy.is_none(), format!("{:?}", plan.target.deletion_policy)),
        ("target.template.type", plan.target.type_.is_none(), "Opaque".to_owned()),
        ("secretStoreRef.kind", leaves_out_a_kind(&spec), StoreKind::default().as_str().to_owned()),
    ];
    rows.into_iter().filter(|(_, is_left_out, _)| *is_left_out).map(|(field, _, value)| (field, value)).collect()
}

fn leaves_out_a_kind(spec: &BridgedSecretSpec) -> bool {
    let of_entries = spec.data.values().filter_map(|entry| entry.secret_store_ref.as_ref());
    let of_sources = spec.data_from.iter().filter_map(|from| from.secret_store_ref.as_ref());
    spec.secret_store_ref.iter().chain(of_entries).chain(of_sources).any(|store| store.kind.is_none())
}
