//! Objects of External Secrets Operator, held against what of them is served here: unknown fields by path, what cannot be
//! acted upon, limits that cannot be read.
//!
//! Must never: judge what says that it is another controller's.

use std::collections::BTreeSet;

use sealbridge_api::labels;
use sealbridge_manifest::document::{DecodeError, Object, decode};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::external_secrets::{self, Around, ExternalSecretSpec, StoreSpec};
use sealbridge_manifest::{PlanError, StoreGroup};
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret::namespace;
use super::declared_secret::{self, at};
use super::external_generator;
use super::schema::{Problem, steps};

/// The class by which stores name this operator unless it was told another.
const OWN_CLASS: &str = "sealbridge";

/// Judges one object of `external-secrets.io/v1`, and notes what it has to do with other objects.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let is_secret = object.kind() == external_secrets::KIND;
    if is_anothers(object) || !is_secret && !matches!(object.kind(), "SecretStore" | "ClusterSecretStore") {
        return;
    }
    if let Err(problem) = decoded(subject, object) {
        let at = At::Path(object.place.document, steps(object, &problem));
        drafts.push(Draft::of_error(Rule::ExternalSecret, at, &problem).of(&label));
    }
    if !is_secret {
        limits(object, &label, drafts);
        return;
    }
    keys_twice(object, &label, drafts);
    let namespace = namespace(subject, object, &label, drafts);
    stores(object, namespace.as_deref(), &label, declared);
    external_generator::uses(object, namespace.as_deref(), &label, declared);
    if let Some(namespace) = namespace {
        declared_secret::note(subject, object, &namespace, &label, declared);
    }
}

/// Whether the object says itself that somebody else serves it.
pub(super) fn is_anothers(object: &Object<'_>) -> bool {
    let class = object.value.pointer("/spec/controller").and_then(Value::as_str).filter(|class| !class.is_empty());
    object.metadata_texts("annotations").get(labels::ADOPT).is_some_and(|adopt| adopt != "true")
        || class.is_some_and(|class| class != OWN_CLASS)
}

fn decoded(subject: &Subject<'_>, object: &Object<'_>) -> Result<(), Problem> {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let result = if object.kind() == external_secrets::KIND {
        let (labels, annotations) = (object.metadata_texts("labels"), object.metadata_texts("annotations"));
        let around = Around { namespace: "", name: object.name(), labels: &labels, annotations: &annotations };
        decode(spec, "spec").map(|spec: ExternalSecretSpec| external_secrets::plan(around, &spec).err())
    } else {
        decode(spec, "spec").map(|spec: StoreSpec| store(object, &spec).err())
    };
    let is_patch = subject.surroundings.is_patch(subject.path);
    match result {
        // A patch says only what it changes.
        Err(DecodeError::MissingField { .. }) | Ok(Some(_)) if is_patch => Ok(()),
        Err(problem) => Err(Problem::Decode(problem)),
        Ok(Some(problem)) => Err(Problem::Plan(problem)),
        Ok(None) => Ok(()),
    }
}

fn store(object: &Object<'_>, spec: &StoreSpec) -> Result<(), PlanError> {
    let wrong = |path, problem| Err(PlanError::Field { path, problem });
    let providers = object.value.pointer("/spec/provider").and_then(Value::as_object);
    if providers.is_none_or(|providers| providers.values().filter(|provider| !provider.is_null()).count() != 1) {
        return wrong("spec.provider", "it names no provider, or more than one; name one");
    }
    if spec.users().is_none() {
        return wrong("spec.conditions", "an expression under namespaceRegexes is none; correct it");
    }
    Ok(())
}

/// Limits are in no field of these kinds, so that nobody else looks at them.
fn limits(object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) {
    let Some(text) = object.metadata_texts("annotations").remove(labels::LIMITS) else { return };
    let (problem, advice) = if object.kind() != "ClusterSecretStore" {
        ("it stands on a SecretStore, which has no limits", "remove it")
    } else if external_secrets::limits(&text).is_none() {
        ("it is no list of limits, so that nobody would be let in", "write it as docs/tenancy.md shows")
    } else {
        return;
    };
    let at = At::within(object.place, &["metadata", "annotations", labels::LIMITS]);
    drafts.push(Draft::new(Rule::ExternalSecret, at, problem, advice).of(label).entry(labels::LIMITS));
}

/// Two entries of one name: where the other controller takes the later one.
fn keys_twice(object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) {
    let mut names = BTreeSet::new();
    for (position, entry) in object.value.pointer("/spec/data").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let Some(key) = entry.get("secretKey").and_then(Value::as_str) else { continue };
        if !names.insert(key) {
            let at = at(object, vec![Step::key("spec"), Step::key("data"), Step::Index(position)]);
            let draft = Draft::new(Rule::KeyTwice, at, "an entry above it writes the same key", "remove one of the two entries");
            drafts.push(draft.of(label).entry(key));
        }
    }
}

/// The stores that it names.
fn stores(object: &Object<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let own = spec.get("secretStoreRef").map(|store| (store, vec![Step::key("spec"), Step::key("secretStoreRef")]));
    let of_lists = ["data", "dataFrom"].into_iter().flat_map(|list| {
        let sources = spec.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        sources.filter_map(move |(position, source)| {
            let path = vec![Step::key("spec"), Step::key(list), Step::Index(position)];
            Some((source.pointer("/sourceRef/storeRef")?, path))
        })
    });
    for (store, path) in own.into_iter().chain(of_lists) {
        let text = |field: &str| store.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(name) = text("name") else { continue };
        let is_cluster = text("kind") == Some("ClusterSecretStore");
        declared.uses.push(StoreUse {
            group: StoreGroup::ExternalSecrets,
            is_cluster,
            namespace: namespace.map(str::to_owned).filter(|_| !is_cluster),
            name: name.to_owned(),
            at: at(object, path),
            label: label.to_owned(),
        });
    }
}
