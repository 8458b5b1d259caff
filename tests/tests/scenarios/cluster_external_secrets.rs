//! A ClusterExternalSecret stands in every namespace that it selects, and in no other; what is not its own it leaves alone.

use k8s_openapi::api::core::v1::Namespace as Object;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::{Client, ResourceExt};
use sealbridge_tests::{Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::external_secrets::objects;
use crate::fan_out::{has_spec, is_gone, label};
use crate::stage::{SOON, documents, has_text};

const GROUP: &str = "external-secrets.io/v1";

fn fan_outs(client: Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("external-secrets.io", "v1", "ClusterExternalSecret");
    Api::all_with(client, &ApiResource::from_gvk(&kind))
}

fn store(class: &str) -> Value {
    json!({"apiVersion": GROUP, "kind": "ClusterSecretStore", "metadata": {"name": class},
        "spec": {"controller": class, "provider": {"fake": {"data": [{"key": "/a", "value": "one"}]}}}})
}

fn fan_out(name: &str, store: &str, mut spec: Value) -> Value {
    spec["externalSecretSpec"] = json!({
        "secretStoreRef": {"name": store, "kind": "ClusterSecretStore"},
        "data": [{"secretKey": "A", "remoteRef": {"key": "/a"}}],
    });
    json!({"apiVersion": GROUP, "kind": "ClusterExternalSecret", "metadata": {"name": name}, "spec": spec})
}

fn by_label() -> Value {
    json!({"namespaceSelectors": [{"matchLabels": {"fan": "out"}}]})
}

/// Waits until the status names these namespaces, in any order; answers the status.
async fn is_provisioned(client: Client, name: &str, namespaces: &[&Namespace<'_>]) -> Value {
    let mut expected: Vec<_> = namespaces.iter().map(|namespace| namespace.name()).collect();
    expected.sort_unstable();
    eventually(SOON, &format!("{name} is in {expected:?}"), async || {
        let object = fan_outs(client.clone()).get(name).await.map_err(|error| error.to_string())?;
        let status = object.data["status"].clone();
        if status["provisionedNamespaces"] == json!(expected) { Ok(status) } else { Err(status.to_string()) }
    })
    .await
}

#[tokio::test]
async fn a_copy_stands_where_it_is_declared_and_nowhere_else() {
    let cluster = Cluster::private().await;
    let client = cluster.client().await;
    let (a, b, c, taken) =
        (cluster.namespace("a").await, cluster.namespace("b").await, cluster.namespace("c").await, cluster.namespace("t").await);
    for namespace in [&a, &b, &taken] {
        label(namespace, "fan=out").await;
    }
    let foreign = json!({"apiVersion": GROUP, "kind": "ExternalSecret", "metadata": {"name": "all"},
        "spec": {"secretStoreRef": {"name": "nowhere"}, "data": [{"secretKey": "B", "remoteRef": {"key": "b"}}]}});
    taken.apply(&foreign.to_string()).await;
    let before = objects(&taken, "ExternalSecret").get("all").await.unwrap();
    a.apply(&documents(&[
        store("sealbridge"),
        store("another"),
        fan_out("all", "sealbridge", by_label()),
        fan_out("of-another", "another", by_label()),
        fan_out("misspelt", "sealbridge", json!({"namespaceSelektor": {}})),
        fan_out("selects-nothing", "sealbridge", json!({"namespaceSelectors": [{"matchLabel": {"fan": "out"}}]})),
    ]))
    .await;
    let mut operator = Operator::of(&cluster).flag("--dialect=external-secrets").start().await;

    let status = is_provisioned(client.clone(), "all", &[&a, &b]).await;
    let failed = json!([{"namespace": taken.name(), "reason": "external secret already exists in namespace"}]);
    assert_eq!((&status["failedNamespaces"], &status["externalSecretName"]), (&failed, &json!("all")));
    assert_eq!(status["conditions"], json!([{"type": "Ready", "status": "False", "message": "one or more namespaces failed"}]));
    for namespace in [&a, &b] {
        has_text(namespace, "all", "A", "one").await;
    }
    let copy = objects(&a, "ExternalSecret").get("all").await.unwrap();
    let owner = &copy.metadata.owner_references.as_ref().unwrap()[0];
    assert_eq!((owner.kind.as_str(), owner.name.as_str(), owner.controller), ("ClusterExternalSecret", "all", Some(true)));
    for (name, path) in [("misspelt", "spec.namespaceSelektor"), ("selects-nothing", "spec.namespaceSelectors[0].matchLabel")] {
        eventually(SOON, &format!("{name} is refused by its path"), async || {
            let object = fan_outs(client.clone()).get(name).await.map_err(|error| error.to_string())?;
            let message = object.data["status"]["conditions"][0]["message"].as_str().unwrap_or_default().to_owned();
            if message.starts_with(&format!("{path} is not a known field")) { Ok(()) } else { Err(message) }
        })
        .await;
    }

    // Namespaces come and go by their labels.
    label(&c, "fan=out").await;
    is_provisioned(client.clone(), "all", &[&a, &b, &c]).await;
    has_text(&c, "all", "A", "one").await;
    label(&b, "fan=in").await;
    is_gone(&objects(&b, "ExternalSecret"), "all").await;
    is_provisioned(client.clone(), "all", &[&a, &c]).await;

    // A copy that somebody edits or deletes is as it is declared again, and stays where it was.
    let edited = json!({"spec": {"data": [{"secretKey": "X", "remoteRef": {"key": "/a"}}], "target": {"name": "other"}}});
    a.kubectl(&["patch", "externalsecret", "all", "--type=merge", "-p", &edited.to_string()]).await.ok();
    let declared = &copy.data["spec"];
    has_spec(&objects(&a, "ExternalSecret"), "all", declared).await;
    c.kubectl(&["delete", "externalsecret", "all", "--wait=false"]).await.ok();
    has_spec(&objects(&c, "ExternalSecret"), "all", declared).await;

    // Nothing is written again when the operator starts anew.
    let quiet = cluster.audit().mark();
    operator.stop().await;
    operator.start_again().await;
    label(&b, "fan=out").await;
    is_provisioned(client.clone(), "all", &[&a, &b, &c]).await;
    let written = operator.requests_since(quiet).await.of("externalsecrets", &["create", "update", "patch", "delete"]);
    assert_eq!(written.count(), 1, "the one copy that was to be made: {written:?}");

    // Under another name the former copies go; labels are on the copies, and no namespace was touched.
    let mut renamed = by_label();
    renamed["externalSecretName"] = json!("renamed");
    renamed["externalSecretMetadata"] = json!({"labels": {"team": "x"}});
    a.apply(&fan_out("all", "sealbridge", renamed).to_string()).await;
    let status = is_provisioned(client.clone(), "all", &[&a, &b, &c, &taken]).await;
    assert_eq!((&status["externalSecretName"], &status["conditions"][0]["status"]), (&json!("renamed"), &json!("True")));
    is_gone(&objects(&a, "ExternalSecret"), "all").await;
    let copy = objects(&taken, "ExternalSecret").get("renamed").await.unwrap();
    assert_eq!(copy.labels().get("team").map(String::as_str), Some("x"));
    let after = objects(&taken, "ExternalSecret").get("all").await.unwrap();
    assert_eq!((before.uid(), &before.data["spec"]), (after.uid(), &after.data["spec"]));
    assert!(fan_outs(client.clone()).get("of-another").await.unwrap().data["status"].is_null());
    for namespace in Api::<Object>::all(client).list(&kube::api::ListParams::default()).await.unwrap() {
        assert!(namespace.finalizers().is_empty(), "{}", namespace.name_any());
    }
}
