//! Old and new manifests rendered with what their stores hold, and compared.
//!
//! Must never: say of a value what it is, or let anything be written when a Secret differs.

use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::Plan;
use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::external_secrets::MARKS;

use super::migration::Migration;
use crate::error::Error;
use crate::render::declared::{Declarations, Declared};
use crate::render::keys::PersonalKeys;
use crate::render::login::StoresArgs;
use crate::render::rendered::{Rendered, all};

/// Renders all objects that became native, and fails if one of them cannot be compared or differs.
pub(super) fn verify(migrations: &mut [Migration<'_>], stores: &StoresArgs) -> Result<(), Error> {
    let mut declarations = Declarations::default();
    for migration in migrations.iter() {
        declare_stores(&mut declarations, migration, &document::objects(migration.file.documents()));
        for object in migration.file.objects() {
            declarations.templates.add(migration.namespace_of(&object).as_deref(), &object);
        }
        let new = document::parse(&migration.text());
        let new = new.map_err(|problem| Error::Document { path: migration.file.path(), problem })?;
        declare_stores(&mut declarations, migration, &document::objects(&new));
        for secret in &migration.secrets {
            let declared = |plan: &Plan, namespace: &str| {
                let plan = Plan { namespace: namespace.to_owned(), ..plan.clone() };
                Declared { file: migration.file.path(), place: secret.place, plan, is_native: false }
            };
            for namespace in &secret.namespaces {
                declarations.secrets.extend([&secret.old, &secret.new].map(|plan| declared(plan, namespace)));
            }
        }
    }
    let mut rendered = all(&declarations, stores, &PersonalKeys::default())?.into_iter();
    let mut failures = Vec::new();
    for migration in migrations {
        for secret in &mut migration.secrets {
            for _ in &secret.namespaces {
                let (Some(old), Some(new)) = (rendered.next(), rendered.next()) else { continue };
                match compared(old, new) {
                    Ok(is_volatile) => secret.is_volatile = is_volatile,
                    Err(problem) => failures.push(problem),
                }
            }
        }
    }
    // A file by itself could take a store from objects of another that stay.
    if failures.is_empty() {
        return Ok(());
    }
    failures.push("nothing was written; correct what failed, or leave --verify out".to_owned());
    Err(Error::Several(failures))
}

/// What cannot be read is told of by the objects that read from it.
fn declare_stores(declarations: &mut Declarations, migration: &Migration<'_>, objects: &[Object<'_>]) {
    for object in objects.iter().filter(|object| object.is_external() || object.is_ours()) {
        let declared = match object.kind() {
            "SecretStore" => {
                let namespace = migration.namespace_of(object).unwrap_or_default();
                declarations.stores.add_namespaced(&namespace, object)
            }
            "ClusterSecretStore" => declarations.stores.add_cluster(object),
            _ => Ok(()),
        };
        drop(declared);
    }
}

/// Whether their templates differ at every run, so that only their names could be compared.
fn compared(old: Result<Rendered, String>, new: Result<Rendered, String>) -> Result<bool, String> {
    let (old, new) = (old?, new?);
    match difference(&old.secret, &new.secret, old.is_volatile) {
        Some(part) => Err(format!("{}/{}: the new object is rendered with another {part}", new.secret.namespace, new.secret.name)),
        None => Ok(old.is_volatile),
    }
}

fn difference(old: &DesiredSecret, new: &DesiredSecret, is_volatile: bool) -> Option<&'static str> {
    let type_ = |secret: &DesiredSecret| secret.type_.clone().unwrap_or_else(|| DEFAULT_TYPE.to_owned());
    let mut labels = old.labels.clone();
    labels.retain(|key, _| !key.starts_with(MARKS));
    let same_names = || old.data.keys().eq(new.data.keys());
    let parts = [
        ("name", old.name == new.name),
        ("type", type_(old) == type_(new)),
        ("immutable", old.immutable == new.immutable),
        ("labels", labels == new.labels),
        ("annotations", old.annotations == new.annotations),
        ("data", if is_volatile { same_names() } else { old.data == new.data }),
    ];
    parts.into_iter().find(|(_, is_same)| !is_same).map(|(part, _)| part)
}
