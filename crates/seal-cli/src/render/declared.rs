//! What the manifests declare: Secrets to be written, as plans, and stores to read from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sealbridge_api::BridgedSecretSpec;
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::{Plan, external_secrets, native, retyped_keys, sealed_secrets};

use super::generators::Generators;
use super::stores::Stores;
use super::templates::Templates;
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::target::NamespaceSources;

/// One Secret to be written.
#[derive(Debug)]
pub(crate) struct Declared {
    /// The file that declares it.
    pub(crate) file: PathBuf,
    /// Where in that file.
    pub(crate) place: Place,
    /// How it is made.
    pub(crate) plan: Plan,
    /// Whether a BridgedSecret does.
    pub(crate) is_native: bool,
}

impl Declared {
    /// The path of a label or annotation that a template makes, where the operator takes that only if it was told so.
    pub(crate) fn values_in_metadata(&self) -> Option<String> {
        self.plan.target.values_in_metadata().filter(|_| self.is_native)
    }
}

/// Everything that the manifests declare.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// Secrets in the order of the files.
    pub(crate) secrets: Vec<Declared>,
    /// The stores.
    pub(crate) stores: Stores,
    /// Objects in which templates stand.
    pub(crate) templates: Templates,
    /// Objects that say how values are made.
    pub(crate) generators: Generators,
    /// Objects of which an operator makes others in several namespaces, for people.
    pub(crate) fan_outs: Vec<String>,
    /// Files of identities that the rules name.
    pub(crate) identities: Vec<PathBuf>,
}

/// Which declarations are wanted.
pub(crate) struct Wanted<'a> {
    /// The namespace of objects that say none, when it is given.
    pub(crate) namespace: Option<&'a str>,
    /// The namespace of objects of which nobody says it.
    pub(crate) otherwise: Option<&'a str>,
    /// The file of rules, when it is named.
    pub(crate) rules: Option<&'a Path>,
    /// Whether SealedSecrets are wanted: without their controller's keys none of them opens.
    pub(crate) sealed_secrets: bool,
}

/// Reads the declarations.
pub(crate) fn declarations<'f>(
    files: impl Iterator<Item = &'f ManifestFile> + Clone,
    wanted: &Wanted<'_>,
) -> Result<Declarations, Error> {
    let mut declarations = Declarations::default();
    for file in files.clone() {
        for object in file.objects() {
            declarations.templates.add(wanted.namespace, &object);
            declarations.generators.add(wanted.namespace, &object);
        }
    }
    for file in files {
        let objects: Vec<_> = file
            .objects()
            .into_iter()
            .filter(|object| object.is_ours() || object.is_external() || wanted.sealed_secrets && object.is_sealed_secret())
            .collect();
        if objects.is_empty() {
            continue;
        }
        let folder = config::folder_of(&file.path());
        let config = Config::find(wanted.rules, &folder)?;
        let rule = config.as_ref().and_then(|config| config.rule_for(&file.path()));
        declarations.identities.extend(config.iter().flat_map(|config| config.identities.clone()));
        for object in objects {
            let sources = NamespaceSources { flag: wanted.namespace, manifest: object.namespace(), rule, folder: &folder };
            let resolve = || match (sources.resolve(), wanted.otherwise) {
                (Err(Error::NoNamespace), Some(otherwise)) => Ok(otherwise.to_owned()),
                (resolved, _) => resolved,
            };
            match object.kind() {
                external_secrets::KIND if object.is_external() => {
                    let plan = external_secret_plan(file, &object, &resolve()?)?;
                    declarations.secrets.push(Declared { file: file.path(), place: object.place, plan, is_native: false });
                }
                "BridgedSecret" => {
                    let plan = plan(file, &object, &resolve()?)?;
                    declarations.secrets.push(Declared { file: file.path(), place: object.place, plan, is_native: true });
                }
                sealed_secrets::KIND if object.is_sealed_secret() => {
                    let plan = sealed_secret_plan(file, &object, &resolve()?)?;
                    declarations.secrets.push(Declared { file: file.path(), place: object.place, plan, is_native: false });
                }
                external_secrets::CLUSTER_KIND | native::CLUSTER_KIND => declarations.fan_outs.push(shown(&object)),
                "SecretStore" => {
                    declarations.stores.add_namespaced(&resolve()?, &object).map_err(|problem| wrong(file, &object, problem))?;
                }
                "ClusterSecretStore" => {
                    declarations.stores.add_cluster(&object).map_err(|problem| wrong(file, &object, problem))?;
                }
                _ => {}
            }
        }
    }
    declarations.identities.sort();
    declarations.identities.dedup();
    Ok(declarations)
}

fn shown(object: &Object<'_>) -> String {
    format!("{} {}", object.kind(), object.name())
}

fn wrong(file: &ManifestFile, object: &Object<'_>, problem: document::DecodeError) -> Error {
    Error::Decode { path: file.path(), object: shown(object), problem }
}

fn plan(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    if object.name().is_empty() {
        return Err(Error::Nameless { path: file.path() });
    }
    let retyped = retyped_keys(file.text(), file.document_count(), object.place);
    if !retyped.is_empty() {
        return Err(Error::RetypedKeys { path: file.path(), object: shown(object), keys: retyped.join(", ") });
    }
    let spec = object.value.get("spec").unwrap_or(&serde_json::Value::Null);
    let spec: BridgedSecretSpec = document::decode(spec, "spec").map_err(|problem| wrong(file, object, problem))?;
    native::plan(namespace, object.name(), &spec).map_err(|problem| Error::Plan {
        path: file.path(),
        object: shown(object),
        problem,
    })
}

fn external_secret_plan(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    if object.name().is_empty() {
        return Err(Error::Nameless { path: file.path() });
    }
    let spec = object.value.get("spec").unwrap_or(&serde_json::Value::Null);
    let spec = document::decode(spec, "spec").map_err(|problem| wrong(file, object, problem))?;
    let (labels, annotations) = (object.metadata_texts("labels"), object.metadata_texts("annotations"));
    let around = external_secrets::Around { namespace, name: object.name(), labels: &labels, annotations: &annotations };
    external_secrets::plan(around, &spec).map_err(|problem| Error::Plan { path: file.path(), object: shown(object), problem })
}

/// What a SealedSecret declares in a namespace.
pub(crate) fn sealed_secret_plan(file: &ManifestFile, object: &Object<'_>, namespace: &str) -> Result<Plan, Error> {
    if object.name().is_empty() {
        return Err(Error::Nameless { path: file.path() });
    }
    let annotations = object.value.pointer("/metadata/annotations").unwrap_or(&serde_json::Value::Null);
    let annotations: Option<BTreeMap<String, String>> =
        document::decode(annotations, "metadata.annotations").map_err(|problem| wrong(file, object, problem))?;
    let spec = document::decode(object.value.get("spec").unwrap_or(&serde_json::Value::Null), "spec")
        .map_err(|problem| wrong(file, object, problem))?;
    sealed_secrets::plan(namespace, object.name(), &annotations.unwrap_or_default(), &spec).map_err(|problem| Error::Plan {
        path: file.path(),
        object: shown(object),
        problem,
    })
}
