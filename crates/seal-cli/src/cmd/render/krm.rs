//! The `ResourceList` that a KRM function reads and writes.

use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::edit::{self, Change, Edit, Node};
use serde_json::Value;
use std::path::Path;
use zeroize::Zeroizing;

use super::door::Placed;
use crate::error::Error;
use crate::file::Snapshot;
use crate::manifest_file::ManifestFile;
use crate::render::print;

/// What an object is called that is given as the function's own configuration.
pub(super) const GENERATOR: &str = "functionConfig";

/// The object that is given as the function's configuration, if that is one that makes a Secret.
pub(super) fn generator(list: &ManifestFile) -> Result<Option<ManifestFile>, Error> {
    let config = match list.documents() {
        [list] if list.get("kind").and_then(Value::as_str) == Some("ResourceList") => list.get(GENERATOR),
        _ => {
            let problem = "holds no ResourceList, which kustomize and other tools hand to a KRM function; for manifests pass \
                           --as helm";
            return Err(Error::Import { path: list.path(), problem: problem.to_owned() });
        }
    };
    let Some(config) = config else { return Ok(None) };
    let objects = document::objects(std::slice::from_ref(config));
    let makes_a_secret = |object: &Object<'_>| {
        object.is_native("BridgedSecret") || object.is_sealed_secret() || object.is_external() && object.kind() == "ExternalSecret"
    };
    if !objects.iter().any(makes_a_secret) {
        return Ok(None);
    }
    ManifestFile::of(Snapshot::of_text(Path::new(GENERATOR), config.to_string())).map(Some)
}

/// The list with Secrets in the place of items, and those that are added.
pub(super) fn list(file: &ManifestFile, here: &[Placed], added: &[DesiredSecret]) -> Result<Zeroizing<String>, Error> {
    let replaced = here.iter().filter_map(|placed| Some((placed.place.item?, print::json(&placed.secret))));
    let replaced: Vec<_> = replaced.collect();
    let added: Vec<_> = added.iter().map(print::json).collect();
    let replaced: Vec<_> = replaced.iter().map(|(item, text)| (*item, text.as_str())).collect();
    let added: Vec<_> = added.iter().map(|text| text.as_str()).collect();
    if replaced.is_empty() && added.is_empty() {
        return Ok(Zeroizing::new(file.text().to_owned()));
    }
    let text = edit::set_items(file.text(), 0, "items", &replaced, &added);
    text.map(Zeroizing::new).map_err(|problem| file.edit_error(problem))
}

/// The list as it came, with what failed; `None` if that cannot be said in it.
pub(super) fn with_results(list: &str, error: &Error) -> Option<String> {
    let messages = match error {
        Error::Several(messages) => messages.clone(),
        other => vec![other.to_string()],
    };
    let text = |text: &str| Node::Text(text.to_owned());
    let results = messages
        .iter()
        .map(|message| Node::Flow(vec![("message".to_owned(), text(message)), ("severity".to_owned(), text("error"))]));
    let set = Change::Set(Node::List(results.collect()));
    let edit = |change| Edit { mapping: Vec::new(), key: "results".to_owned(), change };
    let is_there = document::parse(list).ok()?.first()?.get("results").is_some();
    let edits = if is_there { vec![edit(Change::Remove), edit(set)] } else { vec![edit(set)] };
    edit::apply(list, 0, &edits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_a_result_each() {
        let error = Error::Several(vec!["a: b; c".to_owned(), "d".to_owned()]);
        for list in ["kind: ResourceList\nitems: []\n", "kind: ResourceList\nresults: [{message: old}]\nitems: []\n"] {
            let text = with_results(list, &error).expect("a list");
            let read = document::parse(&text).expect("YAML").remove(0);
            let expected = serde_json::json!([{"message": "a: b; c", "severity": "error"}, {"message": "d", "severity": "error"}]);
            assert_eq!((&read["results"], &read["items"]), (&expected, &serde_json::json!([])));
        }
    }
}
