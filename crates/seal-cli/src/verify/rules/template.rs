//! Literals of templates, and labels and annotations of our own that templates make.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::external_secrets::PUSH_KIND;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::Rule;
use crate::verify::file::label;

const ADVICE: &str = "make it an entry that is sealed or comes from a store, and let the template name that";

/// Judges one object.
pub(in super::super) fn judge(object: &Object<'_>, drafts: &mut Vec<Draft>) {
    let group = object.api_version().split('/').next().unwrap_or_default();
    let template: &[&str] = match (group, object.kind()) {
        ("bitnami.com", "SealedSecret") => &["spec", "template"],
        ("external-secrets.io", "ExternalSecret") | (sealbridge_api::GROUP, "BridgedSecret") => &["spec", "target", "template"],
        ("external-secrets.io", "ClusterExternalSecret") => &["spec", "externalSecretSpec", "target", "template"],
        (sealbridge_api::GROUP, "ClusterBridgedSecret") => &["spec", "template", "spec", "target", "template"],
        ("external-secrets.io" | sealbridge_api::GROUP, PUSH_KIND) => &["spec", "template"],
        _ => return,
    };
    literals(object, &[template, &["data"]].concat(), true, drafts);
    template_from(object, template, group == sealbridge_api::GROUP, drafts);
    for field in ["labels", "annotations"] {
        let path = [template, &["metadata", field]].concat();
        literals(object, &path, false, drafts);
        if group == sealbridge_api::GROUP {
            for key in texts(object, &path).filter(|(_, text)| text.contains("{{")).map(|(key, _)| key) {
                made_of_values(object, At::within(object.place, &[path.as_slice(), &[key]].concat()), key, drafts);
            }
        }
    }
}

/// Further templates. A literal is a map of texts, line by line.
fn template_from(object: &Object<'_>, template: &[&str], is_native: bool, drafts: &mut Vec<Draft>) {
    let list =
        template.iter().try_fold(object.value, |value, key| value.get(key)).and_then(|template| template.get("templateFrom"));
    for (position, from) in list.and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = template.iter().copied().chain(["templateFrom"]).map(Step::key).chain([Step::Index(position)]);
        let at = At::Path(object.place.document, object.place.path().into_iter().chain(path).collect());
        let target = from.get("target").and_then(Value::as_str).unwrap_or_default();
        let is_data = target.is_empty() || target.eq_ignore_ascii_case("data");
        let literal = from.get("literal").and_then(Value::as_str);
        let text = literal.unwrap_or_default();
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        let found = pairs.find_map(|(key, text)| {
            let (key, text) = (key.trim(), text.trim().trim_matches(['"', '\'']));
            Some((key, looks_secret(key, text, is_data)?))
        });
        let whole = || Some(("", looks_secret("", text, false)?));
        if let Some((key, problem)) = found.or_else(whole) {
            drafts.push(Draft::new(Rule::PlainTemplate, at.clone(), problem, ADVICE).of(&label(object)).entry(key));
        }
        if is_native && !is_data && literal.is_none_or(|text| text.contains("{{")) {
            made_of_values(object, at, "", drafts);
        }
    }
}

fn made_of_values(object: &Object<'_>, at: At, key: &str, drafts: &mut Vec<Draft>) {
    let problem = "a template makes this label or annotation, which the operator takes only with --allow-values-in-metadata";
    let advice = "write a text, or allow it where the operator does";
    drafts.push(Draft::new(Rule::MetadataValues, at, problem, advice).of(&label(object)).entry(key));
}

fn texts<'a>(object: &Object<'a>, path: &[&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let fields = path.iter().try_fold(object.value, |value, key| value.get(key)).and_then(Value::as_object);
    fields.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// Labels and annotations speak of secrets in their names all the time; only shapes are looked for there.
fn literals(object: &Object<'_>, path: &[&str], by_name: bool, drafts: &mut Vec<Draft>) {
    for (key, text) in texts(object, path) {
        let Some(problem) = looks_secret(key, text, by_name) else { continue };
        let at = At::within(object.place, &[path, &[key]].concat());
        drafts.push(Draft::new(Rule::PlainTemplate, at, problem, ADVICE).of(&label(object)).entry(key));
    }
}

fn looks_secret(key: &str, text: &str, by_name: bool) -> Option<&'static str> {
    if shape(text) {
        Some("it is a literal with the shape of a credential")
    } else if by_name && !text.contains("{{") && name(key) && !is_harmless(text) {
        Some("it is a literal under a name that speaks of a secret")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_manifest::document::{objects, parse};

    #[rstest]
    #[case("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {template: {data: {PASSWORD: hunter2, URL: 'pg://{{ .u }}:{{ .p }}@h', LOG: info}}}\n", &["PASSWORD"])]
    #[case("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {template: {data: {URL: 'pg://u:hunter2@h/{{ .db }}'}}}\n", &["URL"])]
    #[case("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: {target: {template: {data: {TOKEN: hunter2, KEY: '{{ .a }}'}}}}\n", &["TOKEN"])]
    #[case("apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nspec: {target: {template: {metadata: {annotations: {secret: mine, x: ghp_0123456789abcdefghijABCDEFGHIJ012345}}}}}\n", &["x"])]
    #[case("apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nspec: {target: {template: {data: {TOKEN: hunter2, KEY: '{{ .a }}'}}}}\n", &["TOKEN"])]
    #[case("apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nspec: {target: {template: {metadata: {labels: {a: b, user: '{{ .u }}'}}}}}\n", &["user"])]
    #[case("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: {target: {template: {metadata: {labels: {user: '{{ .u }}'}}, templateFrom: [{literal: 'a: b'}, {literal: \"user: x\\npassword: 'hunter2'\"}]}}}\n", &["password"])]
    #[case("apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nspec: {target: {template: {templateFrom: [{literal: 'token: {{ .t }}'}, {literal: 'secret: mine', target: Labels}, {literal: 'a: {{ .t }}', target: Labels}]}}}\n", &[""])]
    #[case("apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nspec: {template: {data: {TOKEN: hunter2, KEY: '{{ .a }}'}}}\n", &["TOKEN"])]
    #[case("apiVersion: apps/v1\nkind: Deployment\nspec: {template: {data: {PASSWORD: hunter2}}}\n", &[])]
    fn literals_that_look_secret(#[case] text: &str, #[case] expected: &[&str]) {
        let documents = parse(text).expect("YAML");
        let mut drafts = Vec::new();
        objects(&documents).iter().for_each(|object| judge(object, &mut drafts));
        assert_eq!(drafts.iter().map(|draft| draft.entry.as_str()).collect::<Vec<_>>(), expected);
    }
}
