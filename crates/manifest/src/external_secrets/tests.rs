//! What fields of an `ExternalSecret` mean, and what is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use rstest::rstest;
use sealbridge_api::bridged_secret::{CreationPolicy, DeletionPolicy, StoreKind};
use sealbridge_provider::RemoteKey;
use serde_json::{Value, json};

use super::*;
use crate::plan::{EntriesFrom, Missing, Origin, SourceRef, Taking, Unowned};

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn planned(change: Value) -> Result<Plan, String> {
    let mut spec = json!({
        "secretStoreRef": {"name": "vault"},
        "data": [{"secretKey": "PASSWORD", "remoteRef": {"key": "shop/db", "property": "password"}}],
    });
    if let (Some(spec), Value::Object(change)) = (spec.as_object_mut(), change) {
        spec.extend(change);
        spec.retain(|_, value| !value.is_null());
    }
    let labels = pairs(&[("team", "shop"), ("argocd.argoproj.io/instance", "x")]);
    let annotations = pairs(&[("note", "n"), ("kubectl.kubernetes.io/last-applied-configuration", "{}")]);
    let around = Around { namespace: "shop", name: "checkout", labels: &labels, annotations: &annotations };
    let spec: ExternalSecretSpec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    plan(around, &spec).map_err(|error| error.to_string())
}

fn store(kind: StoreKind, name: &str) -> StoreName {
    StoreName { group: StoreGroup::ExternalSecrets, kind, name: name.to_owned() }
}

#[test]
fn defaults_are_those_of_the_other_controller() {
    let plan = planned(json!({})).unwrap();
    assert_eq!((plan.refresh_interval, plan.refresh), (Duration::from_hours(1), Refresh::WithTheObject));
    let target = &plan.target;
    assert_eq!((target.name.as_str(), target.creation_policy), ("checkout", CreationPolicy::Owner));
    assert_eq!((target.deletion_policy, target.unowned), (DeletionPolicy::Retain, Unowned::TakenOver));
    let entry = Entry::Remote {
        source: SourceRef { store: store(StoreKind::SecretStore, "vault"), key: RemoteKey::value("shop/db", None) },
        property: Some("password".to_owned()),
        taking: Taking::default(),
        missing: Missing::AsPolicySays,
    };
    assert_eq!(plan.entries, [("PASSWORD".to_owned(), entry)].into());
}

#[test]
fn without_a_template_the_secret_gets_the_labels_of_the_object_but_no_tracking() {
    let target = planned(json!({})).unwrap().target;
    let created_by = hex::encode(Sha3_224::digest(b"shop/checkout"));
    let labels = [
        ("team", "shop"),
        ("reconcile.external-secrets.io/managed", "true"),
        ("reconcile.external-secrets.io/created-by", created_by.as_str()),
    ];
    assert_eq!(target.labels, pairs(&labels));
    assert_eq!(target.annotations, pairs(&[("note", "n")]));
    assert!(!target.has_metadata_templates);
}

#[test]
fn with_a_template_it_gets_those_of_the_template_and_they_are_templates() {
    let template = json!({"target": {"creationPolicy": "Orphan", "template": {
        "type": "kubernetes.io/tls", "engineVersion": "v2", "mergePolicy": "Merge",
        "metadata": {"labels": {"who": "{{ .PASSWORD }}"}},
        "data": {"a": "{{ .PASSWORD }}"},
        "templateFrom": [{"literal": "b: {{ .PASSWORD }}", "target": "labels"}],
    }}});
    let target = planned(template).unwrap().target;
    assert_eq!(target.labels, pairs(&[("who", "{{ .PASSWORD }}"), ("reconcile.external-secrets.io/managed", "true")]));
    assert!(target.has_metadata_templates && target.annotations.is_empty());
    assert_eq!(target.type_.as_deref(), Some("kubernetes.io/tls"));
    assert!(target.template.keeps_values && target.template.entries.len() == 1 && target.template.further.len() == 1);
}

#[test]
fn templates_of_other_objects_count_in_order() {
    let items = json!([{"key": "one"}, {"key": "two", "templateAs": "KeysAndValues"}]);
    let plan = planned(json!({"target": {"template": {"templateFrom": [
        {"literal": "a: b", "secret": {"name": "s", "items": [{"key": "x"}]}, "configMap": {"name": "c", "items": items}},
    ]}}}))
    .unwrap();
    let template = plan.target.template;
    let named: Vec<_> = template.items().map(|(input, key)| format!("{input} {key}")).collect();
    assert_eq!(named, ["ConfigMap c one", "ConfigMap c two", "Secret s x"]);
    assert!(matches!(template.further.last().unwrap().text, crate::plan::FurtherText::Literal(_)));
}

