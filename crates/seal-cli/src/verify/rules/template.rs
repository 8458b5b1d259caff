//! Literals of templates: of SealedSecrets and ExternalSecrets under `data`, of our own under labels and annotations.

use sealbridge_manifest::document::Object;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::Rule;
use crate::verify::file::label;

/// Judges one object.
pub(in super::super) fn judge(object: &Object<'_>, drafts: &mut Vec<Draft>) {
    let group = object.api_version().split('/').next().unwrap_or_default();
    let (template, has_data): (&[&str], _) = match (group, object.kind()) {
        ("bitnami.com", "SealedSecret") => (&["spec", "template"], true),
        ("external-secrets.io", "ExternalSecret" | "ClusterExternalSecret") => (&["spec", "target", "template"], true),
        (sealbridge_api::GROUP, "BridgedSecret") => (&["spec", "target", "template"], false),
        _ => return,
    };
    if has_data {
        literals(object, &[template, &["data"]].concat(), true, drafts);
    }
    for field in ["labels", "annotations"] {
        literals(object, &[template, &["metadata", field]].concat(), false, drafts);
    }
}

/// Labels and annotations speak of secrets in their names all the time; only shapes are looked for there.
fn literals(object: &Object<'_>, path: &[&str], by_name: bool, drafts: &mut Vec<Draft>) {
    let fields = path.iter().try_fold(object.value, |value, key| value.get(key)).and_then(Value::as_object);
    for (key, text) in fields.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?))) {
        let is_literal = !text.contains("{{");
        let problem = if shape(text) {
            "it is a literal with the shape of a credential"
        } else if by_name && is_literal && name(key) && !is_harmless(text) {
            "it is a literal under a name that speaks of a secret"
        } else {
            continue;
        };
        let at = At::within(object.place, &[path, &[key]].concat());
        let advice = "make it an entry that is sealed or comes from a store, and let the template name that";
        drafts.push(Draft::new(Rule::PlainTemplate, at, problem, advice).of(&label(object)).entry(key));
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
    #[case("apiVersion: apps/v1\nkind: Deployment\nspec: {template: {data: {PASSWORD: hunter2}}}\n", &[])]
    fn literals_that_look_secret(#[case] text: &str, #[case] expected: &[&str]) {
        let documents = parse(text).expect("YAML");
        let mut drafts = Vec::new();
        objects(&documents).iter().for_each(|object| judge(object, &mut drafts));
        assert_eq!(drafts.iter().map(|draft| draft.entry.as_str()).collect::<Vec<_>>(), expected);
    }
}
