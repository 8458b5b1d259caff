//! Edits of one object, collected path by path.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::{Change, Edit, Node, Step};
use serde_json::Value;

/// Fields that an API server adds and that no manifest keeps.
const OF_THE_SERVER: [&str; 5] = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"];
/// Fields of which an empty text says as much as none.
const EMPTY_IS_NONE: [&str; 6] = ["kind", "path", "property", "refreshInterval", "type", "version"];
/// Lists and maps of which an empty one says as much as none.
const EMPTY_LIST_IS_NONE: [&str; 7] = ["data", "dataFrom", "dataTo", "finalizers", "rewrite", "tags", "templateFrom"];
/// Maps whose keys are no fields.
const MAPS: [&str; 4] = ["annotations", "labels", "matchLabels", "tags"];

/// What says nothing, and is refused by native objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// Nulls.
    Nulls,
    /// Nulls, and in known fields empty texts and lists.
    All,
}

/// What is changed in one object.
pub(super) struct Edits<'a> {
    object: Object<'a>,
    list: Vec<Edit>,
}

impl<'a> Edits<'a> {
    /// The edits that make any object a native one of a kind: its kind, and without what an API server added.
    pub(super) fn native(object: Object<'a>, kind: &str) -> Self {
        let mut edits = Self { object, list: Vec::new() };
        edits.set(&[], "apiVersion", Node::Text("sealbridge.dev/v1".to_owned()));
        edits.set(&[], "kind", Node::Text(kind.to_owned()));
        for field in OF_THE_SERVER {
            edits.remove(&[Step::key("metadata")], field);
        }
        edits.remove(&[], "status");
        edits
    }

    /// Sets a field.
    pub(super) fn set(&mut self, mapping: &[Step], key: &str, node: Node) {
        let mapping = [self.object.place.path().as_slice(), mapping].concat();
        self.list.push(Edit { mapping, key: key.to_owned(), change: Change::Set(node) });
    }

    /// Removes a field, where it is there and nothing was done to it yet.
    pub(super) fn remove(&mut self, mapping: &[Step], key: &str) {
        let is_there = at(self.object.value, mapping).is_some_and(|mapping| mapping.get(key).is_some());
        let mapping = [self.object.place.path().as_slice(), mapping].concat();
        let path = [mapping.as_slice(), &[Step::key(key)]].concat();
        let is_gone = self.list.iter().any(|edit| {
            let edited = [edit.mapping.as_slice(), &[Step::key(&edit.key)]].concat();
            edited == path || edit.change == Change::Remove && path.starts_with(&edited)
        });
        if is_there && !is_gone {
            self.list.push(Edit { mapping, key: key.to_owned(), change: Change::Remove });
        }
    }

    /// Removes what says nothing below a path.
    pub(super) fn remove_empty(&mut self, mapping: &[Step], empty: Empty) {
        let Some(Value::Object(fields)) = at(self.object.value, mapping) else { return };
        let holder = mapping.last();
        for (key, value) in fields {
            let below = [mapping, &[Step::key(key)]].concat();
            let says_nothing = match value {
                Value::Null => true,
                _ if empty == Empty::Nulls => false,
                Value::String(text) => text.is_empty() && EMPTY_IS_NONE.contains(&key.as_str()),
                Value::Array(items) => items.is_empty() && EMPTY_LIST_IS_NONE.contains(&key.as_str()),
                Value::Object(fields) => fields.is_empty() && EMPTY_LIST_IS_NONE.contains(&key.as_str()),
                _ => false,
            };
            let is_map = MAPS.contains(&key.as_str()) || key == "data" && holder == Some(&Step::key("template"));
            match value {
                _ if says_nothing => self.remove(mapping, key),
                Value::Object(_) if !is_map => self.remove_empty(&below, empty),
                Value::Array(items) => (0..items.len()).for_each(|item| {
                    self.remove_empty(&[below.as_slice(), &[Step::Index(item)]].concat(), empty);
                }),
                _ => {}
            }
        }
    }

    /// The edits in their order.
    pub(super) fn all(&self) -> &[Edit] {
        &self.list
    }
}

/// What stands at a path of an object.
fn at<'v>(root: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

/// A path of keys.
pub(super) fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::key(key)).collect()
}
