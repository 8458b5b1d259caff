//! Entry names that a YAML 1.1 reader would take for something else.

use crate::document::Place;
use crate::edit::Step;
use crate::{plain_key, syntax};

/// The bare keys of the mapping at a path of the object at `place` that kubectl, kustomize or Helm would retype.
/// `documents` is the number of documents that are not empty. Keys that come from an alias are not seen.
#[must_use]
pub fn retyped_keys(text: &str, documents: usize, place: Place, path: &[&str]) -> Vec<String> {
    let path: Vec<_> = place.path().into_iter().chain(path.iter().copied().map(Step::key)).collect();
    let Some(tree) = syntax::Tree::parse(text, documents) else { return Vec::new() };
    let Ok(data) = tree.mapping(place.document, &path) else { return Vec::new() };
    let entries = data.entries().into_iter();
    entries.filter(|entry| !entry.key_is_quoted && plain_key::is_retyped_when_bare(&entry.key)).map(|entry| entry.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_keys_are_told_from_quoted_ones() {
        let text =
            "spec:\n  data:\n    ON: {plain: a}\n    \"NO\": {plain: a}\n    1.10: {plain: a}\n    .dockerconfigjson: {plain: a}\n";
        assert_eq!(retyped_keys(text, 1, Place { document: 0, item: None }, &["spec", "data"]), ["ON", "1.10"]);
    }
}
