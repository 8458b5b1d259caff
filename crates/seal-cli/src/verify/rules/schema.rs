//! Objects of the native API against its types: unknown fields by path, missing ones, values that cannot be meant.

use sealbridge_api::ClusterBridgedSecretSpec;
use sealbridge_api::bridged_secret::BridgedSecretSpec;
use sealbridge_api::sealing_key::SealingKeySpec;
use sealbridge_api::store::{ClusterSecretStoreSpec, SecretStoreSpec};
use sealbridge_manifest::document::{DecodeError, Object, decode};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::push::PushPlanError;
use sealbridge_manifest::{PlanError, native, retyped_keys};
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;

const FIELDS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

/// Judges one object of our group, whatever its version.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let mut found = |path: &[&str], problem: String, advice: &str| {
        drafts.push(Draft::new(Rule::Schema, At::within(object.place, path), problem, advice).of(&label));
    };
    if !object.is_ours() {
        found(
            &["apiVersion"],
            "it has an apiVersion that is not known here".to_owned(),
            "write sealbridge.dev/v1, or use a release that knows it",
        );
        return;
    }
    for field in
        object.value.as_object().into_iter().flatten().map(|(field, _)| field).filter(|field| !FIELDS.contains(&field.as_str()))
    {
        found(
            &[field],
            format!("{field} is not a known field (expected one of {})", FIELDS.join(", ")),
            "correct its name, or remove it",
        );
    }
    let metadata = object.value.get("metadata");
    if object.name().is_empty() && metadata.and_then(|metadata| metadata.get("generateName")).is_none() {
        found(&["metadata"], "it has no metadata.name".to_owned(), "add it");
    }
    if let Err(problem) = decoded(subject, object) {
        let at = At::Path(object.place.document, steps(object, &problem));
        drafts.push(Draft::of_error(Rule::Schema, at, &problem).of(&label));
    }
    match object.kind() {
        "BridgedSecret" => bare_keys(subject, object, &["spec"], &label, drafts),
        native::CLUSTER_KIND => bare_keys(subject, object, native::SPEC_OF_COPIES, &label, drafts),
        _ => {}
    }
}

/// What is wrong with a spec.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error(transparent)]
    Decode(DecodeError),
    #[error("{}", two_parts(.0))]
    Plan(PlanError),
    #[error("{}", two_parts(.0))]
    Push(PushPlanError),
    #[error("its kind is none of sealbridge.dev/v1; correct it")]
    Kind,
}

/// Only some of these errors have a semicolon between what failed and what to do.
fn two_parts(problem: &impl std::fmt::Display) -> String {
    let text = problem.to_string();
    if text.contains("; ") { text } else { format!("{text}; correct it") }
}

fn decoded(subject: &Subject<'_>, object: &Object<'_>) -> Result<(), Problem> {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let result = match object.kind() {
        "BridgedSecret" => decode(spec, "spec").map(|spec: BridgedSecretSpec| native::plan("", object.name(), &spec).err()),
        native::CLUSTER_KIND => decode(spec, "spec").map(|_: ClusterBridgedSecretSpec| None),
        "SecretStore" => decode(spec, "spec").map(|_: SecretStoreSpec| None),
        "ClusterSecretStore" => decode(spec, "spec").map(|_: ClusterSecretStoreSpec| None),
        // Judged with those of External Secrets Operator.
        native::PUSH_KIND => return Ok(()),
        "SealingKey" => decode(spec, "spec").map(|_: SealingKeySpec| None),
        _ => return Err(Problem::Kind),
    };
    let is_patch = subject.surroundings.is_patch(subject.path);
    match result {
        // A patch says only what it changes.
        Err(DecodeError::MissingField { .. }) if is_patch => Ok(()),
        Ok(Some(PlanError::EntrySource { .. } | PlanError::StoreMissing { .. } | PlanError::FromStoreMissing { .. }))
            if is_patch =>
        {
            Ok(())
        }
        Err(problem) => Err(Problem::Decode(problem)),
        Ok(Some(problem)) => Err(Problem::Plan(problem)),
        Ok(None) => Ok(()),
    }
}

/// Where a problem stands. A dot in a key looks like a step; then the place is the map that the key is in.
pub(super) fn steps(object: &Object<'_>, problem: &Problem) -> Vec<Step> {
    let path = match problem {
        Problem::Decode(
            DecodeError::UnknownField { path, .. }
            | DecodeError::MissingField { path, .. }
            | DecodeError::UnknownVariant { path, .. }
            | DecodeError::WrongType { path },
        ) => path.clone(),
        Problem::Plan(
            PlanError::EntrySource { key }
            | PlanError::StoreMissing { key }
            | PlanError::Absence { key }
            | PlanError::KeyName { key, .. },
        ) => {
            return [object.place.path(), vec![Step::key("spec"), Step::key("data"), Step::key(key)]].concat();
        }
        Problem::Plan(PlanError::Field { path, .. }) => (*path).to_owned(),
        Problem::Plan(PlanError::Template { path, .. }) => (*path).to_owned(),
        Problem::Plan(PlanError::FromStoreMissing { position } | PlanError::From { position, .. }) => {
            format!("spec.dataFrom[{position}]")
        }
        Problem::Plan(PlanError::TemplateFrom { position, .. }) => format!("spec.target.template.templateFrom[{position}]"),
        Problem::Plan(PlanError::Data { position, .. }) => format!("spec.data[{position}]"),
        // No plan of these objects ends so.
        Problem::Plan(PlanError::SealedSecretValue { .. }) => "spec".to_owned(),
        Problem::Push(problem) => problem.path().to_owned(),
        Problem::Kind => "kind".to_owned(),
    };
    steps_of(object, &path)
}

/// Where the field of a path stands.
pub(super) fn steps_of(object: &Object<'_>, path: &str) -> Vec<Step> {
    let mut steps = object.place.path();
    for part in path.split('.') {
        let (key, index) = part
            .strip_suffix(']')
            .and_then(|part| part.split_once('['))
            .map_or((part, None), |(key, index)| (key, index.parse().ok()));
        steps.push(Step::key(key));
        steps.extend(index.map(Step::Index));
    }
    steps
}

fn bare_keys(subject: &Subject<'_>, object: &Object<'_>, spec: &[&str], label: &str, drafts: &mut Vec<Draft>) {
    for key in retyped_keys(subject.text, subject.documents.len(), object, spec) {
        let at = At::within(object.place, &[spec, &["data", &key]].concat());
        let problem = "kubectl, kustomize and Helm take this bare key for a boolean, a number or a date";
        drafts.push(Draft::new(Rule::BareKey, at, problem, "put it in quotes").of(label).entry(&key));
    }
}
