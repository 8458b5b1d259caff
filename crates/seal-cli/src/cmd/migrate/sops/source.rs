//! The Secrets that an encrypted file stands for.
//!
//! Must never: take a file for what it is not; a kind that is not known is an error.

use sealbridge_manifest::document::{self, Object};
use sealbridge_sops::{LeafAt, SopsError, Step};
use serde_json::{Value, json};

use crate::error::Error;
use crate::import::secret::{self, wipe};
use crate::import::{Adopt, Imported};
use crate::sops::{self, OpenFile};

/// What is encrypted in manifests.
const VALUES: [&str; 2] = ["data", "stringData"];

/// What kind of manifests a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Secrets, of which nothing but the values is encrypted.
    PlainSecrets,
    /// Secrets with more encrypted than their values.
    Secrets,
    /// One `SopsSecret`.
    SopsSecret,
}

/// What a file stands for.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) kind: Kind,
    pub(super) secrets: Vec<Imported>,
    /// How many YAML documents there are.
    pub(super) documents: usize,
}

impl Source {
    /// Reads the Secrets of an opened file.
    pub(super) fn read(file: &mut OpenFile) -> Result<Self, Error> {
        let path = file.path();
        let plain = file.opened.plain().map_err(|problem| file.error(problem))?;
        let text = std::str::from_utf8(plain.expose()).map_err(|_| Error::NotText { path: path.clone() })?;
        let mut documents = document::parse(text).map_err(|problem| Error::Document { path: path.clone(), problem })?;
        let read = kind_and_secrets(&documents);
        documents.iter_mut().for_each(wipe);
        let (is_sops_secret, secrets) = read.map_err(|problem| Error::Import { path: path.clone(), problem })?;
        let failed = |problem: SopsError| sops::refused(path.clone(), problem);
        let documents = file.opened.documents();
        let leaves = file.opened.all_leaves().map_err(failed)?;
        let is_value = |leaf: &&LeafAt<'_>| matches!(leaf.path.first(), Some(Step::Key(key)) if VALUES.contains(&key.as_str()));
        let only_values = leaves.iter().filter(|leaf| leaf.is_selected).all(|leaf| is_value(&leaf));
        let kind = match (is_sops_secret, only_values) {
            (true, _) => Kind::SopsSecret,
            (false, true) => Kind::PlainSecrets,
            (false, false) => Kind::Secrets,
        };
        Ok(Self { kind, secrets, documents })
    }
}

fn kind_and_secrets(documents: &[Value]) -> Result<(bool, Vec<Imported>), String> {
    let objects = document::objects(documents);
    let is_secret = |object: &&Object<'_>| object.kind() == "Secret" && object.api_version() == "v1";
    if let [object] = objects.as_slice()
        && object.kind() == "SopsSecret"
    {
        return Ok((true, secret::read(templates(object)?)?));
    }
    if objects.len() != documents.len() || objects.is_empty() || !objects.iter().all(|object| is_secret(&object)) {
        return Err("holds something else than Secrets, or than one SopsSecret; take that out, or migrate by hand".to_owned());
    }
    if objects.iter().any(|object| object.name().is_empty()) {
        return Err("holds a Secret without metadata.name; add it".to_owned());
    }
    let mut secrets = secret::read(documents.to_vec())?;
    for secret in &mut secrets {
        // Whoever applied the Secret from Git owns it by no reference.
        secret.adopt.get_or_insert(Adopt { from: "None", name: None });
    }
    Ok((false, secrets))
}

/// The Secrets of a `SopsSecret`, as its operator makes them.
fn templates(object: &Object<'_>) -> Result<Vec<Value>, String> {
    let spec = object.value.get("spec").and_then(Value::as_object).ok_or("the SopsSecret has no spec; correct it")?;
    if let Some(field) = spec.keys().find(|field| !matches!(field.as_str(), "secretTemplates" | "suspend")) {
        return Err(format!("spec.{field} of the SopsSecret is not known; take it out, or migrate by hand"));
    }
    let templates =
        spec.get("secretTemplates").and_then(Value::as_array).ok_or("the SopsSecret has no spec.secretTemplates; correct it")?;
    templates.iter().enumerate().map(|(position, template)| of_template(object, position, template)).collect()
}

