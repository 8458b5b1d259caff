use rstest::rstest;
use sealbridge_api::bridged_secret::DecodingStrategy;
use serde_json::{Value, json};

use super::*;
use crate::plan::{FurtherTarget, FurtherText, TemplateInput, TemplateInputKind, WindowKind};

fn planned(more: &Value) -> Result<Plan, String> {
    let mut spec = json!({"data": {"A": {"plain": "x"}}});
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let spec: BridgedSecretSpec = serde_json::from_value(spec).unwrap();
    plan("shop", "app", &spec).map_err(|problem| problem.to_string())
}

fn templated(template: &Value) -> Result<Plan, String> {
    planned(&json!({"target": {"template": template}}))
}

#[test]
fn templates_from_elsewhere_are_planned_in_their_order() {
    let plan = templated(&json!({"mergePolicy": "Merge", "templateFrom": [
        {"configMap": {"name": "texts", "items": [{"key": "a"}, {"key": "b", "templateAs": "KeysAndValues"}]}},
        {"secret": {"name": "texts", "items": [{"key": "c", "templateAs": "Values"}]}, "valuesDecodingStrategy": "Base64"},
        {"literal": "team: shop", "target": "Labels"},
    ]}))
    .unwrap();
    let item = |kind, key: &str, makes_several| FurtherText::Item {
        input: TemplateInput { kind, name: "texts".to_owned() },
        key: key.to_owned(),
        makes_several,
    };
    let (map, secret) = (TemplateInputKind::ConfigMap, TemplateInputKind::Secret);
    let template = &plan.target.template;
    let texts: Vec<_> = template.further.iter().map(|further| further.text.clone()).collect();
    let literal = FurtherText::Literal("team: shop".to_owned());
    assert_eq!(texts, [item(map, "a", false), item(map, "b", true), item(secret, "c", false), literal]);
    assert!(template.keeps_values && !template.is_empty());
    assert_eq!(template.further[2].decoding, DecodingStrategy::Base64);
    assert_eq!(template.further[3].target, FurtherTarget::Labels);
}

#[rstest]
#[case::nothing(json!([{}]), "templateFrom[0].literal: exactly one of configMap, secret and literal")]
#[case::two(json!([{"literal": "a: b"}, {"literal": "a: b", "secret": {"name": "s", "items": [{"key": "k"}]}}]), "templateFrom[1].literal: exactly one")]
#[case::no_items(json!([{"configMap": {"name": "c", "items": []}}]), "templateFrom[0].configMap: it names no entry")]
#[case::bad_item(json!([{"secret": {"name": "s", "items": [{"key": "a/b"}]}}]), "templateFrom[0].secret: object and entry")]
#[case::no_name(json!([{"configMap": {"name": "", "items": [{"key": "k"}]}}]), "templateFrom[0].configMap: object and entry")]
#[case::bad_template(json!([{"literal": "a: {{ .x"}]), "spec.target.template.templateFrom[0].literal: template literal, line 1")]
#[case::restless_label(json!([{"literal": "a: {{ uuidv4 }}", "target": "Labels"}]), "templateFrom[0].literal: uuidv4 gives another")]
fn templates_that_cannot_be_meant(#[case] from: Value, #[case] words: &str) {
    let problem = templated(&json!({"templateFrom": from})).unwrap_err();
    assert!(problem.contains(words), "{problem}");
}

#[rstest]
#[case::texts(json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d }} e"}}}), None)]
#[case::label(json!({"metadata": {"labels": {"a": "{{ .A }}"}}}), Some("spec.target.template.metadata.labels.a"))]
#[case::annotation(json!({"metadata": {"annotations": {"a": "b", "c": "{{/* hidden */}}"}}}), Some("spec.target.template.metadata.annotations.c"))]
#[case::literal_text(json!({"templateFrom": [{"literal": "a: b", "target": "Annotations"}]}), None)]
#[case::literal(json!({"templateFrom": [{"literal": "a: '{{ .A }}'", "target": "Annotations"}]}), Some("spec.target.template.templateFrom, target Annotations"))]
#[case::elsewhere(json!({"templateFrom": [{"configMap": {"name": "c", "items": [{"key": "k"}]}, "target": "Labels"}]}), Some("spec.target.template.templateFrom, target Labels"))]
#[case::data(json!({"templateFrom": [{"literal": "a: '{{ .A }}'", "target": "Data"}], "data": {"B": "{{ .A }}"}}), None)]
fn what_is_made_of_values_beside_the_data_is_told_by_its_path(#[case] template: Value, #[case] path: Option<&str>) {
    assert_eq!(templated(&template).unwrap().target.values_in_metadata().as_deref(), path);
}

#[rstest]
#[case(json!({"labels": {"a": "{{ .A"}}), "spec.target.template.metadata.labels.a: template a, line 1")]
#[case(json!({"annotations": {"a": "{{ now }}"}}), "spec.target.template.metadata.annotations.a: now gives another")]
fn templates_of_metadata_are_judged(#[case] metadata: Value, #[case] words: &str) {
    let problem = templated(&json!({"metadata": metadata})).unwrap_err();
    assert!(problem.starts_with(words), "{problem}");
}

#[rstest]
#[case::said_nothing(json!({}), DEFAULT_REFRESH_INTERVAL, Refresh::WithTheObject)]
#[case::periodic(json!({"refreshPolicy": "Periodic", "refreshInterval": "1h"}), Duration::from_hours(1), Refresh::WithTheObject)]
#[case::once(json!({"refreshPolicy": "CreatedOnce"}), Duration::ZERO, Refresh::UntilMade)]
#[case::on_change(json!({"refreshPolicy": "OnChange"}), Duration::ZERO, Refresh::WithTheObject)]
fn refresh_policies(#[case] spec: Value, #[case] interval: Duration, #[case] refresh: Refresh) {
    let plan = planned(&spec).unwrap();
    assert_eq!((plan.refresh_interval, plan.refresh), (interval, refresh));
}

#[test]
fn windows_are_those_of_external_secrets() {
    let windows = json!({"kind": "deny", "windows": [{"schedule": "0 9 * * mon-fri", "duration": "8h"}, {"schedule": "@every 1h", "duration": "2h"}]});
    let windows = planned(&json!({"syncWindows": windows})).unwrap().windows.unwrap();
    assert_eq!((windows.kind, windows.windows.len()), (WindowKind::Deny, 2));
}

#[rstest]
#[case::interval_of_once(json!({"refreshPolicy": "CreatedOnce", "refreshInterval": "1h"}), "spec.refreshInterval: it goes only with refreshPolicy Periodic")]
#[case::windows_of_change(json!({"refreshPolicy": "OnChange", "syncWindows": {"kind": "allow", "windows": [{"schedule": "@daily", "duration": "1h"}]}}), "spec.syncWindows: it goes only with")]
#[case::no_window(json!({"syncWindows": {"kind": "allow", "windows": []}}), "spec.syncWindows.windows: there is no window")]
#[case::no_schedule(json!({"syncWindows": {"kind": "allow", "windows": [{"schedule": "daily", "duration": "1h"}]}}), "spec.syncWindows.windows: a schedule is")]
#[case::no_duration(json!({"syncWindows": {"kind": "allow", "windows": [{"schedule": "@daily", "duration": "0"}]}}), "spec.syncWindows.windows: a duration is")]
fn refreshes_that_cannot_be_meant(#[case] spec: Value, #[case] words: &str) {
    let problem = planned(&spec).unwrap_err();
    assert!(problem.starts_with(words), "{problem}");
}
