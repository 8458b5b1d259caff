//! A part of an object, with wiped texts.

use std::collections::BTreeMap;
use std::fmt;

use sealbridge_manifest::{FieldPath, FieldStep};
use sealbridge_secret::{SecretBytes, SecretMap};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::leaf;

/// The JSON of no value.
const NULL: &[u8] = b"null";

/// A part of an object. Its texts are wiped, the names of its fields are not.
pub enum Tree {
    /// Fields by name.
    Map(BTreeMap<String, Tree>),
    /// A whole list.
    List(Vec<Tree>),
    /// Some items of a list of which the rest is not known.
    Items(BTreeMap<usize, Tree>),
    /// The JSON of a text, number, truth or null. Equal values are equal texts.
    Scalar(SecretBytes),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map(fields) => f.debug_map().entries(fields).finish(),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Items(items) => f.debug_map().entries(items).finish(),
            Self::Scalar(_) => f.write_str("redacted"),
        }
    }
}

impl Tree {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        let mut json = Vec::with_capacity(json_text_len(text));
        push_json_text(&mut json, text);
        Self::Scalar(SecretBytes::new(json))
    }

    pub(super) fn null() -> Self {
        Self::Scalar(SecretBytes::new(NULL.to_vec()))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(json) if json.expose() == NULL)
    }

    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Map(fields) => Self::Map(fields.iter().map(|(key, tree)| (key.clone(), tree.duplicate())).collect()),
            Self::List(items) => Self::List(items.iter().map(Self::duplicate).collect()),
            Self::Items(items) => Self::Items(items.iter().map(|(index, tree)| (*index, tree.duplicate())).collect()),
            Self::Scalar(json) => Self::Scalar(json.duplicate()),
        }
    }

    /// Without fields of the top that are no content.
    #[must_use]
    pub fn content_of(self) -> Self {
        match self {
            Self::Map(mut fields) => {
                fields.retain(|field, _| !FieldPath::is_beside_content(field));
                Self::Map(fields)
            }
            other => other,
        }
    }

    /// The fields of a map.
    #[must_use]
    pub fn fields(&self) -> Option<&BTreeMap<String, Tree>> {
        match self {
            Self::Map(fields) => Some(fields),
            Self::List(_) | Self::Items(_) | Self::Scalar(_) => None,
        }
    }

    /// What has to stand in an object that is to have this content.
    #[must_use]
    pub fn leaves(&self) -> SecretMap {
        let mut leaves = SecretMap::new();
        self.add_leaves(&mut String::new(), 0, false, &mut leaves);
        leaves
    }

    /// Everything that stands in this object, maps with members included, among which [`Tree::leaves`] of what was put
    /// into it are found.
    #[must_use]
    pub fn all_leaves(&self) -> SecretMap {
        let mut leaves = SecretMap::new();
        self.add_leaves(&mut String::new(), 0, true, &mut leaves);
        leaves
    }

    fn add_leaves(&self, name: &mut String, depth: usize, all: bool, leaves: &mut SecretMap) {
        let mark = |name: &str, mark: String, leaves: &mut SecretMap| {
            drop(leaves.insert(name.to_owned(), SecretBytes::new(mark.into_bytes())));
        };
        let at = name.len();
        let below = |name: &mut String, step: FieldStep, tree: &Self, leaves: &mut SecretMap| {
            leaf::add(name, &step);
            tree.add_leaves(name, depth + 1, all, leaves);
            name.truncate(at);
        };
        match self {
            Self::Map(fields) => {
                // The API server drops a field at the top that has nothing in it.
                if depth > 1 && (all || fields.is_empty()) {
                    mark(name, "{}".to_owned(), leaves);
                }
                // A field of null is none: the API server drops it, or puts its default there.
                for (key, tree) in fields.iter().filter(|(_, tree)| !tree.is_null()) {
                    below(name, FieldStep::Key(key.clone()), tree, leaves);
                }
            }
            Self::List(items) => {
                mark(name, format!("[{}]", items.len()), leaves);
                for (index, tree) in items.iter().enumerate() {
                    below(name, FieldStep::Index(index), tree, leaves);
                }
            }
            Self::Items(items) => {
                for (index, tree) in items {
                    below(name, FieldStep::Index(*index), tree, leaves);
                }
            }
            Self::Scalar(json) => drop(leaves.insert(name.clone(), json.duplicate())),
        }
    }

    /// The length of [`Tree::write_json`], in bytes.
    #[must_use]
    pub fn json_len(&self) -> usize {
        let around = |parts: usize, lens: usize| 2 + lens + parts.saturating_sub(1);
        match self {
            Self::Map(fields) => {
                around(fields.len(), fields.iter().map(|(key, tree)| json_text_len(key) + 1 + tree.json_len()).sum())
            }
            Self::List(items) => around(items.len(), items.iter().map(Self::json_len).sum()),
            Self::Items(items) => around(items.len(), items.values().map(Self::json_len).sum()),
            Self::Scalar(json) => json.len(),
        }
    }

    /// Adds the JSON of the tree to a buffer, which grows, leaving copies of values behind, unless it has room for
    /// [`Tree::json_len`] more.
    pub fn write_json(&self, out: &mut Zeroizing<Vec<u8>>) {
        fn list<'t>(items: impl Iterator<Item = &'t Tree>, out: &mut Zeroizing<Vec<u8>>) {
            out.push(b'[');
            for (position, item) in items.enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                item.write_json(out);
            }
            out.push(b']');
        }
        match self {
            Self::Map(fields) => {
                out.push(b'{');
                for (position, (key, tree)) in fields.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    push_json_text(out, key);
                    out.push(b':');
                    tree.write_json(out);
                }
                out.push(b'}');
            }
            Self::List(items) => list(items.iter(), out),
            Self::Items(items) => list(items.values(), out),
            Self::Scalar(json) => out.extend_from_slice(json.expose()),
        }
    }
}

