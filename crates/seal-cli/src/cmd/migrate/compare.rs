//! What every migration compares: the Secret that a new manifest stands for, and the text that is written with the one
//! that was compared.
//!
//! Must never: name a value in what it refuses.

use std::path::Path;
use std::sync::Arc;

use sealbridge_api::BridgedSecretSpec;
use sealbridge_engine::{DesiredSecret, Kept, SourceError, System, Values, assemble, gather, summary};
use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::{Plan, SourceRef, TemplateInput, native};
use sealbridge_provider::Payload;
use sealbridge_seal::{KeyPair, KeyRing, PREFIX, RecipientSet};
use sealbridge_secret::{Digest, SecretBytes, SecretMap};
use serde_json::Value;

use crate::error::Error;
use crate::recipients::Recipients;
use crate::render::keys::PersonalKeys;

/// What is said of a migration that would change a Secret.
pub(super) const DIFFERS: &str = "the new manifest would not stand for the same Secret, so nothing was written; migrate it by hand";

/// The Secret that a BridgedSecret stands for.
pub(super) fn rendered(object: &Object<'_>, namespace: &str, keys: &PersonalKeys) -> Result<DesiredSecret, String> {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let spec: BridgedSecretSpec = document::decode(spec, "spec").map_err(|problem| problem.to_string())?;
    let plan = native::plan(namespace, object.name(), &spec).map_err(|problem| problem.to_string())?;
    rendered_plan(&plan, keys)
}

/// The Secret that a plan without references stands for.
pub(super) fn rendered_plan(plan: &Plan, keys: &PersonalKeys) -> Result<DesiredSecret, String> {
    let gathered = gather(plan, &NoStores, keys).map_err(|failures| summary(&failures))?;
    assemble(plan, gathered, Kept::Nothing(&System)).map_err(|problem| problem.to_string())
}

/// The values of a plan without references, before templates make others of them.
pub(super) fn values_of(plan: &Plan, keys: &PersonalKeys) -> Result<SecretMap, String> {
    gather(plan, &NoStores, keys).map(|gathered| gathered.values).map_err(|failures| summary(&failures))
}

/// The text that `write` makes for the real recipients. What a person's own keys may not open is compared by way of a
/// key of the moment: the same text, sealed to that key, has to pass `ensure_same` with it.
pub(super) fn sealed(
    path: &Path,
    recipients: &Recipients,
    write: impl Fn(&Recipients) -> Result<String, Error>,
    ensure_same: impl FnOnce(&str, KeyRing) -> Result<(), Error>,
) -> Result<String, Error> {
    let pair = KeyPair::generate().map_err(Error::KeyPair)?;
    let set = RecipientSet::new([pair.recipient().clone()]).map_err(Error::RecipientSet)?;
    let trial = write(&Recipients { set, label: String::new() })?;
    ensure_same(&trial, KeyRing::new([pair.into_identity()]))?;
    let new = write(recipients)?;
    ensure_same_but_sealed(path, &trial, &new)?;
    Ok(new)
}

/// Refuses a text that says anything else than the one that was compared, but for the sealed texts.
fn ensure_same_but_sealed(path: &Path, compared: &str, text: &str) -> Result<(), Error> {
    let read = |text: &str| {
        let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem });
        documents.map(|mut documents| {
            documents.iter_mut().for_each(blank);
            documents
        })
    };
    if read(compared)? == read(text)? { Ok(()) } else { Err(Error::Import { path: path.to_owned(), problem: DIFFERS.to_owned() }) }
}

fn blank(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with(PREFIX) => PREFIX.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Object(fields) => fields.values_mut().for_each(blank),
        _ => {}
    }
}

/// New manifests refer to no store.
struct NoStores;

impl Values for NoStores {
    fn get(&self, _source: &SourceRef) -> Option<Result<Arc<Payload>, SourceError>> {
        None
    }

    fn template(&self, _input: &TemplateInput, _key: &str) -> Option<Result<Arc<SecretBytes>, SourceError>> {
        None
    }

    fn templates(&self) -> Option<Digest> {
        None
    }
}
