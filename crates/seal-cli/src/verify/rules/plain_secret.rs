//! Secrets whose values lie in the clear: `data`, `stringData`, and what kubectl notes in an annotation.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::edit::Step;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::likely_secret::is_placeholder;
use super::super::rule::Rule;
use crate::verify::file::label;

/// Annotations in which clients repeat a whole object.
const REPEATED_IN: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];
/// Where annotations of a Secret, or of one that is yet to be made, stand.
const ANNOTATIONS: [&[&str]; 3] = [
    &["metadata", "annotations"],
    &["spec", "template", "metadata", "annotations"],
    &["spec", "target", "template", "metadata", "annotations"],
];
const ADVICE: &str = "seal it with `seal import`, delete it here, and change it at its source if it was ever pushed";

/// Judges one object. `is_covered` says which paths a SOPS document answers for.
pub(in super::super) fn judge(object: &Object<'_>, is_covered: impl Fn(&str) -> bool, drafts: &mut Vec<Draft>) {
    let label = label(object);
    if is_secret(object.value) {
        entries(object.value, object.place, &label, is_covered, drafts);
    }
    for path in ANNOTATIONS {
        let annotations = path.iter().try_fold(object.value, |value, key| value.get(key));
        for name in REPEATED_IN {
            let repeated = annotations.and_then(|annotations| annotations.get(name)).and_then(Value::as_str);
            let secret = repeated.and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(is_secret);
            let Some(secret) = secret else { continue };
            if plain_entries(&secret).next().is_some() {
                let at = At::within(object.place, &[path, &[name]].concat());
                let problem = "the annotation repeats a Secret in the clear";
                drafts.push(Draft::new(Rule::PlainSecret, at, problem, "remove the annotation").of(&label).entry(name));
            }
        }
    }
}

/// Judges the items of a `SecretList`, which need no kind of their own.
pub(in super::super) fn judge_list(document: usize, value: &Value, drafts: &mut Vec<Draft>) {
    if value.get("kind").and_then(Value::as_str) != Some("SecretList") {
        return;
    }
    let items = value.get("items").and_then(Value::as_array);
    for (item, secret) in items.into_iter().flatten().enumerate().filter(|(_, secret)| secret.get("kind").is_none()) {
        let name = secret.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        entries(secret, Place { document, item: Some(item) }, &format!("Secret {name}"), |_| false, drafts);
    }
}

/// Judges the patches that stand in a kustomization itself.
pub(in super::super) fn judge_patches(document: usize, value: &Value, drafts: &mut Vec<Draft>) {
    let listed = |field: &'static str| {
        value
            .get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(number, patch)| (field, number, patch))
    };
    let of_any_kind = listed("patches").filter_map(|(field, number, patch)| Some((field, number, patch.get("patch")?.as_str()?)));
    let older = listed("patchesStrategicMerge").filter_map(|(field, number, patch)| Some((field, number, patch.as_str()?)));
    for (field, number, text) in of_any_kind.chain(older).filter(|(.., text)| text.contains("Secret")) {
        let documents = document::parse(text).unwrap_or_default();
        for secret in document::objects(&documents).iter().filter(|object| is_secret(object.value)) {
            for (field_of_secret, key) in plain_entries(secret.value) {
                let at = At::Path(document, vec![Step::key(field), Step::Index(number)]);
                let problem = format!("it lies in the clear under {field_of_secret}");
                drafts.push(Draft::new(Rule::PlainSecret, at, problem, ADVICE).of(&label(secret)).entry(key));
            }
        }
    }
}

fn is_secret(value: &Value) -> bool {
    let is = |field: &str, expected: &str| value.get(field).and_then(Value::as_str) == Some(expected);
    is("kind", "Secret") && is("apiVersion", "v1")
}

fn entries(secret: &Value, place: Place, label: &str, is_covered: impl Fn(&str) -> bool, drafts: &mut Vec<Draft>) {
    for (field, key) in plain_entries(secret).filter(|(field, key)| !is_covered(&format!("{field}.{key}"))) {
        let at = At::within(place, &[field, key]);
        let problem = format!("it lies in the clear under {field}");
        drafts.push(Draft::new(Rule::PlainSecret, at, problem, ADVICE).of(label).entry(key));
    }
}