/// The length of [`push_json_text`], in bytes.
fn json_text_len(text: &str) -> usize {
    let len = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(len).sum::<usize>()
}

/// Adds a JSON string (RFC 8259, section 7). A serializer would leave copies in buffers of its own.
fn push_json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of an object")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(SecretBytes::new(value.to_string().into_bytes())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(SecretBytes::new(value.to_string().into_bytes())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(SecretBytes::new(value.to_string().into_bytes())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        // Without an exponent, and 1.0 as 1: they are one number, and the API server writes the latter.
        if value.is_finite() {
            Ok(Tree::Scalar(SecretBytes::new(value.to_string().into_bytes())))
        } else {
            Err(E::custom("no number of JSON"))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::text(&Zeroizing::new(text)))
    }

    fn visit_none<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::null())
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((key, tree)) = access.next_entry::<String, Tree>()? {
            fields.insert(key, tree);
        }
        Ok(Tree::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn tree(value: &Value) -> Tree {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn shown(leaves: &SecretMap) -> Vec<(String, String)> {
        leaves.iter().map(|(name, json)| (name.to_owned(), String::from_utf8(json.expose().to_vec()).unwrap())).collect()
    }

    fn values() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_that_of_a_serializer_in_a_buffer_of_exact_size(value in values()) {
            let tree = tree(&value);
            let mut json = Zeroizing::new(Vec::with_capacity(tree.json_len()));
            tree.write_json(&mut json);
            prop_assert_eq!(json.len(), tree.json_len());
            prop_assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), value);
        }

        #[test]
        fn what_is_desired_is_found_in_what_stands_there(value in proptest::collection::btree_map("[a-z]{1,4}", values(), 0..4)) {
            let tree = tree(&Value::Object(value.into_iter().collect()));
            let all = tree.all_leaves();
            for (name, json) in tree.leaves().iter() {
                prop_assert!(all.get(name) == Some(json), "{}", name);
            }
        }
    }

    #[test]
    fn leaves_have_names_and_json() {
        let content = tree(&json!({"spec": {"a": "x\"", "b": [1, {"c": true}], "e": {}, "n": null}, "data": {}}));
        let expected = [("spec/a", r#""x\"""#), ("spec/b", "[2]"), ("spec/b[0]", "1"), ("spec/b[1]/c", "true"), ("spec/e", "{}")];
        assert_eq!(shown(&content.leaves()), expected.map(|(name, json)| (name.to_owned(), json.to_owned())));
    }

    #[test]
    fn equal_numbers_are_equal() {
        let texts = |text: &str| shown(&serde_json::from_str::<Tree>(text).unwrap().leaves());
        assert_eq!(texts(r#"{"a":{"b":1.0}}"#), texts(r#"{"a":{"b":1}}"#));
        assert_ne!(texts(r#"{"a":{"b":"1"}}"#), texts(r#"{"a":{"b":1}}"#));
    }

    #[test]
    fn nothing_of_a_value_is_printed() {
        assert!(!format!("{:?}", tree(&json!({"a": ["hunter2"]}))).contains("hunter"));
    }
}
