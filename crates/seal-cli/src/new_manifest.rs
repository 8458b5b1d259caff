//! The text of a manifest that does not exist yet.

use sealbridge_manifest::document::Place;
use sealbridge_manifest::edit::{Node, written};

/// Where the object of a new manifest stands.
pub(crate) const FIRST: Place = Place { document: 0, item: None };

/// A BridgedSecret with these entries.
pub(crate) fn new<'a>(name: &str, namespace: &str, entries: impl Iterator<Item = (&'a str, Node)>) -> String {
    let text = |key: &str, value: &str| (key.to_owned(), Node::Text(value.to_owned()));
    let block = |key: &str, entries: Vec<(String, Node)>| (key.to_owned(), Node::Block(entries));
    let data = entries.map(|(key, node)| (key.to_owned(), node)).collect();
    written(&[
        text("apiVersion", "sealbridge.dev/v1"),
        text("kind", "BridgedSecret"),
        block("metadata", vec![text("name", name), text("namespace", namespace)]),
        block("spec", vec![block("data", data)]),
    ])
}
