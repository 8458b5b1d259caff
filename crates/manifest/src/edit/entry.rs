//! Entries of a BridgedSecret, and of a SealedSecret: set and removed in its manifest.

use serde_json::Value;

use super::{Change, Edit, EditError, Node, Step, apply, apply_to};
use crate::document::{self, Place};

const SOURCES: [&str; 4] = ["secretStoreRef", "remoteRef", "sealed", "plain"];

/// Where an entry's value comes from, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntrySource {
    /// A sealed text.
    Sealed(String),
    /// A text that is no secret.
    Plain(String),
    /// A reference to a store.
    Remote {
        /// The store's name; absent, the object's own default is meant.
        store: Option<String>,
        /// The store's kind, where it is not `SecretStore`.
        store_kind: Option<String>,
        /// The key in the store.
        key: String,
        /// What is taken out of it.
        property: Option<String>,
        /// The version in the store's notation.
        version: Option<String>,
    },
}

impl EntrySource {
    /// The fields of the entry.
    #[must_use]
    pub fn node(&self) -> Node {
        let text = |name: &str, value: &str| (name.to_owned(), Node::Text(value.to_owned()));
        match self {
            Self::Sealed(sealed) => Node::Flow(vec![text("sealed", sealed)]),
            Self::Plain(plain) => Node::Flow(vec![text("plain", plain)]),
            Self::Remote { store, store_kind, key, property, version } => {
                let mut remote = vec![text("key", key)];
                remote.extend(property.as_deref().map(|property| text("property", property)));
                remote.extend(version.as_deref().map(|version| text("version", version)));
                let mut entry = Vec::new();
                if let Some(store) = store {
                    let mut fields = vec![text("name", store)];
                    fields.extend(store_kind.as_deref().map(|kind| text("kind", kind)));
                    entry.push(("secretStoreRef".to_owned(), Node::Flow(fields)));
                }
                entry.push(("remoteRef".to_owned(), Node::Flow(remote)));
                Node::Flow(entry)
            }
        }
    }
}

/// Sets entries of the BridgedSecret at `place`, new ones in their order. What an entry says besides its source stays.
///
/// # Errors
/// [`EditError`] when the manifest cannot be edited in place.
pub fn set_entries(text: &str, place: Place, entries: &[(String, EntrySource)]) -> Result<String, EditError> {
    set(text, place, "data", entries.iter().map(|(key, source)| (key.clone(), source.node())).collect())
}

/// Sets entries of the SealedSecret at `place` to values that are sealed already, new ones in their order.
///
/// # Errors
/// [`EditError`] when the manifest cannot be edited in place.
pub fn set_sealed_secret_values(text: &str, place: Place, values: &[(String, String)]) -> Result<String, EditError> {
    set(text, place, "encryptedData", values.iter().map(|(key, value)| (key.clone(), Node::Text(value.clone()))).collect())
}

fn set(text: &str, place: Place, field: &str, entries: Vec<(String, Node)>) -> Result<String, EditError> {
    let documents = document::parse(text)?;
    let object = at(&documents, place).ok_or_else(|| EditError::Missing { path: "the object".to_owned() })?;
    let spec = with(place.path(), "spec");
    let data = with(spec.clone(), field);
    let edits = match object.get("spec").and_then(|spec| spec.get(field)) {
        None | Some(Value::Null) if entries.is_empty() => Vec::new(),
        None | Some(Value::Null) => vec![Edit { mapping: spec, key: field.to_owned(), change: Change::Set(Node::Block(entries)) }],
        Some(present) => entries.into_iter().flat_map(|(key, node)| edits_of(&data, present, key, node)).collect(),
    };
    apply_to(text, documents, place.document, &edits)
}

fn edits_of(data: &[Step], entries: &Value, key: String, node: Node) -> Vec<Edit> {
    match entries.get(&key) {
        Some(present @ Value::Object(_)) => differences(&with(data.to_vec(), &key), present, &node),
        _ => vec![Edit { mapping: data.to_vec(), key, change: Change::Set(node) }],
    }
}

/// Removes an entry of the BridgedSecret at `place`.
///
/// # Errors
/// [`EditError`] when the entry is not there or the manifest cannot be edited in place.
pub fn remove_entry(text: &str, place: Place, key: &str) -> Result<String, EditError> {
    remove(text, place, "data", key)
}

/// Removes an entry of the SealedSecret at `place`.
///
/// # Errors
/// [`EditError`] when the entry is not there or the manifest cannot be edited in place.
pub fn remove_sealed_secret_value(text: &str, place: Place, key: &str) -> Result<String, EditError> {
    remove(text, place, "encryptedData", key)
}

/// Gives the SOPS document at a position of `dataFrom`, in the BridgedSecret at `place`, another text.
///
/// # Errors
/// [`EditError`] when there is none or the manifest cannot be edited in place.
pub fn set_sops_document(text: &str, place: Place, position: usize, document: &str) -> Result<String, EditError> {
    let mut mapping = with(with(place.path(), "spec"), "dataFrom");
    mapping.push(Step::Index(position));
    let change = Change::Set(Node::Text(document.to_owned()));
    apply(text, place.document, &[Edit { mapping, key: "sops".to_owned(), change }])
}

fn remove(text: &str, place: Place, field: &str, key: &str) -> Result<String, EditError> {
    let mapping = with(with(place.path(), "spec"), field);
    apply(text, place.document, &[Edit { mapping, key: key.to_owned(), change: Change::Remove }])
}

fn at(documents: &[Value], place: Place) -> Option<&Value> {
    let document = documents.get(place.document)?;
    place.item.map_or(Some(document), |item| document.get("items")?.get(item))
}

fn with(mut path: Vec<Step>, key: &str) -> Vec<Step> {
    path.push(Step::key(key));
    path
}

/// The edits that turn the old mapping into the new one: what is new first, so that the mapping is never
/// empty, then what has to go. Of an entry only its sources go.
fn differences(path: &[Step], old: &Value, new: &Node) -> Vec<Edit> {
    let mut edits = Vec::new();
    let entries = new.entries().unwrap_or_default();
    for (key, node) in entries {
        match old.get(key) {
            Some(present) if *present == node.value() => {}
            Some(present @ Value::Object(fields)) if node.entries().is_some() && !fields.is_empty() => {
                edits.extend(differences(&with(path.to_vec(), key), present, node));
            }
            _ => edits.push(Edit { mapping: path.to_vec(), key: key.clone(), change: Change::Set(node.clone()) }),
        }
    }
    let gone = old.as_object().into_iter().flatten().filter(|(key, _)| !entries.iter().any(|(kept, _)| kept == *key));
    let is_entry = entries.iter().any(|(key, _)| SOURCES.contains(&key.as_str()));
    for (key, _) in gone.filter(|(key, _)| !is_entry || SOURCES.contains(&key.as_str())) {
        edits.push(Edit { mapping: path.to_vec(), key: key.clone(), change: Change::Remove });
    }
    edits
}
