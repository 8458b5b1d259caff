//! Entry names that a YAML 1.1 reader would take for something else.

use serde_json::Value;

use crate::document::Object;
use crate::edit::Step;
use crate::{plain_key, syntax};

/// The bare keys under `data` of the spec at a path of an object in a text that kubectl, kustomize or Helm would retype.
/// `documents` is the number of documents that are not empty. Keys that come from an alias are not seen.
#[must_use]
pub fn retyped_keys(text: &str, documents: usize, object: &Object<'_>, spec: &[&str]) -> Vec<String> {
    let path = [spec, &["data"]].concat();
    let mapping = path.iter().try_fold(object.value, |value, key| value.get(key)).and_then(Value::as_object);
    // How keys are written is looked up, in all of the text, only when one of them could be meant.
    if !mapping.is_some_and(|mapping| mapping.keys().any(|key| plain_key::is_retyped_when_bare(key))) {
        return Vec::new();
    }
    let path: Vec<_> = object.place.path().into_iter().chain(path.into_iter().map(Step::key)).collect();
    let Some(tree) = syntax::Tree::parse(text, documents) else { return Vec::new() };
    let Ok(mapping) = tree.mapping(object.place.document, &path) else { return Vec::new() };
    let entries = mapping.entries().into_iter();
    entries.filter(|entry| !entry.key_is_quoted && plain_key::is_retyped_when_bare(&entry.key)).map(|entry| entry.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    #[test]
    fn bare_keys_are_told_from_quoted_ones() {
        let text = "kind: BridgedSecret\nspec:\n  data:\n    ON: {plain: a}\n    \"NO\": {plain: a}\n    1.10: {plain: a}\n    .dockerconfigjson: {plain: a}\n";
        let documents = document::parse(text).expect("YAML");
        let object = document::objects(&documents)[0];
        assert_eq!(retyped_keys(text, 1, &object, &["spec"]), ["ON", "1.10"]);
    }
}
