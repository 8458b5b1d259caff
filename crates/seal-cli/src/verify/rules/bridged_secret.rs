//! The entries of a BridgedSecret: what is plain, what is sealed, which stores are named, which keys are written.

use sealbridge_manifest::StoreGroup;
use sealbridge_manifest::document::Object;
use sealbridge_seal::Target;
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::Rule;
use super::declared_secret;
use super::sealed::{self, Standing};
use super::secret_spec::SecretSpec;
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
    if let Some(namespace) = namespace {
        declared_secret::note(subject, &SecretSpec::own(object), &namespace, &label, declared);
    }
}

/// Where an object will live, as far as anybody says.
pub(super) fn namespace(subject: &Subject<'_>, object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) -> Option<String> {
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

/// Judges an entry that is written as it is.
pub(super) fn plain(subject: &Subject<'_>, text: &str, key: &str, at: At, label: &str, drafts: &mut Vec<Draft>) {
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
    let Some(spec) = object.value.get("spec") else { return };
    for named in named_stores(spec) {
        declared.uses.push(StoreUse {
            group: StoreGroup::Native,
            is_cluster: named.is_cluster,
            namespace: namespace.map(str::to_owned).filter(|_| !named.is_cluster),
            name: named.name.to_owned(),
            at: At::within(object.place, &[&["spec"], named.path.as_slice()].concat()),
            label: label.to_owned(),
        });
    }
}

/// A store that a spec names.
pub(super) struct NamedStore<'a> {
    /// Where, below the spec.
    pub(super) path: Vec<&'a str>,
    pub(super) name: &'a str,
    pub(super) is_cluster: bool,
}

/// The stores that a spec names, where it does.
pub(super) fn named_stores(spec: &Value) -> impl Iterator<Item = NamedStore<'_>> {
    let entries = spec.get("data").and_then(Value::as_object).into_iter().flatten();
    let of_entries = entries.map(|(key, entry)| (vec!["data", key, "secretStoreRef"], entry.get("secretStoreRef")));
    let own = [
        (vec!["secretStoreRef"], spec.get("secretStoreRef")),
        (vec!["identity", "secretStoreRef"], spec.pointer("/identity/secretStoreRef")),
    ];
    // A place in a list has no name of its own here: the list is named.
    let of_sources = spec.get("dataFrom").and_then(Value::as_array).into_iter().flatten();
    let of_sources = of_sources.map(|source| (vec!["dataFrom"], source.get("secretStoreRef")));
    own.into_iter().chain(of_entries).chain(of_sources).filter_map(|(path, store)| {
        let text = |field: &str| store?.get(field)?.as_str();
        Some(NamedStore { path, name: text("name")?, is_cluster: text("kind") == Some("ClusterSecretStore") })
    })
}
