//! A ClusterBridgedSecret stands in every namespace that it selects, and in no other; what is not its own it leaves alone.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::{Client, ResourceExt};
use sealbridge_api::{BridgedSecret, ClusterBridgedSecret, ClusterBridgedSecretStatus};
use sealbridge_tests::{Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::fan_out::{has_spec, is_gone, label};
use crate::stage::{SOON, bridged_secret, documents, has_text, text};

fn copies(namespace: &Namespace<'_>) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("sealbridge.dev", "v1", "BridgedSecret"));
    Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

fn store() -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterSecretStore", "metadata": {"name": "all"},
        "spec": {"provider": {"fake": {"data": [{"key": "a", "value": "one"}]}}}})
}

fn spec() -> Value {
    json!({"secretStoreRef": {"name": "all", "kind": "ClusterSecretStore"}, "data": {"A": {"remoteRef": {"key": "a"}}}})
}

fn declared(name: &str, metadata: &Value) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterBridgedSecret", "metadata": {"name": name},
        "spec": {"namespaceSelector": {"matchLabels": {"fan": "out"}}, "template": {"metadata": metadata, "spec": spec()}}})
}

/// Waits until the status says in how many namespaces it stands, and in how many not, for the present generation.
async fn stands(client: Client, name: &str, provisioned: i32, failed: i32) -> ClusterBridgedSecretStatus {
    eventually(SOON, &format!("{name} stands in {provisioned}, not in {failed}"), async || {
        let object = Api::<ClusterBridgedSecret>::all(client.clone()).get(name).await.map_err(|error| error.to_string())?;
        let status = object.status.clone().unwrap_or_default();
        let is_so = (status.provisioned, status.failed) == (Some(provisioned), Some(failed));
        if is_so && status.observed_generation == object.metadata.generation { Ok(status) } else { Err(format!("{status:?}")) }
    })
    .await
}

#[tokio::test]
async fn a_copy_stands_where_it_is_declared_and_nowhere_else() {
    let cluster = Cluster::private().await;
    let client = cluster.client().await;
    let (a, b, taken) = (cluster.namespace("a").await, cluster.namespace("b").await, cluster.namespace("t").await);
    for namespace in [&a, &b, &taken] {
        label(namespace, "fan=out").await;
    }
    taken.apply(&bridged_secret("tls", &json!({"data": {"B": {"plain": "mine"}}})).to_string()).await;
    a.apply(&documents(&[store(), declared("all", &json!({"name": "tls", "labels": {"team": "x"}}))])).await;
    let mut operator = Operator::of(&cluster).start().await;

    let status = stands(client.clone(), "all", 2, 1).await;
    let ready = &status.conditions[0];
    assert_eq!((ready.type_.as_str(), ready.status.as_str(), ready.reason.as_str()), ("Ready", "False", "TargetNotOwned"));
    assert_eq!(status.failures.len(), 1);
    assert_eq!(status.failures[0].namespace, taken.name());
    assert!(status.failures[0].message.contains("; "), "{}", status.failures[0].message);
    for namespace in [&a, &b] {
        has_text(namespace, "tls", "A", "one").await;
    }
    let copy = copies(&a).get("tls").await.unwrap();
    let owner = &copy.owner_references()[0];
    assert_eq!((owner.kind.as_str(), owner.name.as_str(), owner.controller), ("ClusterBridgedSecret", "all", Some(true)));
    assert_eq!(copy.labels().get("team").map(String::as_str), Some("x"));
    has_text(&taken, "tls", "B", "mine").await;

    // The object that stood in the way goes, a copy is edited, and another one deleted.
    taken.kubectl(&["delete", "bridgedsecret", "tls", "--wait=false"]).await.ok();
    a.kubectl(&["patch", "bridgedsecret", "tls", "--type=merge", "-p", r#"{"spec":{"refreshInterval":"0"}}"#]).await.ok();
    b.kubectl(&["delete", "bridgedsecret", "tls", "--wait=false"]).await.ok();
    let status = stands(client.clone(), "all", 3, 0).await;
    assert_eq!((status.conditions[0].status.as_str(), status.failures.len()), ("True", 0));
    for namespace in [&a, &b, &taken] {
        has_spec(&copies(namespace), "tls", &spec()).await;
    }

    // A wish for a refresh reaches each copy.
    a.kubectl(&["annotate", "clusterbridgedsecret", "all", "sealbridge.dev/refresh=now"]).await.ok();
    eventually(SOON, "each copy was asked", async || {
        for namespace in [&a, &b, &taken] {
            let copy = copies(namespace).get("tls").await.map_err(|error| error.to_string())?;
            if copy.annotations().get("sealbridge.dev/refresh").map(String::as_str) != Some("now") {
                return Err(format!("{:?}", copy.annotations()));
            }
        }
        Ok(())
    })
    .await;

    // Nothing is written again when the operator starts anew; a namespace that is not selected any more loses its copy.
    let quiet = cluster.audit().mark();
    operator.stop().await;
    operator.start_again().await;
    label(&b, "fan=in").await;
    stands(client.clone(), "all", 2, 0).await;
    is_gone(&copies(&b), "tls").await;
    let written = operator.requests_since(quiet).await.of("bridgedsecrets", &["create", "update", "delete"]);
    assert_eq!(written.count(), 1, "the one copy that was to go: {written:?}");
    assert_eq!(text(&a.api::<Secret>().get("tls").await.unwrap(), "A").as_deref(), Some("one"));
}

#[tokio::test]
async fn an_operator_of_one_namespace_declares_nothing_for_others() {
    let cluster = Cluster::private().await;
    let a = cluster.namespace("a").await;
    label(&a, "fan=out").await;
    a.apply(&documents(&[store(), declared("all", &json!({})), bridged_secret("seen", &spec())])).await;
    let _operator = Operator::of(&cluster).watch(&a).start().await;
    has_text(&a, "seen", "A", "one").await;
    assert!(a.api::<BridgedSecret>().get_opt("all").await.unwrap().is_none());
}
