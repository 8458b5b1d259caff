//! What a SealedSecret means, and what is refused.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::document;

/// Has the shape of a value; opens with nothing.
fn value() -> String {
    BASE64_STANDARD.encode([[1, 0].as_slice(), &[7; 256 + 16 + 5]].concat())
}

fn planned(annotations: &[(&str, &str)], spec: &Value) -> Result<Plan, String> {
    let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let spec: SealedSecretSpec = document::decode(spec, "spec").map_err(|error| error.to_string())?;
    plan("shop", "checkout", &annotations, &spec).map_err(|error| error.to_string())
}

#[rstest]
#[case::strict(&[], "shop/checkout")]
#[case::namespace(&[("sealedsecrets.bitnami.com/namespace-wide", "true")], "shop")]
#[case::cluster(&[("sealedsecrets.bitnami.com/cluster-wide", "true")], "")]
fn the_objects_own_annotations_choose_the_label(#[case] annotations: &[(&str, &str)], #[case] expected: &str) {
    let template = json!({"metadata": {"annotations": {"sealedsecrets.bitnami.com/cluster-wide": "true"}}});
    let plan = planned(annotations, &json!({"encryptedData": {"A": value()}, "template": template})).unwrap();
    assert_eq!(plan.entries["A"], Entry::SealedSecretValue { text: value(), label: expected.to_owned() });
}

#[test]
fn the_template_makes_the_secret() {
    let plan = planned(
        &[],
        &json!({"encryptedData": {"A": value()}, "template": {
            "type": "kubernetes.io/basic-auth",
            "immutable": true,
            "data": null,
            "metadata": {
                "name": "other", "namespace": "other", "creationTimestamp": null,
                "labels": {"tier": "web", "app.kubernetes.io/instance": "argo"},
                "annotations": {SKIP_OWNER_REFERENCES: "true", "argocd.argoproj.io/tracking-id": "x", "note": "y"},
            },
        }}),
    )
    .unwrap();
    let target = plan.target;
    assert_eq!(
        (target.name.as_str(), target.type_.as_deref(), target.immutable),
        ("checkout", Some("kubernetes.io/basic-auth"), true)
    );
    assert_eq!(target.creation_policy, CreationPolicy::Orphan);
    assert_eq!(target.labels.keys().collect::<Vec<_>>(), ["tier"]);
    assert_eq!(target.annotations.keys().collect::<Vec<_>>(), ["note", SKIP_OWNER_REFERENCES]);
    assert_eq!(target.unowned, crate::plan::Unowned::OpensItself);
}

#[rstest]
#[case::older_form(json!({"data": "AAAA"}), "spec.data: the form with one value")]
#[case::templates(json!({"encryptedData": {}, "template": {"data": {"a": "{{ .canary"}}}), "spec.template.data.a: template a, line 1: ")]
#[case::number(json!({"encryptedData": {"A": 5}}), "spec.encryptedData.A has a value of the wrong type")]
#[case::no_value(json!({"encryptedData": {"A": "canary"}}), "spec.encryptedData.A: this is not a value that kubeseal made")]
#[case::name(json!({"encryptedData": {"a/b": "x"}}), "spec.encryptedData.a/b: Kubernetes does not accept this name")]
#[case::unknown(json!({"encryptedData": {}, "templat": {}}), "spec.templat is not a known field")]
#[case::unknown_below(json!({"template": {"metadata": {"ownerReferences": []}}}), "spec.template.metadata.ownerReferences is not a known field")]
#[case::finalizers(json!({"template": {"metadata": {"finalizers": ["x/y"]}}}), "spec.template.metadata.finalizers: ")]
fn what_is_not_understood_is_refused_by_path(#[case] spec: Value, #[case] begins: &str) {
    let message = planned(&[], &spec).unwrap_err();
    assert!(message.starts_with(begins), "{message}");
    assert!(!message.contains("canary"), "{message}");
}
