//! One ExternalSecret becomes a BridgedSecret in the text of its file.

use sealbridge_manifest::Plan;
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::external_secrets::Around;
use serde_json::Value;

use super::super::edits::Edits;
use super::refused::Why;
use super::same;
use super::spec::Spec;

/// One that became a native object.
pub(super) struct Secret {
    /// What the old object stands for.
    pub(super) old: Plan,
    /// What the new one does.
    pub(super) new: Plan,
    pub(super) place: Place,
    /// The kind of the new one.
    pub(super) kind: &'static str,
    /// Its name for people.
    pub(super) shown: String,
    /// The namespaces that are known to get its Secret; an empty name where nobody says one.
    pub(super) namespaces: Vec<String>,
    /// Whether its templates differ at every run, so that rendering says less.
    pub(super) is_volatile: bool,
}

/// Migrates the object in a text, where it stands at the same place; a place that says no namespace is taken for one
/// in `namespace`.
pub(super) fn migrated(text: &str, object: Object<'_>, namespace: &str) -> Result<(String, Secret), Why> {
    let (labels, annotations) = (object.metadata_texts("labels"), object.metadata_texts("annotations"));
    let around = Around { namespace, name: object.name(), labels: &labels, annotations: &annotations };
    let spec = Spec::read(object, None, around)?;
    let new_text = spec.edited(text, Edits::native(object, "BridgedSecret"))?;
    let new = spec.native(&spec_at(&new_text, object.place)?)?;
    same::ensure(&spec.plan, &new)?;
    let shown = if namespace.is_empty() { object.name().to_owned() } else { format!("{namespace}/{}", object.name()) };
    let namespaces = vec![namespace.to_owned()];
    let place = object.place;
    Ok((new_text, Secret { old: spec.plan, new, place, kind: "BridgedSecret", shown, namespaces, is_volatile: false }))
}

/// The spec of the object at a place of a text.
pub(super) fn spec_at(text: &str, place: Place) -> Result<Value, Why> {
    let documents = document::parse(text).map_err(|_| Why::Differs("text"))?;
    let objects = document::objects(&documents);
    let object = objects.iter().find(|object| object.place == place).ok_or(Why::Differs("place"))?;
    Ok(object.value.get("spec").cloned().unwrap_or_default())
}
