//! Sealed texts wherever they stand in YAML or JSON, such as Helm values.
//!
//! Must never: look at what is not sealed.

use sealbridge_manifest::document::Object;
use sealbridge_seal::PREFIX;
use serde_json::Value;

use crate::value_path;

/// Each sealed text of the documents with its path, those of BridgedSecrets left out. With several documents
/// the path says which one.
pub(crate) fn outside_of<'a>(secrets: &[Object<'_>], documents: &'a [Value]) -> Vec<(String, &'a str)> {
    let mut found = Vec::new();
    for (position, value) in documents.iter().enumerate() {
        if secrets.iter().any(|object| object.place.document == position) {
            continue;
        }
        let before = found.len();
        collect("", value, &mut found);
        if documents.len() > 1 {
            for (path, _) in found.iter_mut().skip(before) {
                *path = format!("document {}, {path}", position + 1);
            }
        }
    }
    found
}

fn collect<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) if text.starts_with(PREFIX) => found.push((path.to_owned(), text)),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                collect(&format!("{path}[{position}]"), item, found);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = value_path::key_text(key);
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                collect(&path, value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_manifest::document;

    #[test]
    fn texts_are_found_with_the_path_that_other_verbs_take() {
        let text = "a: {b.c: [x, 'sb1:1']}\n---\nkind: BridgedSecret\napiVersion: sealbridge.dev/v1\nspec: {data: {K: {sealed: 'sb1:2'}}}\n---\nd: 'sb1:3'\n";
        let documents = document::parse(text).expect("YAML");
        let secrets: Vec<_> =
            document::objects(&documents).into_iter().filter(|object| object.is_native("BridgedSecret")).collect();
        let found = outside_of(&secrets, &documents);
        assert_eq!(found, [("document 1, a.b\\.c[1]".to_owned(), "sb1:1"), ("document 3, d".to_owned(), "sb1:3")]);
    }
}