#[test]
fn entries_and_sources_have_stores_of_their_own() {
    let plan = planned(json!({
        "secretStoreRef": null,
        "data": [{"secretKey": "A", "remoteRef": {"key": "a"}, "sourceRef": {"storeRef": {"name": "one", "kind": "ClusterSecretStore"}}}],
        "dataFrom": [{"extract": {"key": "b"}, "sourceRef": {"storeRef": {"name": "two", "kind": ""}}}],
    }))
    .unwrap();
    let stores: Vec<_> = plan.sources().into_iter().map(|source| source.store.clone()).collect();
    assert_eq!(stores, [store(StoreKind::SecretStore, "two"), store(StoreKind::ClusterSecretStore, "one")]);
    assert!(matches!(&plan.from[..], [EntriesFrom { origin: Origin::Members { .. }, .. }]));
}

#[rstest]
#[case::periodic(json!({"refreshInterval": "30s"}), 30, Refresh::WithTheObject)]
#[case::short(json!({"refreshInterval": "1ms"}), 1, Refresh::WithTheObject)]
#[case::once(json!({"refreshInterval": "0"}), 0, Refresh::WithTheObject)]
#[case::as_go_prints_it(json!({"refreshInterval": "1h0m0s", "refreshPolicy": ""}), 3600, Refresh::WithTheObject)]
#[case::on_change(json!({"refreshInterval": "30s", "refreshPolicy": "OnChange"}), 0, Refresh::WithTheObject)]
#[case::created_once(json!({"refreshPolicy": "CreatedOnce"}), 0, Refresh::UntilMade)]
fn when_sources_are_read(#[case] change: Value, #[case] seconds: u64, #[case] refresh: Refresh) {
    let plan = planned(change).unwrap();
    assert_eq!((plan.refresh_interval, plan.refresh), (Duration::from_secs(seconds), refresh));
}

