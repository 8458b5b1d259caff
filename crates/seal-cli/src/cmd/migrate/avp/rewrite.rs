//! The edits that make a BridgedSecret of a Secret, where it stands.

use std::collections::BTreeMap;

use sealbridge_api::labels;
use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::Node;
use serde_json::Value;

use super::super::edits::{Edits, keys};
use super::entry::{Entries, Source};
use crate::cmd::import::manifest;
use crate::import::{Adopt, Imported};

/// Fields of a Secret that have another place in a BridgedSecret.
const GONE: [&str; 4] = ["data", "stringData", "type", "immutable"];

/// The edits; a store of no kind is a `SecretStore`.
pub(super) fn edits<'a>(object: &Object<'a>, entries: &Entries, store_kind: Option<&str>, store: &str) -> Edits<'a> {
    let mut edits = Edits::native(*object, "BridgedSecret");
    GONE.iter().for_each(|field| edits.remove(&[], field));
    let annotations = object.metadata_texts("annotations");
    let marks: Vec<_> = annotations.keys().filter(|name| name.starts_with(super::MARKS)).collect();
    if !marks.is_empty() && marks.len() == annotations.len() {
        edits.remove(&keys(&["metadata"]), "annotations");
    } else {
        marks.into_iter().for_each(|name| edits.remove(&keys(&["metadata", "annotations"]), name));
    }
    edits.set(&[], "spec", Node::Block(spec(object, entries, store_kind, store)));
    edits
}

fn spec(object: &Object<'_>, entries: &Entries, store_kind: Option<&str>, store: &str) -> manifest::Entries {
    let text = |key: &str, text: &str| (key.to_owned(), Node::Text(text.to_owned()));
    let mut store = vec![text("name", store)];
    store.extend(store_kind.map(|kind| text("kind", kind)));
    let data = entries.data.iter().map(|(key, source)| (key.clone(), node(source)));
    let field = |field: &str| object.value.get(field);
    let own = |which: &str| kept(object.metadata_texts(which));
    let shape = Imported {
        type_: field("type").and_then(Value::as_str).filter(|type_| !matches!(*type_, "" | "Opaque")).map(str::to_owned),
        immutable: field("immutable").and_then(Value::as_bool).unwrap_or_default(),
        labels: own("labels"),
        annotations: own("annotations"),
        // Whoever applied the Secret owns it by no reference.
        adopt: Some(Adopt { from: "None", name: None }),
        ..Imported::default()
    };
    let sources = vec![("secretStoreRef".to_owned(), Node::Flow(store)), ("data".to_owned(), Node::Block(data.collect()))];
    let mut spec = manifest::spec(&shape, sources);
    if !entries.templates.is_empty()
        && let Some((_, Node::Block(target))) = spec.iter_mut().find(|(field, _)| field == "target")
    {
        let templates = Node::Block(entries.templates.iter().map(|(key, template)| text(key, template)).collect());
        match target.iter_mut().find(|(field, _)| field == "template") {
            Some((_, Node::Block(template))) => template.push(("data".to_owned(), templates)),
            _ => target.push(("template".to_owned(), Node::Block(vec![("data".to_owned(), templates)]))),
        }
    }
    spec
}

/// Labels or annotations that the Secret has for itself.
pub(super) fn kept(pairs: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut pairs = labels::permitted(pairs);
    pairs.retain(|name, _| !name.starts_with(super::MARKS));
    pairs
}

fn node(source: &Source) -> Node {
    let text = |key: &str, text: &str| (key.to_owned(), Node::Text(text.to_owned()));
    match source {
        Source::Plain(plain) => Node::Flow(vec![text("plain", plain)]),
        Source::Remote { path, key, version, is_decoded, is_optional } => {
            let mut remote = vec![text("key", path), text("property", key)];
            remote.extend(version.as_deref().map(|version| text("version", version)));
            remote.extend(is_decoded.then(|| text("decodingStrategy", "Base64")));
            let mut fields = vec![("remoteRef".to_owned(), Node::Flow(remote))];
            fields.extend(is_optional.then(|| ("optional".to_owned(), Node::Flag(true))));
            Node::Flow(fields)
        }
    }
}
