//! Generators of ExternalSecrets and PushSecrets, held against what of them runs here: unknown fields by path, what cannot be meant.
//!
//! Must never: run one, or judge a kind that does not run here.

use sealbridge_manifest::document::{DecodeError, Object};
use sealbridge_manifest::external_secrets::{self, GeneratorError};
use sealbridge_manifest::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef};
use serde_json::Value;

use super::super::across::{Declared, Generator, GeneratorUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret::namespace;
use super::schema::steps_of;
use super::secret_spec::SecretSpec;

/// Whether an object is a generator of a kind that runs here.
pub(in super::super) fn is_one(object: &Object<'_>) -> bool {
    kind(object).is_some()
}

fn kind(object: &Object<'_>) -> Option<GeneratorKind> {
    let is_of_the_group = object.api_version().split_once('/') == Some((GENERATOR_GROUP, GENERATOR_VERSION));
    GeneratorKind::named(object.kind()).filter(|_| is_of_the_group)
}

/// Judges a generator, and notes that it is there.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let Some(kind) = kind(object) else { return };
    let label = label(object);
    let is_patch = subject.surroundings.is_patch(subject.path);
    match external_secrets::generator(kind, object.value.get("spec").unwrap_or(&Value::Null)) {
        Ok(_) => {}
        // A patch says only what it changes.
        Err(GeneratorError::Undecodable(DecodeError::MissingField { .. }) | GeneratorError::Field { .. }) if is_patch => {}
        Err(problem) => {
            let at = At::Path(object.place.document, steps_of(object, problem.path()));
            drafts.push(Draft::of_error(Rule::ExternalSecret, at, &problem).of(&label));
        }
    }
    let namespace = if kind.is_of_the_cluster() { None } else { namespace(subject, object, &label, drafts) };
    declared.generators.push(Generator { named: GeneratorRef { kind, name: object.name().to_owned() }, namespace });
}

/// Notes the generators that an ExternalSecret names, of kinds that run here.
pub(super) fn uses(spec: &SecretSpec<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    for (source, path) in spec.items("dataFrom") {
        let Some(named) = source.pointer("/sourceRef/generatorRef").and_then(named) else { continue };
        if named.kind.is_of_the_cluster() || !spec.is_of_copies() {
            declared.generator_uses.push(used(named, namespace, spec.at(&path), label));
        }
    }
}

/// Notes the generator that a PushSecret names, of a kind that runs here.
pub(super) fn pushed(object: &Object<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    if let Some(named) = object.value.pointer("/spec/selector/generatorRef").and_then(named) {
        let at = At::within(object.place, &["spec", "selector", "generatorRef"]);
        declared.generator_uses.push(used(named, namespace, at, label));
    }
}

fn named(reference: &Value) -> Option<GeneratorRef> {
    let text = |field: &str| reference.get(field).and_then(Value::as_str);
    Some(GeneratorRef { kind: GeneratorKind::named(text("kind")?)?, name: text("name")?.to_owned() })
}

fn used(named: GeneratorRef, namespace: Option<&str>, at: At, label: &str) -> GeneratorUse {
    let namespace = namespace.map(str::to_owned).filter(|_| !named.kind.is_of_the_cluster());
    GeneratorUse { named, namespace, at, label: label.to_owned() }
}