#[rstest]
#[case::nothing(json!({"data": null}), "spec.data: there is no entry")]
#[case::no_store(json!({"secretStoreRef": null}), "spec.data[0].sourceRef: no store is named")]
#[case::name(json!({"data": [{"secretKey": "a b", "remoteRef": {"key": "k"}}]}), "spec.data.a b: Kubernetes does not accept")]
#[case::twice(
    json!({"data": [{"secretKey": "a", "remoteRef": {"key": "k"}}, {"secretKey": "a", "remoteRef": {"key": "l"}}]}),
    "spec.data[1].secretKey: two entries"
)]
#[case::generator_kind(
    json!({"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Passwd", "name": "p"}}}]}),
    "spec.dataFrom[0].sourceRef.generatorRef.kind: generators of this kind are not supported"
)]
#[case::generator_version(
    json!({"dataFrom": [{"sourceRef": {"generatorRef": {"apiVersion": "v1", "kind": "Password", "name": "p"}}}]}),
    "spec.dataFrom[0].sourceRef.generatorRef.apiVersion: generators are of"
)]
#[case::generator_name(
    json!({"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "../p"}}}]}),
    "spec.dataFrom[0].sourceRef.generatorRef.name: it is no name"
)]
#[case::generator_and_store(
    json!({"dataFrom": [{"sourceRef": {"storeRef": {"name": "s"}, "generatorRef": {"kind": "Password", "name": "p"}}}]}),
    "spec.dataFrom[0].sourceRef: exactly one of storeRef and generatorRef"
)]
#[case::generator_and_extract(
    json!({"dataFrom": [{"extract": {"key": "a"}, "sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}}]}),
    "spec.dataFrom[0].sourceRef.generatorRef: it goes with neither"
)]
#[case::neither(json!({"dataFrom": [{}]}), "spec.dataFrom[0].extract: exactly one of extract, find")]
#[case::interval(json!({"refreshInterval": "soon"}), "spec.refreshInterval: write a duration")]
#[case::no_windows(json!({"syncWindows": {"kind": "allow", "windows": []}}), "spec.syncWindows.windows: there is no window")]
#[case::schedule(json!({"syncWindows": {"kind": "deny", "windows": [{"schedule": "0 25 * * *", "duration": "1h"}]}}), "spec.syncWindows.windows: a schedule is five fields")]
#[case::every_nothing(json!({"syncWindows": {"kind": "deny", "windows": [{"schedule": "@every 0", "duration": "1h"}]}}), "spec.syncWindows.windows: a schedule is five fields")]
#[case::window_duration(json!({"syncWindows": {"kind": "deny", "windows": [{"schedule": "@daily", "duration": "0"}]}}), "spec.syncWindows.windows: a duration is a time")]
#[case::manifest_of_a_secret(json!({"target": {"manifest": {"apiVersion": "v1", "kind": "Secret"}}}), "spec.target.manifest: a Secret is")]
#[case::manifest_of_no_version(json!({"target": {"manifest": {"apiVersion": "v9", "kind": "ConfigMap"}}}), "spec.target.manifest.apiVersion: write v1")]
#[case::manifest_immutable(json!({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}, "immutable": true}}), "spec.target.immutable: it goes only")]
#[case::manifest_with_a_type(
    json!({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}, "template": {"type": "Opaque"}}}),
    "spec.target.template.type: only a Secret"
)]
#[case::manifest_that_keeps_values(
    json!({"target": {"manifest": {"apiVersion": "x.io/v1", "kind": "X"}, "template": {"mergePolicy": "Merge", "data": {"a": "b"}}}}),
    "spec.target.template.mergePolicy: Merge goes only"
)]
#[case::path_into_a_secret(
    json!({"target": {"template": {"templateFrom": [{"literal": "a", "target": "spec.a"}]}}}),
    "spec.target.template.templateFrom: target is Data, Labels or Annotations; a path goes only"
)]
#[case::path_to_metadata(
    json!({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}, "template": {"templateFrom": [{"literal": "a", "target": "metadata.finalizers"}]}}}),
    "spec.target.template.templateFrom: target is Data, Labels or Annotations, or"
)]
#[case::path_that_decodes(
    json!({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}, "template": {"templateFrom": [{"literal": "a", "target": "spec.a", "valuesDecodingStrategy": "Base64"}]}}}),
    "spec.target.template.templateFrom: valuesDecodingStrategy goes only"
)]
#[case::engine(json!({"target": {"template": {"engineVersion": "v1"}}}), "spec.target.template.engineVersion: only v2")]
#[case::no_items(
    json!({"target": {"template": {"templateFrom": [{"configMap": {"name": "a", "items": []}}]}}}),
    "spec.target.template.templateFrom: each needs literal"
)]
#[case::item_name(
    json!({"target": {"template": {"templateFrom": [{"secret": {"name": "a", "items": [{"key": "../a"}]}}]}}}),
    "spec.target.template.templateFrom: an object and an entry"
)]
#[case::merge_delete(
    json!({"target": {"creationPolicy": "CreateOrMerge", "deletionPolicy": "Delete"}}),
    "spec.target.deletionPolicy: Delete goes only with"
)]
#[case::none_merge(
    json!({"target": {"creationPolicy": "None", "deletionPolicy": "Merge"}}),
    "spec.target.deletionPolicy: Merge does not go"
)]
#[case::bad_label(
    json!({"target": {"template": {"metadata": {"labels": {"a": "{{ .x"}}}}}),
    "spec.target.template.metadata.labels.a: template a, line 1"
)]
#[case::restless_label(
    json!({"target": {"template": {"metadata": {"labels": {"a": "{{ now }}"}}}}}),
    "spec.target.template.metadata.labels.a: now gives another result"
)]
#[case::finalizers(
    json!({"target": {"template": {"metadata": {"finalizers": ["x"]}}}}),
    "spec.target.template.metadata.finalizers: a Secret with a finalizer"
)]
fn refused(#[case] change: Value, #[case] words: &str) {
    let problem = planned(change).unwrap_err();
    assert!(problem.starts_with(words), "{problem}");
}

#[test]
fn metadata_is_hashed_in_the_text_of_go() {
    let text = "{annotations:map[a:x b:y] labels:map[l:x]}";
    let hash = metadata_hash(&pairs(&[("l", "x")]), &pairs(&[("b", "y"), ("a", "x")]));
    assert_eq!(hash, hex::encode(Sha3_224::digest(text.as_bytes())));
}

#[test]
fn stores_are_named_whatever_else_is_wrong() {
    let spec = json!({"secretStoreRef": {"name": "a"}, "x": 1, "data": [{"sourceRef": {"storeRef": {"name": "b", "kind": "ClusterSecretStore"}}}]});
    assert_eq!(named_stores(&spec), [store(StoreKind::SecretStore, "a"), store(StoreKind::ClusterSecretStore, "b")]);
    assert_eq!(named_stores(&json!({"secretStoreRef": {}})), []);
    let misspelt = json!({"secretStoreRef": {"name": "a", "namespace": "b"}});
    assert_eq!(named_stores(&misspelt), [store(StoreKind::SecretStore, "a")]);
}
