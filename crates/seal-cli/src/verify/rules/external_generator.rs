//! Generators of ExternalSecrets and PushSecrets, held against what of them runs here: unknown fields by path, what cannot be meant.
//!
//! Must never: run one, or judge a kind that does not run here.

use sealbridge_manifest::document::{DecodeError, Object};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::external_secrets::{self, GeneratorError};
use sealbridge_manifest::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef};
use serde_json::Value;

use super::super::across::{Declared, Generator, GeneratorUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret::namespace;
use super::declared_secret::at;
use super::schema::steps_of;

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

/// Notes the generators that an ExternalSecret or a PushSecret names, of kinds that run here.
pub(super) fn uses(object: &Object<'_>, namespace: Option<&str>, label: &str, declared: &mut Declared) {
    let sources = object.value.pointer("/spec/dataFrom").and_then(Value::as_array).into_iter().flatten();
    let of_sources = sources.enumerate().filter_map(|(position, source)| {
        let path = vec![Step::key("spec"), Step::key("dataFrom"), Step::Index(position)];
        Some((source.pointer("/sourceRef/generatorRef")?, path))
    });
    let pushed = object.value.pointer("/spec/selector/generatorRef");
    let pushed = pushed.map(|named| (named, ["spec", "selector", "generatorRef"].map(Step::key).to_vec()));
    for (named, path) in of_sources.chain(pushed) {
        let text = |field: &str| named.get(field).and_then(Value::as_str);
        let (Some(kind), Some(name)) = (text("kind").and_then(GeneratorKind::named), text("name")) else { continue };
        declared.generator_uses.push(GeneratorUse {
            named: GeneratorRef { kind, name: name.to_owned() },
            namespace: namespace.map(str::to_owned).filter(|_| !kind.is_of_the_cluster()),
            at: at(object, path),
            label: label.to_owned(),
        });
    }
}