fn of_template(object: &Object<'_>, position: usize, template: &Value) -> Result<Value, String> {
    let place = format!("spec.secretTemplates[{position}]");
    let fields = template.as_object().ok_or_else(|| format!("{place} is no mapping; correct it"))?;
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}});
    for (field, value) in fields {
        let at = match field.as_str() {
            "name" | "labels" | "annotations" => secret.get_mut("metadata").and_then(Value::as_object_mut),
            "type" | "data" | "stringData" | "immutable" => secret.as_object_mut(),
            _ => return Err(format!("{place}.{field} is not known; take it out, or migrate by hand")),
        };
        at.and_then(|at| at.insert(field.clone(), value.clone()));
    }
    if secret.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(format!("{place} has no name; add it"));
    }
    if let (Some(namespace), Some(metadata)) = (object.namespace(), secret.get_mut("metadata").and_then(Value::as_object_mut)) {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    Ok(secret)
}

/// A text without the comments that are ciphertexts, and how many these were. The MAC does not cover them.
pub(super) fn without_encrypted_comments(text: &str) -> (String, usize) {
    let mut kept = String::with_capacity(text.len());
    let mut dropped = 0;
    for line in text.split_inclusive('\n') {
        let comment = line.find("#ENC[AES256_GCM,").filter(|_| line.trim_end().ends_with(",type:comment]"));
        let Some(before) = comment.and_then(|at| line.get(..at)) else {
            kept.push_str(line);
            continue;
        };
        dropped += 1;
        if !before.trim().is_empty() {
            kept.push_str(before.trim_end());
            kept.push_str(line.get(line.trim_end_matches(['\r', '\n']).len()..).unwrap_or_default());
        }
    }
    (kept, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn only_comments_that_are_ciphertexts_go() {
        let cipher = |kind: &str| format!("ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:{kind}]");
        let (comment, text) = (format!("#{}", cipher("comment")), cipher("str"));
        let before = format!("# plain\r\n{comment}\r\na: {text} {comment}\r\n  {comment}\nb: {text} # plain\nc: {text} {comment}");
        let (after, dropped) = without_encrypted_comments(&before);
        assert_eq!(after, format!("# plain\r\na: {text}\r\nb: {text} # plain\nc: {text}"));
        assert_eq!(dropped, 4);
    }

    const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {K: hunter2}\n";

    #[rstest]
    #[case::config(format!("{SECRET}---\nkind: ConfigMap\napiVersion: v1\n"), "something else than Secrets")]
    #[case::no_object(format!("{SECRET}---\na: 1\n"), "something else than Secrets")]
    #[case::nothing(String::new(), "something else than Secrets")]
    #[case::nameless(SECRET.replace("name: a", ""), "without metadata.name")]
    #[case::of_kubernetes(format!("{SECRET}type: kubernetes.io/service-account-token\n"), "is of a type")]
    #[case::unknown_field("kind: SopsSecret\nspec: {secretTemplates: [], other: 1}\n".to_owned(), "spec.other of the SopsSecret is not known")]
    #[case::unknown_template_field("kind: SopsSecret\nspec: {secretTemplates: [{name: a, data: {}, x: hunter2}]}\n".to_owned(), "secretTemplates[0].x is not known")]
    #[case::nameless_template("kind: SopsSecret\nspec: {secretTemplates: [{stringData: {A: hunter2}}]}\n".to_owned(), "secretTemplates[0] has no name")]
    fn what_is_not_known_is_refused_without_a_value(#[case] text: String, #[case] words: &str) {
        let problem = kind_and_secrets(&document::parse(&text).expect("YAML")).expect_err("refused");
        assert!(problem.contains(words) && !problem.contains("hunter2"), "{problem}");
    }
}
