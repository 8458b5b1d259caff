//! Where each entry comes from. Pure.
//!
//! Must never: hold a value, a plain one included.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sealbridge_api::bridged_secret::{SourceStatus, StoreKind};
use sealbridge_manifest::{Entry, Missing, Origin, Plan, SourceRef};
use sealbridge_seal::{Date, SealedValue, Target};
use serde::Serialize;

use super::{claims, templates};

/// One entry, or one document that brings several.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryTold {
    pub(crate) entry: String,
    /// `store`, `store-members`, `store-search`, `generator`, `sealed`, `plain`, `sealed-secret`, `sops` or `template`.
    pub(crate) source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property: Option<String>,
    /// As it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// As the store last served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) served_version: Option<String>,
    /// When that was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sealed_on: Option<Date>,
    /// Keys that it names. Claimed, as scope and date are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) key_ids: Vec<String>,
    /// Whether only templates read it, so that the Secret has no entry of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_for_templates: bool,
    /// What becomes of the entry when the store says that there is no value, where that is not what the policy says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) without_value: Option<&'static str>,
    /// Where the template stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<String>,
    /// The values that the template names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reads: Vec<String>,
    /// Functions of the template that give another result at every run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) volatile: Vec<&'static str>,
    /// The encrypted places of a document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) paths: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// Whether it may bring any entry.
    #[serde(skip)]
    pub(crate) brings_any: bool,
    /// Entries that the document may bring.
    #[serde(skip)]
    pub(super) brings: BTreeSet<String>,
}

impl EntryTold {
    /// Whether it is, or may bring, an entry of this name.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        self.entry == name || self.brings_any || self.brings.contains(name)
    }
}

/// All entries of a plan, with what the operator last saw of the sources. Of two that bring the same one the later counts.
pub(crate) fn told(plan: &Plan, sources: &[SourceStatus]) -> Vec<EntryTold> {
    let template = &plan.target.template;
    let are_for_templates = !template.is_empty() && !template.keeps_values;
    let values = values(plan, sources).into_iter().map(|told| EntryTold { is_for_templates: are_for_templates, ..told });
    values.chain(templates::told(plan)).collect()
}

fn values(plan: &Plan, sources: &[SourceStatus]) -> Vec<EntryTold> {
    let several = plan.from.iter().enumerate().map(|(position, from)| match &from.origin {
        Origin::Document(text) => document(position, text),
        Origin::Members { source, property, .. } => {
            let told = remote(&plan.namespace, &claims::place(position), source, property.as_ref(), sources);
            EntryTold { source: "store-members", brings_any: true, ..told }
        }
        Origin::Found { source, .. } => {
            let told = remote(&plan.namespace, &claims::place(position), source, None, sources);
            EntryTold { source: "store-search", brings_any: true, ..told }
        }
        Origin::Generated(generator) => {
            EntryTold { source: "generator", key: Some(generator.to_string()), brings_any: true, ..named(&claims::place(position)) }
        }
    });
    let entries = plan.entries.iter().map(|(name, entry)| match entry {
        Entry::Remote { source, property, missing, .. } => {
            let told = remote(&plan.namespace, name, source, property.as_ref(), sources);
            EntryTold { without_value: without_value(missing), ..told }
        }
        Entry::Sealed(text) => sealed(plan, name, text),
        Entry::SealedSecretValue { label, .. } => {
            EntryTold { source: "sealed-secret", scope: Some(scope_of(label).to_owned()), ..named(name) }
        }
        Entry::Plain(_) => EntryTold { source: "plain", ..named(name) },
    });
    several.chain(entries).collect()
}

/// A value of a SealedSecret is bound to `namespace/name`, to a namespace, or to nothing.
fn scope_of(label: &str) -> &'static str {
    match label {
        "" => "cluster-wide",
        label if label.contains('/') => "strict",
        _ => "namespace-wide",
    }
}

fn without_value(missing: &Missing) -> Option<&'static str> {
    match missing {
        Missing::AsPolicySays => None,
        Missing::LeftOut => Some("left out"),
        Missing::Value(_) => Some("its default"),
    }
}

pub(super) fn named(name: &str) -> EntryTold {
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
