//! What one object declares in a namespace, as a plan.
//!
//! Must never: repeat a value of an object in an error.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_manifest::document::{self, DecodeError, Object};
use sealbridge_manifest::external_secrets::{self, Around};
use sealbridge_manifest::{FanOut, Plan, PlanError, native, retyped_keys, sealed_secrets};
use serde_json::Value;

use crate::error::Error;
use crate::manifest_file::ManifestFile;

/// An object of a file, as errors name it.
struct Subject<'a> {
    file: &'a ManifestFile,
    shown: String,
}

/// `KIND NAME`
pub(super) fn shown(object: &Object<'_>) -> String {
    format!("{} {}", object.kind(), object.name())
}

/// A field of an object does not fit.
pub(super) fn misfit(file: &ManifestFile, object: &Object<'_>, problem: DecodeError) -> Error {
    Subject::of(file, object).misfit(problem)
}

/// What a BridgedSecret declares in a namespace.
pub(super) fn bridged_secret(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    let subject = Subject::named(file, object)?;
    subject.ensure_keys(object, &["spec"])?;
    subject.native(namespace, object.name(), spec(object))
}

/// What an ExternalSecret declares in a namespace.
pub(super) fn external_secret(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    let (labels, annotations) = (object.metadata_texts("labels"), object.metadata_texts("annotations"));
    let around = Around { namespace, name: object.name(), labels: &labels, annotations: &annotations };
    Subject::named(file, object)?.external(around, spec(object))
}

/// What a SealedSecret declares in a namespace.
pub(crate) fn sealed_secret(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    let subject = Subject::named(file, object)?;
    let annotations = object.value.pointer("/metadata/annotations").unwrap_or(&Value::Null);
    let annotations: Option<BTreeMap<String, String>> =
        document::decode(annotations, "metadata.annotations").map_err(|problem| subject.misfit(problem))?;
    let spec = document::decode(spec(object), "spec").map_err(|problem| subject.misfit(problem))?;
    sealed_secrets::plan(namespace, object.name(), &annotations.unwrap_or_default(), &spec)
        .map_err(|problem| subject.impossible(problem))
}

/// What an object that stands in several namespaces asks for.
pub(super) fn fan_out(file: &ManifestFile, object: &Object<'_>) -> Result<FanOut, Error> {
    let subject = Subject::named(file, object)?;
    let read = if object.is_external() { external_secrets::fan_out } else { native::fan_out };
    read(spec(object)).map_err(|problem| subject.misfit(problem))
}

/// What such an object declares in each of some namespaces.
pub(super) fn copies(
    file: &ManifestFile,
    object: &Object<'_>,
    fan_out: &FanOut,
    namespaces: &BTreeSet<String>,
) -> Result<Vec<Plan>, Error> {
    let of_it = shown(object);
    let name = fan_out.name.as_deref().unwrap_or(object.name());
    if object.is_external() {
        let subject = Subject { file, shown: format!("the ExternalSecret of {of_it}") };
        let around = |namespace| Around { namespace, name, labels: &fan_out.labels, annotations: &fan_out.annotations };
        return namespaces.iter().map(|namespace| subject.external(around(namespace), &fan_out.spec)).collect();
    }
    let subject = Subject { file, shown: format!("the BridgedSecret of {of_it}") };
    subject.ensure_keys(object, native::SPEC_OF_COPIES)?;
    namespaces.iter().map(|namespace| subject.native(namespace, name, &fan_out.spec)).collect()
}

fn spec<'a>(object: &Object<'a>) -> &'a Value {
    object.value.get("spec").unwrap_or(&Value::Null)
}

impl<'a> Subject<'a> {
    fn of(file: &'a ManifestFile, object: &Object<'_>) -> Self {
        Self { file, shown: shown(object) }
    }

    fn named(file: &'a ManifestFile, object: &Object<'_>) -> Result<Self, Error> {
        if object.name().is_empty() { Err(Error::Nameless { path: file.path() }) } else { Ok(Self::of(file, object)) }
    }

    fn misfit(&self, problem: DecodeError) -> Error {
        Error::Decode { path: self.file.path(), object: self.shown.clone(), problem }
    }

    fn impossible(&self, problem: PlanError) -> Error {
        Error::Plan { path: self.file.path(), object: self.shown.clone(), problem }
    }

    /// Refuses bare keys of entries, below the spec at a path, that other readers of YAML take for something else.
    fn ensure_keys(&self, object: &Object<'_>, spec: &[&str]) -> Result<(), Error> {
        let retyped = retyped_keys(self.file.text(), self.file.document_count(), object, spec);
        if retyped.is_empty() {
            return Ok(());
        }
        Err(Error::RetypedKeys { path: self.file.path(), object: self.shown.clone(), keys: retyped.join(", ") })
    }

    fn native(&self, namespace: &str, name: &str, spec: &Value) -> Result<Plan, Error> {
        let spec = document::decode(spec, "spec").map_err(|problem| self.misfit(problem))?;
        native::plan(namespace, name, &spec).map_err(|problem| self.impossible(problem))
    }

    fn external(&self, around: Around<'_>, spec: &Value) -> Result<Plan, Error> {
        let spec = document::decode(spec, "spec").map_err(|problem| self.misfit(problem))?;
        external_secrets::plan(around, &spec).map_err(|problem| self.impossible(problem))
    }
}
