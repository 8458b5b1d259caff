//! The text of a file whose SealedSecrets became BridgedSecrets.
//!
//! Must never: take a plain value into a text, or touch another object.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::document::Place;
use sealbridge_manifest::edit::{self, Change, Edit, Node, Step};
use sealbridge_manifest::sealed_secrets::MARKS;
use sealbridge_seal::Target;
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::SecretMap;
use serde_json::Value;

use crate::cmd::import::manifest;
use crate::error::Error;
use crate::import::{Adopt, Imported};
use crate::manifest_file::ManifestFile;
use crate::recipients::Recipients;
use crate::sealed_secret::scope_of_ours;
use crate::sealing;

/// A SealedSecret, and the Secret that it stands for.
pub(super) struct Old<'a> {
    pub(super) place: Place,
    pub(super) object: &'a Value,
    pub(super) secret: DesiredSecret,
    /// Its sealed values, where templates make further entries of them.
    pub(super) values: Option<SecretMap>,
    /// Those templates by entry.
    pub(super) templates: BTreeMap<String, String>,
    pub(super) creation_policy: CreationPolicy,
    pub(super) scope: sealed_secrets::Scope,
}

/// Annotations without those that only mean something to the sealed-secrets controller.
pub(super) fn kept(annotations: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    annotations.iter().filter(|(name, _)| !name.starts_with(MARKS)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The text of the file with each of these objects as a BridgedSecret; every other byte stays.
pub(super) fn rewritten(file: &ManifestFile, old: &[Old<'_>], recipients: &Recipients) -> Result<String, Error> {
    let mut text = file.text().to_owned();
    for old in old {
        let edits = edits(old, recipients)?;
        text = edit::apply(&text, old.place.document, &edits).map_err(|problem| file.edit_error(problem))?;
    }
    Ok(text)
}

fn edits(old: &Old<'_>, recipients: &Recipients) -> Result<Vec<Edit>, Error> {
    let path = old.place.path();
    let set = |key: &str, node: Node| Edit { mapping: path.clone(), key: key.to_owned(), change: Change::Set(node) };
    let mut edits =
        vec![set("apiVersion", Node::Text("sealbridge.dev/v1".to_owned())), set("kind", Node::Text("BridgedSecret".to_owned()))];
    let metadata = [path.clone(), vec![Step::key("metadata")]].concat();
    if old.object.pointer("/metadata/creationTimestamp").is_some() {
        edits.push(Edit { mapping: metadata.clone(), key: "creationTimestamp".to_owned(), change: Change::Remove });
    }
    let annotations = old.object.pointer("/metadata/annotations").and_then(Value::as_object);
    let marks: Vec<_> = annotations.into_iter().flatten().map(|(name, _)| name).filter(|name| name.starts_with(MARKS)).collect();
    if annotations.is_some_and(|annotations| annotations.len() == marks.len()) {
        edits.push(Edit { mapping: metadata, key: "annotations".to_owned(), change: Change::Remove });
    } else {
        let mapping = [metadata, vec![Step::key("annotations")]].concat();
        edits.extend(marks.into_iter().map(|name| Edit { mapping: mapping.clone(), key: name.clone(), change: Change::Remove }));
    }
    for field in ["status", "spec"].into_iter().filter(|field| old.object.get(*field).is_some()) {
        edits.push(Edit { mapping: path.clone(), key: field.to_owned(), change: Change::Remove });
    }
    edits.push(set("spec", Node::Block(spec(old, recipients)?)));
    Ok(edits)
}

fn spec(old: &Old<'_>, recipients: &Recipients) -> Result<manifest::Entries, Error> {
    let secret = &old.secret;
    let entries = old.values.as_ref().unwrap_or(&secret.data).iter().map(|(key, value)| {
        let target = Target { namespace: &secret.namespace, name: &secret.name, key };
        Ok((key.to_owned(), sealing::seal_value(value, &target, scope_of_ours(old.scope), recipients)?))
    });
    let entries = entries.collect::<Result<Vec<_>, Error>>()?;
    let is_orphan = old.creation_policy == CreationPolicy::Orphan;
    let shape = Imported {
        type_: secret.type_.clone().filter(|type_| type_ != DEFAULT_TYPE),
        immutable: secret.immutable,
        labels: secret.labels.clone(),
        annotations: kept(&secret.annotations),
        templates: old.templates.clone(),
        // A Secret without an owner reference names nobody to be taken over from.
        adopt: Some(if is_orphan {
            Adopt { from: "None", name: None }
        } else {
            Adopt { from: "SealedSecret", name: Some(secret.name.clone()) }
        }),
        ..Imported::default()
    };
    let mut spec = manifest::spec(&shape, vec![manifest::data(entries)]);
    if is_orphan && let Some((_, Node::Block(target))) = spec.iter_mut().find(|(field, _)| field == "target") {
        target.insert(0, ("creationPolicy".to_owned(), Node::Text("Orphan".to_owned())));
    }
    Ok(spec)
}
