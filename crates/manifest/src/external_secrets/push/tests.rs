use rstest::rstest;
use serde_json::json;

use super::*;
use crate::plan::{GeneratorKind, GeneratorRef};

fn least() -> Value {
    json!({"selector": {"secret": {"name": "app"}}, "secretStoreRefs": [{"name": "vault"}],
        "data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "shop/app", "property": "password"}}}]})
}

fn with(path: &str, value: Value) -> Value {
    let mut spec = least();
    let (above, field) = path.rsplit_once('/').unwrap();
    let holder = if above.is_empty() { &mut spec } else { spec.pointer_mut(above).unwrap() };
    holder[field] = value;
    spec
}

#[test]
fn defaults_are_those_of_the_other_controller() {
    let plan = push_plan(&least()).expect("a plan");
    assert_eq!(plan.refresh_interval, std::time::Duration::from_hours(1));
    assert_eq!((plan.only_if_absent, plan.takes_back, plan.pusher), (false, false, Pusher::ExternalSecrets));
    assert_eq!(plan.source, PushSource::Named("app".to_owned()));
    let vault = StoreName { group: GROUP, kind: StoreKind::SecretStore, name: "vault".to_owned() };
    assert_eq!(plan.stores, [StoreChoice::Named(vault)]);
    assert_eq!((plan.entries[0].key.as_deref(), plan.entries[0].at.property.as_deref()), (Some("password"), Some("password")));
    assert!(plan.template.is_empty());
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let spec = json!({
        "refreshInterval": "0", "updatePolicy": "IfNotExists", "deletionPolicy": "Delete",
        "selector": {"secret": {"selector": {"matchLabels": {"push": "yes"}}}},
        "secretStoreRefs": [{"name": "vault", "kind": "ClusterSecretStore"}, {"labelSelector": {"matchLabels": {"a": "b"}}, "kind": ""}],
        "data": [{"match": {"remoteRef": {"remoteKey": "whole"}}, "metadata": {"a": 1}, "conversionStrategy": "ReverseUnicode"}],
        "dataTo": [
            {"storeRef": {"name": "vault", "kind": "ClusterSecretStore"}, "match": {"regexp": "^DB_"},
                "rewrite": [{"regexp": {"source": "^", "target": "shop/"}}, {"transform": {"template": "{{ .value | lower }}"}}]},
            {"storeRef": {"labelSelector": {"matchLabels": {"a": "b"}}}, "remoteKey": "bundle"},
        ],
        "template": {"engineVersion": "v2", "mergePolicy": "Replace", "data": {"url": "{{ .password }}"},
            "templateFrom": [{"literal": "a: b"}, {"target": "data", "configMap": {"name": "c", "items": [{"key": "k"}]}}]},
    });
    let plan = push_plan(&spec).expect("a plan");
    assert!(plan.only_if_absent && plan.takes_back && plan.refresh_interval.is_zero());
    assert_eq!((plan.entries[0].key.as_deref(), plan.entries[0].conversion), (None, KeyConversion::ReverseUnicode));
    assert_eq!((plan.several[0].rewrite.len(), plan.several[1].bundle.as_deref()), (2, Some("bundle")));
    assert_eq!((plan.template.entries.len(), plan.template.further.len()), (1, 2));
    assert_eq!(plan.template_inputs().count(), 1);
    assert_eq!(push_stores(&spec), plan.stores);
    assert!(crate::push::takes_back(&spec));
}

#[test]
fn what_a_generator_makes_can_be_pushed() {
    let plan = push_plan(&with("/selector", json!({"generatorRef": {"kind": "ClusterGenerator", "name": "db"}}))).expect("a plan");
    assert_eq!(plan.source, PushSource::Generated(GeneratorRef { kind: GeneratorKind::ClusterGenerator, name: "db".to_owned() }));
}

#[rstest]
#[case::misspelt("/datta", json!([]), "spec.datta")]
#[case::deeper("/data/0/match/remoteRef/remotKey", json!("canary"), "spec.data[0].match.remoteRef.remotKey")]
#[case::no_source("/selector", json!({}), "spec.selector: ")]
#[case::two_sources("/selector/secret/selector", json!({}), "spec.selector.secret")]
#[case::a_generator_too("/selector/generatorRef", json!({"kind": "Password", "name": "canary"}), "spec.selector: ")]
#[case::no_generator("/selector", json!({"generatorRef": {"kind": "Canary", "name": "a"}}), "spec.selector.generatorRef.kind")]
#[case::no_name("/selector", json!({"generatorRef": {"kind": "Password"}}), "spec.selector.generatorRef.name")]
#[case::another_group("/selector", json!({"generatorRef": {"apiVersion": "canary/v1", "kind": "Password", "name": "a"}}), "spec.selector.generatorRef.apiVersion")]
#[case::a_selector_that_says_nothing("/selector/secret", json!({"selector": {"matchLabel": {"a": "b"}}}), "spec.selector.secret.selector")]
#[case::no_store("/secretStoreRefs", json!([]), "spec.secretStoreRefs")]
#[case::a_store_twice_named("/secretStoreRefs/0/labelSelector", json!({}), "spec.secretStoreRefs[0]")]
#[case::another_kind("/secretStoreRefs/0/kind", json!("canary"), "spec.secretStoreRefs[0].kind")]
#[case::nothing("/data", json!([]), "spec.data")]
#[case::no_key("/data/0/match/remoteRef/remoteKey", json!(""), "spec.data[0]")]
#[case::no_duration("/refreshInterval", json!("canary"), "spec.refreshInterval")]
#[case::no_policy("/updatePolicy", json!("canary"), "spec.updatePolicy")]
#[case::no_conversion("/data/0/conversionStrategy", json!("Unicode"), "spec.data[0].conversionStrategy")]
#[case::another_store("/dataTo", json!([{"storeRef": {"name": "canary"}}]), "spec.dataTo[0].storeRef")]
#[case::no_expression("/dataTo", json!([{"storeRef": {"name": "vault"}, "match": {"regexp": "(canary"}}]), "spec.dataTo[0].match.regexp")]
#[case::two_ways("/dataTo", json!([{"storeRef": {"name": "vault"}, "remoteKey": "a", "rewrite": [{"regexp": {"source": "a", "target": "b"}}]}]), "spec.dataTo[0].rewrite")]
#[case::merged("/dataTo", json!([{"storeRef": {"name": "vault"}, "rewrite": [{"merge": {}}]}]), "spec.dataTo[0].rewrite[0].merge")]
#[case::a_type("/template", json!({"type": "canary"}), "spec.template.type")]
#[case::labels("/template", json!({"metadata": {"labels": {"canary": "b"}}}), "spec.template.metadata")]
#[case::metadata_of_another_type("/data/0/metadata", json!("canary"), "spec.data[0].metadata")]
#[case::another_engine("/template", json!({"engineVersion": "v1"}), "spec.template.engineVersion")]
#[case::dice("/template", json!({"data": {"a": "{{ randAlphaNum 3 }}"}}), "spec.template.data.a")]
#[case::no_template("/template", json!({"data": {"a": "{{ .b"}}), "spec.template.data.a")]
#[case::labels_of_literals("/template", json!({"templateFrom": [{"literal": "a: b", "target": "Labels"}]}), "spec.template.templateFrom[0].target")]
fn what_cannot_be_meant_is_named_by_its_path(#[case] path: &str, #[case] value: Value, #[case] told: &str) {
    let error = push_plan(&with(path, value)).expect_err("refused").to_string();
    assert!(error.starts_with(told) && !error.contains("canary"), "{error}");
}

#[test]
fn two_entries_to_one_place_are_both_named() {
    let mut spec = least();
    let first = spec["data"][0].clone();
    spec["data"].as_array_mut().unwrap().push(first);
    let error = push_plan(&spec).expect_err("refused").to_string();
    assert!(error.starts_with("spec.data[1]: spec.data[0] pushes to the same place"), "{error}");
}
