//! The objects that a verb's target means, in files, and the stores that they name.
//!
//! Must never: fail on a manifest that the target does not mean.

use std::path::PathBuf;

use sealbridge_manifest::document::Object;
use sealbridge_manifest::{Plan, external_secrets, sealed_secrets};
use serde::Serialize;
use serde_json::Value;

use super::WhyArgs;
use crate::error::Error;
use crate::inventory::Inventory;
use crate::manifest_file::ManifestFile;
use crate::render::declared::{Declarations, Wanted, declarations};
use crate::render::stores::{Store, StoreId};

/// An object that declares a Secret.
pub(super) struct Declared {
    pub(super) file: PathBuf,
    pub(super) kind: &'static str,
    pub(super) spec: Value,
    pub(super) plan: Plan,
}

/// What a target means.
pub(super) struct Found {
    pub(super) inventory: Inventory,
    /// Whether it is a file or folder.
    pub(super) is_a_path: bool,
    pub(super) declared: Vec<Declared>,
    /// All that the files declare that name a store, if they can be read.
    stores: Option<Declarations>,
}

/// A store that an object names.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoreTold {
    /// `KIND/NAME`.
    pub(super) store: String,
    /// What it is; absent where no manifest that was read declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<String>,
}

/// Looks the target up.
pub(super) fn found(args: &WhyArgs) -> Result<Found, Error> {
    let path = PathBuf::from(&args.target);
    let is_a_path = path.exists();
    let inventory = Inventory::read(&[if is_a_path { path } else { PathBuf::from(".") }])?;
    let wanted = Wanted {
        namespace: args.namespace.as_deref(),
        otherwise: None,
        rules: args.config.config.as_deref(),
        sealed_secrets: true,
        copies: false,
    };
    let is_meant = |object: &Object<'_>| is_a_path || named(object, &args.target);
    let mut declared = Vec::new();
    for file in &inventory.files {
        let mut objects = file.objects();
        objects.retain(|object| kind(object).is_some() && is_meant(object));
        if objects.is_empty() {
            continue;
        }
        for secret in declarations(std::iter::once(file), &wanted)?.secrets {
            let Some(object) = objects.iter().find(|object| object.place == secret.place) else { continue };
            let Some(kind) = kind(object) else { continue };
            let spec = object.value.get("spec").cloned().unwrap_or_default();
            declared.push(Declared { file: secret.file, kind, spec, plan: secret.plan });
        }
    }
    let of_stores = inventory.files.iter().filter(|file| holds_a_store(file));
    // A store that cannot be read is its own file's matter.
    let stores = declarations(of_stores, &Wanted { sealed_secrets: false, otherwise: Some("default"), ..wanted }).ok();
    Ok(Found { inventory, is_a_path, declared, stores })
}

/// Whether the object, or its Secret, has the name.
fn named(object: &Object<'_>, name: &str) -> bool {
    object.name() == name || object.value.pointer("/spec/target/name").and_then(Value::as_str) == Some(name)
}

/// The kind, if it is one that declares a Secret.
fn kind(object: &Object<'_>) -> Option<&'static str> {
    if object.is_native("BridgedSecret") {
        return Some("BridgedSecret");
    }
    let is_external = object.is_external() && object.kind() == external_secrets::KIND;
    is_external.then_some(external_secrets::KIND).or_else(|| object.is_sealed_secret().then_some(sealed_secrets::KIND))
}

fn holds_a_store(file: &ManifestFile) -> bool {
    let is_store = |object: &Object<'_>| {
        (object.is_ours() || object.is_external()) && matches!(object.kind(), "SecretStore" | "ClusterSecretStore")
    };
    file.objects().iter().any(is_store)
}

impl Found {
    /// How an object that was found is made.
    #[cfg(feature = "cluster")]
    pub(super) fn plan_of(&self, kind: &str, namespace: &str, name: &str) -> Option<&Plan> {
        let is_it =
            |declared: &&Declared| declared.kind == kind && declared.plan.namespace == namespace && declared.plan.name == name;
        self.declared.iter().find(is_it).map(|declared| &declared.plan)
    }

    /// The stores that an object names, each with what speaks against its use.
    pub(super) fn stores_of(&self, declared: &Declared) -> Vec<StoreTold> {
        let plan = &declared.plan;
        let mut told: Vec<StoreTold> = Vec::new();
        for source in plan.sources() {
            let name = format!("{}/{}", source.store.kind.as_str(), source.store.name);
            let declarations = self.stores.as_ref();
            let store = declarations.and_then(|all| all.stores.get(&StoreId::of(&plan.namespace, &source.store)));
            let refused = store.and_then(|store| {
                if store.admits(&plan.namespace) {
                    return store.admission(&plan.namespace).admit(&source.key).err().map(|refused| refused.to_string());
                }
                Some(format!("its conditions do not admit namespace {}; add it there, or use another store", plan.namespace))
            });
            match told.iter_mut().find(|told| told.store == name) {
                Some(told) => told.problems.extend(refused.filter(|problem| !told.problems.contains(problem))),
                None => told.push(StoreTold {
                    store: name,
                    provider: store.map(Store::provider_name),
                    problems: refused.into_iter().collect(),
                }),
            }
        }
        told
    }
}
