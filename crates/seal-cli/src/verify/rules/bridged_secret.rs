//! The entries of a BridgedSecret: what is plain, what is sealed, which stores are named, which keys are written.

use sealbridge_manifest::document::Object;
use sealbridge_seal::Target;
use serde_json::Value;

use super::super::across::{Declared, StoreUse, Written};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::Rule;
use super::sealed::{self, Standing};
use crate::config;
use crate::error::Error;
use crate::manifest_file::{BridgedSecretAt, Entry};

/// Judges one BridgedSecret and notes what it has to do with other objects.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let secret = BridgedSecretAt::new(*object);
    let namespace = namespace(subject, object, &label, drafts);
    for (key, entry) in secret.entries() {
        let at = At::within(object.place, &["spec", "data", key]);
        match entry {
            Entry::Plain => plain(subject, secret.plain(key).unwrap_or_default(), key, at.clone(), &label, drafts),
            Entry::Sealed(text) => {
                let target = namespace.as_deref().map(|namespace| Target { namespace, name: secret.secret_name(), key });
                let standing = Standing { at: at.clone(), object: &label, entry: key, text, target };
                if let Some(ids) = sealed::judge(subject, &standing, drafts) {
                    declared.sealed.insert((label.clone(), key.to_owned()), (at, ids));
                }
            }
            Entry::Remote(_) | Entry::Unclear => {}
        }
    }
    stores(object, namespace.as_deref(), &label, declared);
    if let Some(namespace) = namespace.filter(|_| !subject.surroundings.is_patch(subject.path)) {
        let keys = secret.entries().map(|(key, _)| key.to_owned()).collect();
        declared.written.push(Written {
            folder: config::folder_of(subject.path),
            namespace,
            secret: secret.secret_name().to_owned(),
            object: object.name().to_owned(),
            label,
            place: object.place,
            keys,
        });
    }
}

fn namespace(subject: &Subject<'_>, object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) -> Option<String> {
    match subject.surroundings.namespace(subject.path, object) {
        Ok(namespace) => Some(namespace),
        Err(Error::NoNamespace) => None,
        Err(problem) => {
            let at = At::within(object.place, &["metadata", "namespace"]);
            drafts.push(Draft::of_error(Rule::NamespaceConflict, at, &problem).of(label));
            None
        }
    }
}

fn plain(subject: &Subject<'_>, text: &str, key: &str, at: At, label: &str, drafts: &mut Vec<Draft>) {
    let policy = subject.surroundings.rule_for(subject.path).map(|rule| &rule.policy);
    let listed = "seal it with `seal set`, or list it under `plainKeys` of the rule's policy";
    let (problem, advice) = if policy.is_some_and(|policy| !policy.allows_plain(key)) {
        ("it is plain, and the policy of the rule does not allow that here", listed)
    } else if shape(text) {
        (
            "it is plain and has the shape of a credential",
            "seal it with `seal set`, and change it at its source if it was ever pushed",
        )
    } else if name(key) && !is_harmless(text) && !policy.is_some_and(|policy| policy.lists_plain(key)) {
        ("it is plain, and its name speaks of a secret", listed)
    } else {
        return;
    };
    drafts.push(Draft::new(Rule::PlainEntry, at, problem, advice).of(label).entry(key));
}

/// The stores that an object names: `spec.secretStoreRef`, and those of its entries and sources.
pub(in super::super) fn stores(object: &Object<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    let entries = object.value.pointer("/spec/data").and_then(Value::as_object);
    let of_entries = entries
        .into_iter()
        .flatten()
        .map(|(key, entry)| (vec!["spec", "data", key, "secretStoreRef"], entry.get("secretStoreRef")));
    let own = ["/spec/secretStoreRef", "/spec/identity/secretStoreRef"]
        .map(|pointer| (pointer.split('/').skip(1).collect(), object.value.pointer(pointer)));
    // A place in a list has no name of its own here: the list is named.
    let of_sources = object.value.pointer("/spec/dataFrom").and_then(Value::as_array).into_iter().flatten();
    let of_sources = of_sources.map(|source| (vec!["spec", "dataFrom"], source.get("secretStoreRef")));
    for (path, store) in own.into_iter().chain(of_entries).chain(of_sources) {
        let text = |field: &str| store.and_then(|store| store.get(field)).and_then(Value::as_str);
        let Some(name) = text("name") else { continue };
        let is_cluster = text("kind") == Some("ClusterSecretStore");
        declared.uses.push(StoreUse {
            is_cluster,
            namespace: namespace.map(str::to_owned).filter(|_| !is_cluster),
            name: name.to_owned(),
            at: At::within(object.place, &path),
            label: label.to_owned(),
        });
    }
}
