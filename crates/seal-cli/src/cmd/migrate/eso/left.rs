//! What stays with External Secrets Operator, and the stores that it needs there.

use std::collections::BTreeSet;

use sealbridge_manifest::document::Object;
use serde_json::Value;

use super::migration::Migration;

/// Stores that objects which stay read from or write to.
#[derive(Debug, Default)]
pub(super) struct Left {
    stores: BTreeSet<(String, String)>,
    /// Whether some object chooses its stores by label, so that any store can be one of them.
    by_label: bool,
}

impl Left {
    /// Those of all objects of that group that were not migrated.
    pub(super) fn behind(migrations: &[Migration<'_>]) -> Self {
        let mut left = Self::default();
        for migration in migrations {
            migration.left_behind().for_each(|object| left.look(object.value));
        }
        left
    }

    /// Whether the store has to stay.
    pub(super) fn needs(&self, store: &Object<'_>) -> bool {
        self.by_label || self.stores.contains(&(store.kind().to_owned(), store.name().to_owned()))
    }

    fn look(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    match (field.as_str(), value) {
                        ("secretStoreRef" | "storeRef", reference) => self.name(reference),
                        ("secretStoreRefs", Value::Array(references)) => references.iter().for_each(|one| self.name(one)),
                        (_, value) => self.look(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, reference: &Value) {
        let text = |field: &str| reference.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let kind = text("kind").unwrap_or("SecretStore");
        self.stores.extend(text("name").map(|name| (kind.to_owned(), name.to_owned())));
        self.by_label |= reference.get("labelSelector").is_some_and(|selector| !selector.is_null());
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::of_an_object(json!({"spec": {"secretStoreRef": {"name": "a"}}}), true)]
    #[case::of_an_entry(json!({"spec": {"data": [{"sourceRef": {"storeRef": {"name": "a", "kind": ""}}}]}}), true)]
    #[case::of_a_push(json!({"spec": {"secretStoreRefs": [{"name": "b"}, {"name": "a", "kind": "SecretStore"}]}}), true)]
    #[case::of_a_template(json!({"spec": {"externalSecretSpec": {"secretStoreRef": {"name": "a"}}}}), true)]
    #[case::by_label(json!({"spec": {"secretStoreRefs": [{"labelSelector": {}}]}}), true)]
    #[case::another_kind(json!({"spec": {"secretStoreRef": {"name": "a", "kind": "ClusterSecretStore"}}}), false)]
    #[case::another(json!({"spec": {"secretStoreRef": {"name": "b"}}}), false)]
    fn stores_that_stay(#[case] object: Value, #[case] stays: bool) {
        let mut left = Left::default();
        left.look(&object);
        let store = json!({"kind": "SecretStore", "metadata": {"name": "a"}});
        let objects = sealbridge_manifest::document::objects(std::slice::from_ref(&store));
        assert_eq!(left.needs(&objects[0]), stays);
    }
}
