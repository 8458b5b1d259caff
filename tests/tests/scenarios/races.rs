//! What happens to a Secret between the operator's look and its write. It must never write over what it has not seen.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use sealbridge_tests::{Bao, Cluster, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, remote, text, vault_store};

fn foreign(name: &str) -> Secret {
    serde_json::from_value(json!({"metadata": {"name": name}, "stringData": {"THEIRS": "kept"}})).unwrap()
}

#[tokio::test]
async fn a_creation_that_is_refused_is_followed_by_a_look_and_no_write() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("refused").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    let secrets: Api<Secret> = namespace.api();
    // The operator does not know of Secrets without its label: to it this one appears with its own creation.
    let theirs = secrets.create(&PostParams::default(), &foreign("app")).await.unwrap();
    namespace.apply(&documents(&[bridged_secret("app", &json!({"data": {"A": {"plain": "1"}}}))])).await;
    let told = message(&is_told(&namespace, "app", "TargetNotOwned").await);
    assert!(told.contains("Secret app exists") && told.contains("spec.target.adopt"), "{told}");

    let requests = operator.requests().await.in_namespace(namespace.name()).named("app");
    let creations = operator.requests().await.in_namespace(namespace.name()).of("secrets", &["create"]);
    let codes: Vec<u16> = creations.iter().map(sealbridge_tests::audit::Request::code).collect();
    assert_eq!(codes, [409], "the creation was tried, and refused");
    assert_eq!(requests.of("secrets", &["patch", "update", "delete"]).count(), 0);
    let after = secrets.get("app").await.unwrap();
    assert_eq!(after.metadata.resource_version, theirs.metadata.resource_version);
}

#[tokio::test]
async fn secrets_that_are_replaced_while_the_operator_hangs_amid_a_round_are_not_written_over() {
    const OBJECTS: usize = 40;
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("replaced").await;
    let mount = bao.kv2("replaced").await;
    mount.put("app", &[("p", "before")]).await;
    vault_store(&namespace, bao, &mount).await;
    let operator = Operator::of(cluster).watch(&namespace).flag("--lease-duration=10m").start().await;
    let names: Vec<String> = (0..OBJECTS).map(|number| format!("app-{number}")).collect();
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": {"A": remote("app", "p")}});
    namespace.apply(&documents(&names.iter().map(|name| bridged_secret(name, &spec)).collect::<Vec<Value>>())).await;
    for name in &names {
        is_told(&namespace, name, "Synced").await;
    }

    let mark = cluster.audit().mark();
    mount.put("app", &[("p", "after")]).await;
    eventually(SOON, "the operator looks at Secrets in order to write them", async || {
        match operator.requests_since(mark).await.of("secrets", &["get"]).in_namespace(namespace.name()).count() {
            0 => Err("no look yet".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    operator.pause().await;
    let secrets: Api<Secret> = namespace.api();
    for name in &names {
        secrets.delete(name, &DeleteParams::default()).await.unwrap();
        secrets.create(&PostParams::default(), &foreign(name)).await.unwrap();
    }
    operator.resume().await;
    for name in &names {
        is_told(&namespace, name, "TargetNotOwned").await;
        let secret = secrets.get(name).await.unwrap();
        assert_eq!(text(&secret, "THEIRS").as_deref(), Some("kept"), "{name}");
        assert_eq!((secret.data.map(|data| data.len()), secret.metadata.labels), (Some(1), None), "{name}");
    }

    secrets.delete(&names[0], &DeleteParams::default()).await.unwrap();
    has_text(&namespace, &names[0], "A", "after").await;
}
