//! The content of an object that is no Secret, as text.

use sealbridge_engine::{DesiredSecret, Tree};
use sealbridge_manifest::edit::quoted;
use sealbridge_secret::{SecretBytes, SecretMap};
use zeroize::Zeroizing;

use super::print::PLACEHOLDER;

/// Adds the content as YAML; `shows` tells by the name of a leaf whether its value is printed.
pub(super) fn add_yaml(text: &mut Zeroizing<String>, secret: &DesiredSecret, shows: impl Fn(&str) -> bool) {
    let shown = |(name, json): (&str, &SecretBytes)| {
        let json =
            if shows(name) || is_structure(json) { json.duplicate() } else { SecretBytes::new(quoted(PLACEHOLDER).into_bytes()) };
        (name.to_owned(), json)
    };
    let shown: SecretMap = secret.data.iter().map(shown).collect();
    // What cannot be put together was refused when it was made.
    let mut content = Tree::default();
    if content.put(&shown).is_ok() {
        // Indents and marks of items take at most as much again as names do.
        text.reserve(content.json_len() * 3 + 64);
        add(text, &content, 0);
    }
}

/// Adds the fields of the content to an object on one line.
pub(super) fn add_json(text: &mut Zeroizing<String>, secret: &DesiredSecret) {
    let Ok(content) = secret.content() else { return };
    text.reserve(content.json_len() * 2 + 64);
    for (field, tree) in content.fields().into_iter().flatten() {
        text.push_str(", ");
        text.push_str(&quoted(field));
        text.push_str(": ");
        text.push_str(&json(tree));
    }
}

/// Whether the value of a leaf only says that there is a map or a list.
fn is_structure(json: &SecretBytes) -> bool {
    matches!(json.expose().first(), Some(b'{' | b'['))
}

fn json(tree: &Tree) -> Zeroizing<String> {
    let mut json = Zeroizing::new(Vec::with_capacity(tree.json_len()));
    tree.write_json(&mut json);
    // It is made of texts.
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).unwrap_or_default())
}

/// Adds lines, each after `depth` steps in.
fn add(text: &mut Zeroizing<String>, tree: &Tree, depth: usize) {
    let lead = |text: &mut Zeroizing<String>| (0..depth).for_each(|_| text.push_str("  "));
    match tree {
        Tree::Map(fields) => {
            for (field, tree) in fields {
                lead(text);
                text.push_str(&quoted(field));
                text.push(':');
                below(text, tree, depth);
            }
        }
        Tree::List(items) => {
            for item in items {
                lead(text);
                text.push('-');
                below(text, item, depth);
            }
        }
        Tree::Items(_) | Tree::Scalar(_) => {}
    }
}

/// Adds what a field or an item holds: on its line, or on lines below it.
fn below(text: &mut Zeroizing<String>, tree: &Tree, depth: usize) {
    let has_lines = match tree {
        Tree::Map(fields) => !fields.is_empty(),
        Tree::List(items) => !items.is_empty(),
        Tree::Items(_) | Tree::Scalar(_) => false,
    };
    if has_lines {
        text.push('\n');
        add(text, tree, depth + 1);
    } else {
        text.push(' ');
        text.push_str(&json(tree));
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::print::{self, Show};
    use super::*;

    fn object(content: &Value) -> DesiredSecret {
        DesiredSecret {
            namespace: "shop".to_owned(),
            name: "app".to_owned(),
            manifest: Some("example.com/v1/Route".parse().unwrap()),
            type_: None,
            immutable: false,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            data: serde_json::from_value::<Tree>(content.clone()).unwrap().leaves(),
        }
    }

    fn whole(content: &Value) -> Value {
        let mut object = json!({
            "apiVersion": "example.com/v1", "kind": "Route",
            "metadata": {"name": "app", "namespace": "shop", "labels": {"sealbridge.dev/managed": "true"}},
        });
        object.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        object
    }

    #[test]
    fn what_is_printed_reads_back() {
        let content =
            json!({"spec": {"a": "x: \"y\"\n", "n": 1.5, "l": [{"b": [true, []]}, "z", {}], "on": {"m": {}}}, "data": {"k": "v"}});
        let object = object(&content);
        let yaml = sealbridge_manifest::document::parse(&print::yaml(&object, Show::All, |_| false)).unwrap();
        assert_eq!(yaml, [whole(&content)]);
        let line = print::json(&object);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), whole(&content));
        assert!(!line.contains('\n'));
    }

    #[test]
    fn unasked_only_what_is_no_secret_is_printed() {
        let object = object(&json!({"spec": {"data": {"a": "hunter2", "b": "open"}, "l": [1]}}));
        let spec = serde_json::from_value(json!({"data": {"a": {"plain": "a"}}})).unwrap();
        let plan = sealbridge_manifest::native::plan("n", "a", &spec).unwrap();
        let yaml = print::yaml(&object, Show::PlainOnly(&plan.target), |name| name == "spec/data/b");
        let read = sealbridge_manifest::document::parse(&yaml).unwrap();
        assert_eq!(read, [whole(&json!({"spec": {"data": {"a": "(redacted)", "b": "open"}, "l": ["(redacted)"]}}))]);
    }
}
