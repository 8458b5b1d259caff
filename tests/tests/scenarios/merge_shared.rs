//! Objects that merge into a Secret of somebody else: each keeps its own entries and touches no others.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Cluster, Namespace, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, is_told, message, text};

fn merging(name: &str, entries: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<String, Value> =
        entries.iter().map(|(key, value)| ((*key).to_owned(), json!({"plain": value}))).collect();
    let target = json!({"name": "shared", "creationPolicy": "Merge"});
    bridged_secret(name, &json!({"refreshInterval": "10s", "data": data, "target": target}))
}

async fn shared_secret(namespace: &Namespace<'_>) {
    let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "shared"}, "stringData": {"THEIRS": "kept"}})).unwrap();
    namespace.api::<Secret>().create(&PostParams::default(), &secret).await.unwrap();
}

/// Waits until the shared Secret has exactly these entries.
async fn holds(namespace: &Namespace<'_>, wanted: &[(&str, &str)]) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("the shared Secret holds {wanted:?}"), async || {
        let secret = secrets.get("shared").await.map_err(|error| error.to_string())?;
        let keys = secret.data.iter().flatten().map(|(key, _)| key);
        let found: Vec<(&str, String)> = keys.map(|key| (key.as_str(), text(&secret, key).unwrap_or_default())).collect();
        let same = found.iter().map(|(key, value)| (*key, value.as_str())).eq(wanted.iter().copied());
        if same { Ok(secret.clone()) } else { Err(format!("{found:?}")) }
    })
    .await
}

#[tokio::test]
async fn two_objects_share_a_secret_and_each_keeps_its_entries() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("merge").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&[merging("one", &[("A", "1"), ("A2", "1")]), merging("two", &[("B", "2")])])).await;
    is_told(&namespace, "one", "SecretMissing").await;
    is_told(&namespace, "two", "SecretMissing").await;

    shared_secret(&namespace).await;
    holds(&namespace, &[("A", "1"), ("A2", "1"), ("B", "2"), ("THEIRS", "kept")]).await;
    let first = is_told(&namespace, "one", "Synced").await;
    is_told(&namespace, "two", "Synced").await;
    let history = SecretHistory::record(&namespace, "shared").await;

    let parameters = PatchParams { field_manager: Some("rival".to_owned()), ..PatchParams::default() };
    let secrets: Api<Secret> = namespace.api();
    let edit = json!({"data": {"A": null, "B": "OQ==", "THEIRS": "Y2hhbmdlZA=="}});
    secrets.patch("shared", &parameters, &Patch::Merge(&edit)).await.unwrap();
    holds(&namespace, &[("A", "1"), ("A2", "1"), ("B", "2"), ("THEIRS", "changed")]).await;

    namespace.apply(&documents(&[merging("one", &[("A", "1")])])).await;
    let secret = holds(&namespace, &[("A", "1"), ("B", "2"), ("THEIRS", "changed")]).await;
    assert!(secret.owner_references().is_empty(), "the Secret belongs to somebody else");
    history.reached(&secret).await;
    history.assert_never_without(&["THEIRS"]);

    let objects: Api<BridgedSecret> = namespace.api();
    objects.delete("one", &DeleteParams::default()).await.unwrap();
    namespace.apply(&documents(&[merging("one", &[("A3", "3")])])).await;
    let secret = holds(&namespace, &[("A3", "3"), ("B", "2"), ("THEIRS", "changed")]).await;
    let old = first.metadata.uid.unwrap();
    assert!(!secret.annotations().keys().any(|name| name.ends_with(&old)), "{:?}", secret.annotations());

    is_told(&namespace, "one", "Synced").await;
    let mark = cluster.audit().mark();
    namespace.apply(&documents(&[bridged_secret("other", &json!({"data": {"A": {"plain": "1"}}}))])).await;
    is_told(&namespace, "other", "Synced").await;
    let writes = operator.requests_since(mark).await.of("secrets", &["patch", "update"]).named("shared");
    assert_eq!(writes.count(), 0, "the two do not undo each other: {writes:?}");
}

#[tokio::test]
async fn the_first_object_keeps_an_entry_that_a_second_wants() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("taken").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    shared_secret(&namespace).await;
    namespace.apply(&documents(&[merging("first", &[("A", "1")])])).await;
    is_told(&namespace, "first", "Synced").await;

    namespace.apply(&documents(&[merging("second", &[("A", "2"), ("B", "2")])])).await;
    let told = message(&is_told(&namespace, "second", "TargetNotOwned").await);
    assert!(told.contains("entry A") && told.contains("BridgedSecret first"), "{told}");
    holds(&namespace, &[("A", "1"), ("THEIRS", "kept")]).await;

    // Once the first is gone, nobody stands in the way.
    namespace.api::<BridgedSecret>().delete("first", &DeleteParams::default()).await.unwrap();
    holds(&namespace, &[("A", "2"), ("B", "2"), ("THEIRS", "kept")]).await;
    is_told(&namespace, "second", "Synced").await;
}

#[tokio::test]
async fn an_object_that_is_told_to_merge_lets_go_of_its_secret() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("let-go").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let owned = json!({"data": {"A": {"plain": "1"}}, "target": {"name": "shared"}});
    namespace.apply(&documents(&[bridged_secret("one", &owned)])).await;
    is_told(&namespace, "one", "Synced").await;
    let history = SecretHistory::record(&namespace, "shared").await;
    namespace.apply(&documents(&[merging("one", &[("A", "2")])])).await;
    let secret = holds(&namespace, &[("A", "2")]).await;
    assert!(secret.owner_references().is_empty());
    history.reached(&secret).await;
    history.assert_never_without(&["A"]);
}
