//! The Kubernetes objects in a text and where each one stands.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::edit::Step;
use crate::{external_secrets, sealed_secrets};

/// Where an object stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The document, from 0; empty ones do not count.
    pub document: usize,
    /// The item of a `kind: List`, from 0.
    pub item: Option<usize>,
}

impl Place {
    /// The path of the object inside its document.
    #[must_use]
    pub fn path(self) -> Vec<Step> {
        self.item.map(|item| vec![Step::key("items"), Step::Index(item)]).unwrap_or_default()
    }
}

/// One Kubernetes object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Where it stands.
    pub place: Place,
    /// The object.
    pub value: &'a Value,
}

impl<'a> Object<'a> {
    /// `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> &'a str {
        text(self.value, "/apiVersion")
    }

    /// `kind`.
    #[must_use]
    pub fn kind(&self) -> &'a str {
        text(self.value, "/kind")
    }

    /// `metadata.name`; empty when absent.
    #[must_use]
    pub fn name(&self) -> &'a str {
        text(self.value, "/metadata/name")
    }

    /// `metadata.namespace`, when it is given.
    #[must_use]
    pub fn namespace(&self) -> Option<&'a str> {
        Some(text(self.value, "/metadata/namespace")).filter(|namespace| !namespace.is_empty())
    }

    /// Whether the object is of the native API.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.api_version().split_once('/') == Some((sealbridge_api::GROUP, sealbridge_api::VERSION))
    }

    /// Whether the object is a `SealedSecret`.
    #[must_use]
    pub fn is_sealed_secret(&self) -> bool {
        self.api_version() == sealed_secrets::API_VERSION && self.kind() == sealed_secrets::KIND
    }

    /// Whether the object is of the kinds of External Secrets Operator.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.api_version() == external_secrets::API_VERSION
    }

    /// Labels or annotations, as far as they are texts.
    #[must_use]
    pub fn metadata_texts(&self, which: &str) -> BTreeMap<String, String> {
        let texts = self.value.pointer(&format!("/metadata/{which}")).and_then(Value::as_object).into_iter().flatten();
        texts.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// Whether the object is of the native API and of this kind.
    #[must_use]
    pub fn is_native(&self, kind: &str) -> bool {
        self.kind() == kind && self.is_ours()
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The objects of all documents, those of a `kind: List` one by one. What has no `kind` is no object.
#[must_use]
pub fn objects(documents: &[Value]) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    for (document, value) in documents.iter().enumerate() {
        let items = value.get("items").and_then(Value::as_array);
        match items {
            Some(items) if text(value, "/kind").ends_with("List") => {
                for (item, value) in items.iter().enumerate() {
                    found.push(Object { place: Place { document, item: Some(item) }, value });
                }
            }
            _ => found.push(Object { place: Place { document, item: None }, value }),
        }
    }
    found.retain(|object| !object.kind().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_lists_and_documents_are_found_in_place() {
        let documents = crate::document::parse(
            "kind: ConfigMap\nmetadata: {name: a}\n---\nno: object\n---\napiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  metadata: {name: b, namespace: n}\n- apiVersion: sealbridge.dev/v1\n  kind: BridgedSecret\n  metadata: {name: c}\n",
        )
        .expect("documents");
        let found: Vec<_> = objects(&documents)
            .iter()
            .map(|object| (object.place, object.name().to_owned(), object.is_native("BridgedSecret")))
            .collect();
        assert_eq!(
            found,
            [
                (Place { document: 0, item: None }, "a".to_owned(), false),
                (Place { document: 2, item: Some(0) }, "b".to_owned(), false),
                (Place { document: 2, item: Some(1) }, "c".to_owned(), true),
            ]
        );
    }
}
