//! Objects of External Secrets Operator, held against what of them is served here: unknown fields by path, what cannot be
//! acted upon, limits that cannot be read.
//!
//! Must never: judge what says that it is another controller's.

use std::collections::BTreeSet;

use sealbridge_api::labels;
use sealbridge_manifest::document::{DecodeError, Object, decode};
use sealbridge_manifest::external_secrets::{self, StoreSpec};
use sealbridge_manifest::{PlanError, StoreGroup};
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret::namespace;
use super::schema::{Problem, steps};
use super::secret_spec::SecretSpec;
use super::{cluster_external_secret, declared_secret, external_generator};

/// The class by which stores name this operator unless it was told another.
const OWN_CLASS: &str = "sealbridge";

/// Judges one object of `external-secrets.io/v1`, and notes what it has to do with other objects.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    match object.kind() {
        _ if is_anothers(object) => {}
        external_secrets::KIND => secret(subject, object, declared, drafts),
        external_secrets::CLUSTER_KIND => cluster_external_secret::judge(subject, object, declared, drafts),
        "SecretStore" | "ClusterSecretStore" => store(subject, object, drafts),
        _ => {}
    }
}

fn secret(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let spec = SecretSpec::own(object);
    spec.judge(subject, object, &label, drafts);
    keys_twice(&spec, &label, drafts);
    let namespace = namespace(subject, object, &label, drafts);
    stores(&spec, namespace.as_deref(), &label, declared);
    external_generator::uses(&spec, namespace.as_deref(), &label, declared);
    if let Some(namespace) = namespace {
        declared_secret::note(subject, &spec, &namespace, &label, declared);
    }
}

fn store(subject: &Subject<'_>, object: &Object<'_>, drafts: &mut Vec<Draft>) {
    let label = label(object);
    if let Err(problem) = decoded(subject, object) {
        let at = At::Path(object.place.document, steps(object, &problem));
        drafts.push(Draft::of_error(Rule::ExternalSecret, at, &problem).of(&label));
    }
    limits(object, &label, drafts);
}

/// Whether the object says itself that somebody else serves it.
pub(super) fn is_anothers(object: &Object<'_>) -> bool {
    let class = object.value.pointer("/spec/controller").and_then(Value::as_str).filter(|class| !class.is_empty());
    object.metadata_texts("annotations").get(labels::ADOPT).is_some_and(|adopt| adopt != "true")
        || class.is_some_and(|class| class != OWN_CLASS)
}

fn decoded(subject: &Subject<'_>, object: &Object<'_>) -> Result<(), Problem> {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let is_patch = subject.surroundings.is_patch(subject.path);
    match decode(spec, "spec").map(|spec: StoreSpec| unusable(object, &spec)) {
        // A patch says only what it changes.
        Err(DecodeError::MissingField { .. }) | Ok(Some(_)) if is_patch => Ok(()),
        Err(problem) => Err(Problem::Decode(problem)),
        Ok(Some(problem)) => Err(Problem::Plan(problem)),
        Ok(None) => Ok(()),
    }
}

fn unusable(object: &Object<'_>, spec: &StoreSpec) -> Option<PlanError> {
    let wrong = |path, problem| Some(PlanError::Field { path, problem });
    let providers = object.value.pointer("/spec/provider").and_then(Value::as_object);
    if providers.is_none_or(|providers| providers.values().filter(|provider| !provider.is_null()).count() != 1) {
        return wrong("spec.provider", "it names no provider, or more than one; name one");
    }
    if spec.users().is_none() {
        return wrong("spec.conditions", "an expression under namespaceRegexes is none; correct it");
    }
    None
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
pub(super) fn keys_twice(spec: &SecretSpec<'_>, label: &str, drafts: &mut Vec<Draft>) {
    let mut names = BTreeSet::new();
    for (entry, path) in spec.items("data") {
        let Some(key) = entry.get("secretKey").and_then(Value::as_str) else { continue };
        if !names.insert(key) {
            let at = spec.at(&path);
            let draft = Draft::new(Rule::KeyTwice, at, "an entry above it writes the same key", "remove one of the two entries");
            drafts.push(draft.of(label).entry(key));
        }
    }
}

/// The stores that it names.
pub(super) fn stores(spec: &SecretSpec<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    let own = spec.value.get("secretStoreRef").map(|store| (store, spec.within(&["secretStoreRef"])));
    let of_lists = ["data", "dataFrom"].into_iter().flat_map(|list| spec.items(list));
    let of_lists = of_lists.filter_map(|(source, path)| Some((source.pointer("/sourceRef/storeRef")?, spec.at(&path))));
    for (store, at) in own.into_iter().chain(of_lists) {
        let text = |field: &str| store.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(name) = text("name") else { continue };
        let is_cluster = text("kind") == Some("ClusterSecretStore");
        if !is_cluster && spec.is_of_copies() {
            continue;
        }
        declared.uses.push(StoreUse {
            group: StoreGroup::ExternalSecrets,
            is_cluster,
            namespace: namespace.map(str::to_owned).filter(|_| !is_cluster),
            name: name.to_owned(),
            at,
            label: label.to_owned(),
        });
    }
}
