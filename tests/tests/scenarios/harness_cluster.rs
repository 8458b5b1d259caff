//! The control plane is a real one, its log counts every request, and a private one survives what is done to it.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use sealbridge_tests::{Cluster, SecretHistory, eventually};
use serde_json::json;

const SOON: Duration = Duration::from_mins(1);

fn secret(name: &str, key: &str) -> Secret {
    let body = json!({"metadata": {"name": name}, "stringData": {key: "value"}});
    serde_json::from_value(body).unwrap()
}

#[tokio::test]
async fn namespaces_keep_tests_apart_and_requests_are_counted() {
    let cluster = Cluster::shared().await;
    let (mine, other) = tokio::join!(cluster.namespace("count"), cluster.namespace("count"));
    assert_ne!(mine.name(), other.name());
    let mark = cluster.audit().mark();

    let secrets = mine.api::<Secret>();
    for name in ["one", "two", "three"] {
        let new = secret(name, "key");
        secrets.create(&PostParams::default(), &new).await.unwrap();
    }
    secrets.get("one").await.unwrap();
    assert!(other.api::<Secret>().get_opt("one").await.unwrap().is_none());

    let all = cluster.audit().since(mark).await.by("admin");
    let here = all.clone().in_namespace(mine.name());
    assert_eq!(here.clone().of("secrets", &["create"]).count(), 3);
    assert_eq!(here.clone().of("secrets", &["get"]).named("one").count(), 1);
    // The controllers are the same user, and make a ServiceAccount in every new namespace.
    assert_eq!(here.clone().filter(|request| request.resource() == "secrets").writes().count(), 3);
    let elsewhere = all.in_namespace(other.name()).of("secrets", &[]);
    assert_eq!(elsewhere.count(), 1);
    assert_eq!(elsewhere.iter().next().unwrap().code(), 404);
    // What came before the mark does not count.
    let later = cluster.audit().mark();
    let since = cluster.audit().since(later).await;
    assert_eq!(since.in_namespace(mine.name()).count(), 0);
}

#[tokio::test]
async fn a_dropped_namespace_is_deleted_with_what_is_in_it() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("dropped").await;
    namespace.api::<Secret>().create(&PostParams::default(), &secret("left", "key")).await.unwrap();
    let name = namespace.name().to_owned();
    drop(namespace);
    let secrets = Api::<Secret>::namespaced(cluster.client().await, &name);
    eventually(SOON, "the Secret is deleted with its namespace", async || match secrets.get_opt("left").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn the_garbage_collector_follows_owner_references() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("collect").await;
    let owners = namespace.api::<ConfigMap>();
    let owner: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "owner"}})).unwrap();
    let owner = owners.create(&PostParams::default(), &owner).await.unwrap();
    let mut owned = secret("owned", "key");
    let reference = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner",
        "uid": owner.uid().unwrap()}]);
    owned.metadata.owner_references = serde_json::from_value(reference).unwrap();
    let secrets = namespace.api::<Secret>();
    secrets.create(&PostParams::default(), &owned).await.unwrap();
    owners.delete("owner", &DeleteParams::default()).await.unwrap();
    eventually(SOON, "the Secret follows its owner", async || match secrets.get_opt("owned").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn a_service_account_has_the_rights_of_its_roles_only() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("rights").await;
    namespace.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: reader}}").await;
    let subject = format!("system:serviceaccount:{}:reader", namespace.name());
    let may = |verb: &'static str| {
        let ask = ["auth", "can-i", verb, "secrets", "--as", subject.as_str()].map(String::from);
        let namespace = &namespace;
        async move {
            let ask: Vec<&str> = ask.iter().map(String::as_str).collect();
            namespace.kubectl(&ask).await.stdout.trim() == "yes"
        }
    };
    assert!(!may("get").await);
    let grant = ["create", "rolebinding", "reader", "--clusterrole=view", "--serviceaccount"];
    let account = format!("{}:reader", namespace.name());
    namespace.kubectl(&[&grant[..], &[account.as_str()]].concat()).await.ok();
    // `view` holds no Secrets, `edit` does.
    assert!(!may("get").await);
    let grant = ["create", "rolebinding", "writer", "--clusterrole=edit", "--serviceaccount"];
    namespace.kubectl(&[&grant[..], &[account.as_str()]].concat()).await.ok();
    eventually(SOON, "the new role is known", async || may("get").await.then_some(()).ok_or_else(|| "no".to_owned())).await;
}

#[tokio::test]
async fn a_private_control_plane_survives_kills_and_pauses() {
    let cluster = Cluster::private().await;
    let name = {
        let namespace = cluster.namespace("faults").await;
        namespace.api::<Secret>().create(&PostParams::default(), &secret("kept", "key")).await.unwrap();
        // Held back from deletion: the namespace is needed after the value is gone.
        let name = namespace.name().to_owned();
        std::mem::forget(namespace);
        name
    };

    cluster.kill_apiserver().await;
    let away = Api::<Secret>::namespaced(cluster.client().await, &name);
    assert!(away.get("kept").await.is_err());
    cluster.start_apiserver().await;
    let secrets = Api::<Secret>::namespaced(cluster.client().await, &name);
    secrets.get("kept").await.unwrap();

    cluster.pause_etcd().await;
    let blocked = secret("blocked", "key");
    let post = PostParams::default();
    let write = secrets.create(&post, &blocked);
    let hung = tokio::time::timeout(Duration::from_millis(500), write).await;
    assert!(hung.is_err(), "a write was answered while etcd was paused");
    cluster.resume_etcd().await;
    cluster.restart_etcd().await;
    eventually(SOON, "etcd serves again", async || {
        let read = secrets.get("kept").await;
        read.map(drop).map_err(|error| error.to_string())
    })
    .await;
}

#[tokio::test]
async fn a_history_has_every_revision() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("history").await;
    let secrets = namespace.api::<Secret>();
    let history = SecretHistory::record(&namespace, "watched").await;
    let first = secret("watched", "a");
    secrets.create(&PostParams::default(), &first).await.unwrap();
    for value in 0..5 {
        let patch = json!({"stringData": {"a": format!("value {value}")}});
        secrets.patch("watched", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }
    let patch = Patch::Merge(json!({"stringData": {"b": "late"}}));
    let last = secrets.patch("watched", &PatchParams::default(), &patch).await.unwrap();
    history.reached(&last).await;
    assert_eq!(history.revisions().len(), 7);
    history.assert_never_without(&["a"]);
    let shrunk = std::panic::AssertUnwindSafe(|| history.assert_never_without(&["a", "b"]));
    assert!(std::panic::catch_unwind(shrunk).is_err());

    secrets.delete("watched", &DeleteParams::default()).await.unwrap();
    eventually(SOON, "the deletion is recorded", async || {
        let last = history.revisions().pop().unwrap();
        if last.data.is_none() { Ok(()) } else { Err(format!("{last:?}")) }
    })
    .await;
}