fn plain_entries(secret: &Value) -> impl Iterator<Item = (&'static str, &str)> {
    ["data", "stringData"].into_iter().flat_map(move |field| {
        let entries = secret.get(field).and_then(Value::as_object).into_iter().flatten();
        entries.filter(move |(_, value)| is_plain(value, field == "data")).map(move |(key, _)| (field, key.as_str()))
    })
}

fn is_plain(value: &Value, is_base64: bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) if text.is_empty() || is_placeholder(text) => false,
        Value::String(text) => !is_base64 || !is_encrypted_document(text),
        _ => true,
    }
}

/// Flux opens whole SOPS documents that are entries of a Secret.
fn is_encrypted_document(text: &str) -> bool {
    let compact: String = text.split_whitespace().collect();
    let decoded = BASE64_STANDARD.decode(compact).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded);
    decoded.contains("ENC[AES256_GCM,") && decoded.contains("sops")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_manifest::document::{objects, parse};

    fn found(text: &str) -> Vec<String> {
        let documents = parse(text).expect("YAML");
        let mut drafts = Vec::new();
        objects(&documents).iter().for_each(|object| judge(object, |_| false, &mut drafts));
        documents.iter().enumerate().for_each(|(number, value)| judge_list(number, value, &mut drafts));
        documents.iter().enumerate().for_each(|(number, value)| judge_patches(number, value, &mut drafts));
        drafts.into_iter().map(|draft| draft.entry).collect()
    }

    #[rstest]
    #[case::data("apiVersion: v1\nkind: Secret\ndata: {A: aHVudGVyMg==, B: ''}\n", &["A"])]
    #[case::string_data("apiVersion: v1\nkind: Secret\nstringData: {A: hunter2, B: 12}\n", &["A", "B"])]
    #[case::json("{\"kind\": \"Secret\", \"apiVersion\": \"v1\", \"data\": {\"A\": \"eA==\"}}", &["A"])]
    #[case::second_document("a: 1\n---\napiVersion: v1\nkind: Secret\ndata: {A: eA==}\n", &["A"])]
    #[case::list("kind: List\napiVersion: v1\nitems: [{apiVersion: v1, kind: Secret, data: {A: eA==}}]\n", &["A"])]
    #[case::list_without_kinds("kind: SecretList\napiVersion: v1\nitems: [{metadata: {name: a}, data: {A: eA==}}]\n", &["A"])]
    #[case::no_values("apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n", &[])]
    #[case::placeholders("apiVersion: v1\nkind: Secret\nstringData: {A: '<path:kv/data/x#y>', B: '${B}'}\n", &[])]
    #[case::sealed_by_sops("apiVersion: v1\nkind: Secret\ndata: {A: 'ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]'}\n", &[])]
    #[case::sops_document("apiVersion: v1\nkind: Secret\ndata: {a.yaml: YTogRU5DW0FFUzI1Nl9HQ00sZGF0YTp4XQpzb3BzOiB7fQo=}\n", &[])]
    #[case::patch("patches:\n- patch: |-\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: a}\n    stringData: {A: hunter2}\n", &["A"])]
    #[case::older_patch("patchesStrategicMerge:\n- patch.yaml\n- '{apiVersion: v1, kind: Secret, data: {B: eA==}}'\n", &["B"])]
    #[case::patch_of_another("patches: [{patch: '{kind: Deployment, spec: {secretName: Secret}}'}]\n", &[])]
    #[case::config_map("apiVersion: v1\nkind: ConfigMap\ndata: {A: hunter2}\n", &[])]
    #[case::annotation(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {template: {metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"A\":\"eA==\"}}'}}}}\n",
        &["kubectl.kubernetes.io/last-applied-configuration"]
    )]
    fn what_lies_in_the_clear(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(found(text), expected);
    }
}
