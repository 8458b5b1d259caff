//! What the manifests declare: Secrets to be written, as plans, and stores to read from.

use std::path::{Path, PathBuf};

use sealbridge_manifest::document::{Object, Place};
use sealbridge_manifest::{Plan, external_secrets, native, sealed_secrets};

use super::generators::Generators;
use super::plans;
use super::stores::Stores;
use super::templates::Templates;
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::namespaces;
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
    /// Objects of which an operator makes others in several namespaces.
    pub(crate) fan_outs: Vec<Several>,
    /// Files of identities that the rules name.
    pub(crate) identities: Vec<PathBuf>,
}

/// An object of which an operator makes others in several namespaces.
#[derive(Debug)]
pub(crate) struct Several {
    /// `KIND NAME`.
    pub(crate) object: String,
    /// How many of those others are among what is declared.
    pub(crate) copies: usize,
    /// Whether a cluster can have more namespaces that it selects.
    pub(crate) selects: bool,
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
    /// Whether what stands in several namespaces is wanted, in those that manifests tell of.
    pub(crate) copies: bool,
}

/// Reads the declarations.
pub(crate) fn declarations<'f>(
    files: impl Iterator<Item = &'f ManifestFile> + Clone,
    wanted: &Wanted<'_>,
) -> Result<Declarations, Error> {
    let mut declarations = Declarations::default();
    let namespaces = if wanted.copies { namespaces::of_files(files.clone()) } else { Vec::new() };
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
            let secret = |plan, is_native| Declared { file: file.path(), place: object.place, plan, is_native };
            let misfit = |problem| plans::misfit(file, &object, problem);
            match object.kind() {
                external_secrets::KIND if object.is_external() => {
                    declarations.secrets.push(secret(plans::external_secret(file, &object, &resolve()?)?, false));
                }
                "BridgedSecret" => declarations.secrets.push(secret(plans::bridged_secret(file, &object, &resolve()?)?, true)),
                sealed_secrets::KIND if object.is_sealed_secret() => {
                    declarations.secrets.push(secret(plans::sealed_secret(file, &object, &resolve()?)?, false));
                }
                external_secrets::CLUSTER_KIND | native::CLUSTER_KIND => {
                    let (several, plans) = several(file, &object, &namespaces, wanted.copies)?;
                    declarations.fan_outs.push(several);
                    declarations.secrets.extend(plans.into_iter().map(|plan| secret(plan, object.is_ours())));
                }
                "SecretStore" => declarations.stores.add_namespaced(&resolve()?, &object).map_err(misfit)?,
                "ClusterSecretStore" => declarations.stores.add_cluster(&object).map_err(misfit)?,
                _ => {}
            }
        }
    }
    declarations.identities.sort();
    declarations.identities.dedup();
    Ok(declarations)
}

/// An object that stands in several namespaces, and what it declares in those that are known.
fn several(
    file: &ManifestFile,
    object: &Object<'_>,
    namespaces: &[namespaces::Declared],
    with_copies: bool,
) -> Result<(Several, Vec<Plan>), Error> {
    let mut several = Several { object: plans::shown(object), copies: 0, selects: false };
    if !with_copies {
        return Ok((several, Vec::new()));
    }
    let fan_out = plans::fan_out(file, object)?;
    let plans = plans::copies(file, object, &fan_out, &namespaces::of_fan_out(&fan_out, namespaces))?;
    several.copies = plans.len();
    several.selects = !fan_out.selectors.is_empty();
    Ok((several, plans))
}
