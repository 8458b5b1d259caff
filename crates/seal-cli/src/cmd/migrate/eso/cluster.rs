//! One ClusterExternalSecret becomes a ClusterBridgedSecret in the text of its file.
//!
//! Must never: change which namespaces get a Secret, or what each of them gets.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::{self, Node};
use sealbridge_manifest::external_secrets::{self, Around};
use sealbridge_manifest::{FanOut, native};
use serde_json::Value;

use super::super::edits::{Edits, Empty, keys};
use super::refused::Why;
use super::same;
use super::secret::{Secret, spec_at};
use super::spec::Spec;
use crate::namespaces;

const OLD_SPEC: &str = "externalSecretSpec";
const OLD_METADATA: &str = "externalSecretMetadata";
const OLD_NAME: &str = "externalSecretName";

/// Migrates the object in a text, where it stands at the same place. `known` are the namespaces that manifests declare.
pub(super) fn migrated(text: &str, object: Object<'_>, known: &[namespaces::Declared]) -> Result<(String, Secret), Why> {
    let said = object.value.get("spec").unwrap_or(&Value::Null);
    let old = external_secrets::fan_out(said)?;
    ensure_expressible(&old)?;
    let name = old.name.as_deref().unwrap_or(object.name());
    let around = Around { namespace: "", name, labels: &old.labels, annotations: &old.annotations };
    let spec = Spec::read(object, Some(OLD_SPEC), around).map_err(Why::in_copies)?;
    let new_text = spec.edited(text, edits(object, said, &old))?;
    let new_text = selected(new_text, object, said)?;
    let new_text = gathered(&new_text, object)?;
    let new = native::fan_out(&spec_at(&new_text, object.place)?).map_err(Why::not_native)?;
    let copy = spec.native(&new.spec)?;
    same::ensure(&spec.plan, &copy).map_err(Why::in_copies)?;
    if (FanOut { spec: Value::Null, ..old.clone() }) != (FanOut { spec: Value::Null, ..new }) {
        return Err(Why::Differs("namespaces, name, labels or annotations of its copies"));
    }
    let secret = Secret {
        old: spec.plan,
        new: copy,
        place: object.place,
        kind: native::CLUSTER_KIND,
        shown: object.name().to_owned(),
        namespaces: namespaces::of_fan_out(&old, known).into_iter().collect(),
        is_volatile: false,
    };
    Ok((new_text, secret))
}

fn ensure_expressible(old: &FanOut) -> Result<(), Why> {
    match (old.selectors.as_slice(), old.namespaces.as_slice()) {
        ([], []) => Err(Why::field("spec.namespaces", "no namespace is selected; name one, or remove this object")),
        ([] | [_], _) => Ok(()),
        _ => {
            let problem = "a ClusterBridgedSecret has one selector; write one that selects the same, or an object for each";
            Err(Why::field("spec.namespaceSelectors", problem))
        }
    }
}

/// What is changed beside the ExternalSecret that it copies.
fn edits<'a>(object: Object<'a>, said: &Value, old: &FanOut) -> Edits<'a> {
    let of_spec = keys(&["spec"]);
    let mut edits = Edits::native(object, native::CLUSTER_KIND);
    // Namespaces are watched.
    edits.remove(&of_spec, "refreshTime");
    edits.remove(&of_spec, OLD_NAME);
    if let Some(name) = &old.name {
        let name = Node::Text(name.clone());
        if said.get(OLD_METADATA).is_some_and(Value::is_object) {
            edits.set(&[of_spec.as_slice(), &keys(&[OLD_METADATA])].concat(), "name", name);
        } else {
            edits.set(&of_spec, OLD_METADATA, Node::Block(vec![("name".to_owned(), name)]));
        }
    }
    for list in ["namespaces", "namespaceSelectors"] {
        if said.get(list).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            edits.remove(&of_spec, list);
        }
    }
    edits.remove_empty(&of_spec, Empty::Nulls);
    edits
}

/// The selector of a list of one stands alone.
fn selected(text: String, object: Object<'_>, said: &Value) -> Result<String, Why> {
    let is_listed = said.get("namespaceSelectors").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if !is_listed {
        return Ok(text);
    }
    let of_spec = [object.place.path(), keys(&["spec"])].concat();
    let text = edit::only_item(&text, object.place.document, &of_spec, "namespaceSelectors")?;
    Ok(edit::rename(&text, object.place.document, &of_spec, "namespaceSelectors", "namespaceSelector")?)
}

/// The ExternalSecret and what it is called become the template.
fn gathered(text: &str, object: Object<'_>) -> Result<String, Why> {
    let has_metadata = spec_at(text, object.place)?.get(OLD_METADATA).is_some();
    let fields = [(OLD_METADATA, "metadata"), (OLD_SPEC, "spec")];
    let fields = if has_metadata { fields.as_slice() } else { fields.get(1..).unwrap_or_default() };
    let of_spec = [object.place.path(), keys(&["spec"])].concat();
    Ok(edit::gather(text, object.place.document, &of_spec, "template", fields)?)
}
