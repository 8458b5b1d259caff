//! An imported Secret as the text of a BridgedSecret, and the parts of one.

use std::collections::BTreeMap;

use sealbridge_manifest::edit::{Node, written};
use sealbridge_seal::Target;

use crate::import::Imported;

pub(crate) type Entries = Vec<(String, Node)>;

fn text_entry(key: &str, value: &str) -> (String, Node) {
    (key.to_owned(), Node::Text(value.to_owned()))
}

fn block(key: &str, entries: Entries) -> (String, Node) {
    (key.to_owned(), Node::Block(entries))
}

/// The BridgedSecret for what was imported, with these sealed entries.
pub(crate) fn text(secret: &Imported, place: &Target<'_>, sealed: Vec<(String, String)>) -> String {
    around(secret, place, vec![data(sealed)])
}

/// Sealed entries as a field of a spec.
pub(crate) fn data(sealed: Vec<(String, String)>) -> (String, Node) {
    block(
        "data",
        sealed.into_iter().map(|(key, sealed)| (key, Node::Flow(vec![("sealed".to_owned(), Node::Text(sealed))]))).collect(),
    )
}

/// The spec of what was imported: where its values come from, then the Secret.
pub(crate) fn spec(secret: &Imported, mut sources: Entries) -> Entries {
    let target = target(secret);
    if !target.is_empty() {
        sources.push(block("target", target));
    }
    sources
}

/// The BridgedSecret for what was imported, with values from these sources.
pub(crate) fn around(secret: &Imported, place: &Target<'_>, sources: Entries) -> String {
    written(&[
        text_entry("apiVersion", "sealbridge.dev/v1"),
        text_entry("kind", "BridgedSecret"),
        block("metadata", vec![text_entry("name", place.name), text_entry("namespace", place.namespace)]),
        block("spec", spec(secret, sources)),
    ])
}

fn target(secret: &Imported) -> Entries {
    let mut target = Entries::new();
    if secret.immutable {
        target.push(("immutable".to_owned(), Node::Flag(true)));
    }
    if let Some(adopt) = &secret.adopt {
        let mut fields = vec![("from".to_owned(), Node::Text(adopt.from.to_owned()))];
        fields.extend(adopt.name.as_ref().map(|name| text_entry("name", name)));
        target.push(("adopt".to_owned(), Node::Flow(fields)));
    }
    let template = template(secret);
    if !template.is_empty() {
        target.push(block("template", template));
    }
    target
}

fn template(secret: &Imported) -> Entries {
    let mut template: Entries = secret.type_.iter().map(|type_| text_entry("type", type_)).collect();
    let mut metadata = Entries::new();
    for (field, map) in [("labels", &secret.labels), ("annotations", &secret.annotations)] {
        if !map.is_empty() {
            metadata.push(strings(field, map));
        }
    }
    if !metadata.is_empty() {
        template.push(block("metadata", metadata));
    }
    if !secret.templates.is_empty() {
        template.push(strings("data", &secret.templates));
        template.push(text_entry("mergePolicy", "Merge"));
    }
    template
}

fn strings(field: &str, map: &BTreeMap<String, String>) -> (String, Node) {
    block(field, map.iter().map(|(key, value)| text_entry(key, value)).collect())
}
