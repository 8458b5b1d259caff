//! Sealed texts wherever they stand in YAML or JSON: entries of manifests, Helm values, and others.
//!
//! Must never: look at what is not sealed.

use std::collections::HashSet;
use std::path::Path;

use sealbridge_manifest::document::Object;
use sealbridge_seal::{KnownPlace, PREFIX};
use serde_json::Value;

use crate::config::Rule;
use crate::manifest_file::BridgedSecretAt;
use crate::target::NamespaceSources;
use crate::value_path;

/// A sealed text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedEntry<'a> {
    /// The namespace of the Secret, where it is known.
    pub(crate) namespace: Option<String>,
    /// The name of the Secret; `None` outside of a manifest.
    pub(crate) name: Option<&'a str>,
    /// The entry; outside of a manifest, the path.
    pub(crate) key: String,
    /// The sealed text.
    pub(crate) text: &'a str,
}

impl SealedEntry<'_> {
    /// `namespace/name` of the Secret; empty outside of a manifest.
    pub(crate) fn secret(&self) -> String {
        let namespace = self.namespace.as_deref().unwrap_or("?");
        self.name.map(|name| format!("{namespace}/{name}")).unwrap_or_default()
    }

    /// What is known of the place that the value has to be sealed for.
    pub(crate) fn place(&self) -> KnownPlace<'_> {
        match self.name {
            Some(name) => KnownPlace { namespace: self.namespace.as_deref(), name: Some(name), key: Some(&self.key) },
            None => KnownPlace::default(),
        }
    }
}

/// All sealed texts of a file's documents. `folder` is where the nearest kustomization is looked for, if it is.
pub(crate) fn all<'a>(
    objects: &[Object<'a>],
    documents: &'a [Value],
    rule: Option<&Rule>,
    folder: Option<&Path>,
) -> Vec<SealedEntry<'a>> {
    let secrets: Vec<_> = objects.iter().filter(|object| object.is_native("BridgedSecret")).copied().collect();
    let mut found = Vec::new();
    for object in &secrets {
        let secret = BridgedSecretAt::new(*object);
        let namespace = match folder {
            Some(folder) => NamespaceSources { flag: None, manifest: secret.namespace(), rule, folder }.resolve().ok(),
            None => secret.namespace().map(str::to_owned),
        };
        found.extend(entry_texts(object).map(|(key, text)| SealedEntry {
            namespace: namespace.clone(),
            name: Some(secret.secret_name()),
            key: key.to_owned(),
            text,
        }));
    }
    let elsewhere = outside_of(&secrets, documents);
    found.extend(elsewhere.into_iter().map(|(key, text)| SealedEntry { namespace: None, name: None, key, text }));
    found
}

/// The texts of a BridgedSecret's entries.
fn entry_texts<'a>(object: &Object<'a>) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let data = object.value.pointer("/spec/data").and_then(Value::as_object);
    data.into_iter().flatten().filter_map(|(key, entry)| Some((key.as_str(), entry.get("sealed")?.as_str()?)))
}

/// Each sealed text of the documents with its path, entries of BridgedSecrets left out. With several documents
/// the path says which one.
pub(crate) fn outside_of<'a>(secrets: &[Object<'_>], documents: &'a [Value]) -> Vec<(String, &'a str)> {
    // Where they lie in memory tells the texts of entries from equal ones elsewhere.
    let entries: HashSet<_> = secrets.iter().flat_map(entry_texts).map(|(_, text)| text.as_ptr()).collect();
    let mut found = Vec::new();
    for (position, document) in documents.iter().enumerate() {
        value_path::each_text(document, &mut |path, text| {
            if text.starts_with(PREFIX) && !entries.contains(&text.as_ptr()) {
                let document = if documents.len() > 1 { format!("document {}, ", position + 1) } else { String::new() };
                found.push((format!("{document}{path}"), text));
            }
        });
    }
    found
}

/// Whatever looks like a sealed text in a file, with its line from 1: found without reading the file's structure,
/// so also in comments, in templates and inside other texts.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | ':' | ';' | '-' | '*' | '.');
    text.lines().zip(1..).flat_map(move |(line, number)| {
        let starts = line.match_indices(PREFIX).filter(move |(start, _)| {
            line.get(..*start).and_then(|before| before.chars().next_back()).is_none_or(|before| !before.is_ascii_alphanumeric())
        });
        starts.filter_map(move |(start, _)| {
            let rest = line.get(start..)?;
            Some((number, rest.split(|c| !is_part(c)).next().unwrap_or(rest)))
        })
    })
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

    #[test]
    fn a_list_that_holds_a_bridged_secret_is_looked_through() {
        let text = "kind: List\nitems:\n- kind: BridgedSecret\n  apiVersion: sealbridge.dev/v1\n  metadata: {name: x}\n  spec: {data: {K: {sealed: 'sb1:2'}}}\n- kind: ConfigMap\n  data: {k: 'sb1:2'}\n";
        let documents = document::parse(text).expect("YAML");
        let found = all(&document::objects(&documents), &documents, None, None);
        let places: Vec<_> = found.iter().map(|entry| (entry.secret(), entry.key.as_str())).collect();
        assert_eq!(places, [("?/x".to_owned(), "K"), (String::new(), "items[1].data.k")]);
    }

    #[test]
    fn tokens_are_found_anywhere() {
        let text = "# sb1:a+/=\na: {b: \"sb1:k;s=x-*:1\"}\nxsb1:no\n {{ sb1:c }}";
        let found: Vec<_> = tokens(text).collect();
        assert_eq!(found, [(1, "sb1:a+/="), (2, "sb1:k;s=x-*:1"), (4, "sb1:c")]);
    }
}
