//! What becomes of a Secret when its sources are gone, its object is gone, or it may not be changed: what the policy
//! says, and never less. It must never remove anything that a policy does not name.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, ResourceExt};
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, remote, text, vault_store};

/// An object with one entry of a key that goes and one of a key that stays for longer.
fn object(policy: &str) -> Value {
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"GOES": remote("goes", "p"), "STAYS": remote("stays", "p")},
        "target": {"deletionPolicy": policy},
    });
    bridged_secret(&policy.to_lowercase(), &spec)
}

fn keys(secret: &Secret) -> Vec<&str> {
    secret.data.iter().flatten().map(|(key, _)| key.as_str()).collect()
}

async fn has_keys(namespace: &Namespace<'_>, name: &str, wanted: &[&str]) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("{name} has {wanted:?}"), async || {
        let secret = secrets.get(name).await.map_err(|error| error.to_string())?;
        if keys(&secret) == wanted { Ok(secret) } else { Err(format!("{:?}", keys(&secret))) }
    })
    .await
}

#[tokio::test]
async fn what_is_gone_from_the_store_goes_as_the_policy_says_and_comes_back() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("policies").await;
    let mount = bao.kv2("policies").await;
    mount.put("goes", &[("p", "1")]).await;
    mount.put("stays", &[("p", "1")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&["Delete", "Merge", "Retain"].map(object))).await;
    for name in ["delete", "merge", "retain"] {
        is_told(&namespace, name, "Synced").await;
    }
    let secrets: Api<Secret> = namespace.api();
    let retained = secrets.get("retain").await.unwrap();
    let history = SecretHistory::record(&namespace, "delete").await;

    mount.delete("goes").await;
    let told = message(&is_told(&namespace, "delete", "SourceNotFound").await);
    assert!(told.contains("GOES") && told.contains("second read"), "{told}");
    assert_eq!(history.revisions().len(), 1, "one look proves nothing");
    has_keys(&namespace, "merge", &["STAYS"]).await;
    let partial = has_keys(&namespace, "delete", &["STAYS"]).await;
    history.reached(&partial).await;
    history.assert_never_without(&["STAYS"]);

    mount.delete_metadata("stays").await;
    is_told(&namespace, "delete", "SecretDeleted").await;
    assert!(secrets.get_opt("delete").await.unwrap().is_none());
    has_keys(&namespace, "merge", &[]).await;
    is_told(&namespace, "merge", "Synced").await;
    let told = message(&is_told(&namespace, "retain", "SourceNotFound").await);
    assert!(told.contains("entry GOES") && told.contains("SecretStore/vault"), "{told}");
    let after = secrets.get("retain").await.unwrap();
    assert_eq!(after.resource_version(), retained.resource_version(), "retained as it was");

    mount.put("goes", &[("p", "2")]).await;
    mount.put("stays", &[("p", "2")]).await;
    for name in ["delete", "merge", "retain"] {
        has_text(&namespace, name, "GOES", "2").await;
        has_text(&namespace, name, "STAYS", "2").await;
        is_told(&namespace, name, "Synced").await;
    }
}

#[tokio::test]
async fn an_orphan_stays_when_its_object_goes_and_another_object_gets_it_only_by_asking() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("orphan").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = |more: Value| {
        let mut target = json!({"name": "env", "creationPolicy": "Orphan"});
        target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"refreshInterval": "10s", "data": {"A": {"plain": "1"}}, "target": target})
    };
    namespace.apply(&documents(&[bridged_secret("first", &spec(json!({})))])).await;
    is_told(&namespace, "first", "Synced").await;
    let orphan = namespace.api::<Secret>().get("env").await.unwrap();
    assert!(orphan.owner_references().is_empty(), "{:?}", orphan.owner_references());
    let history = SecretHistory::record(&namespace, "env").await;

    // An owned Secret of an object that is deleted at the same time shows that the garbage collector came by.
    namespace.apply(&documents(&[bridged_secret("owned", &json!({"data": {"A": {"plain": "1"}}}))])).await;
    is_told(&namespace, "owned", "Synced").await;
    let objects: Api<BridgedSecret> = namespace.api();
    for name in ["first", "owned"] {
        objects.delete(name, &DeleteParams::default()).await.unwrap();
    }
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, "the owned Secret goes with its object", async || match secrets.get_opt("owned").await {
        Ok(None) => Ok(()),
        other => Err(format!("{:?}", other.map(|secret| secret.map(|secret| secret.metadata.name)))),
    })
    .await;
    assert_eq!(secrets.get("env").await.unwrap().resource_version(), orphan.resource_version());

    namespace.apply(&documents(&[bridged_secret("second", &spec(json!({})))])).await;
    let told = message(&is_told(&namespace, "second", "TargetNotOwned").await);
    assert!(told.contains("Secret env") && told.contains("spec.target.adopt"), "{told}");
    namespace.apply(&documents(&[bridged_secret("second", &spec(json!({"adopt": {"from": "None"}})))])).await;
    is_told(&namespace, "second", "Synced").await;
    history.assert_never_without(&["A"]);
}

#[tokio::test]
async fn an_immutable_secret_is_never_changed_and_says_so() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("immutable").await;
    let mount = bao.kv2("immutable").await;
    mount.put("app", &[("p", "before")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"A": remote("app", "p")},
        "target": {"immutable": true},
    });
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    is_told(&namespace, "app", "Synced").await;
    let secrets: Api<Secret> = namespace.api();
    let before = secrets.get("app").await.unwrap();
    assert_eq!(before.immutable, Some(true));

    mount.put("app", &[("p", "after")]).await;
    let told = message(&is_told(&namespace, "app", "TargetInvalid").await);
    assert!(told.contains("Secret app is immutable") && told.contains("delete the Secret"), "{told}");
    let still = secrets.get("app").await.unwrap();
    assert_eq!((still.uid(), still.resource_version()), (before.uid(), before.resource_version()));

    secrets.delete("app", &DeleteParams::default()).await.unwrap();
    let anew = has_text(&namespace, "app", "A", "after").await;
    assert_eq!(anew.immutable, Some(true));
    is_told(&namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_secret_of_another_type_is_never_made_anew_and_says_so() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("type").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = |kind: &str| json!({"data": {"A": {"plain": "1"}}, "target": {"template": {"type": kind}}});
    namespace.apply(&documents(&[bridged_secret("app", &spec("Opaque"))])).await;
    is_told(&namespace, "app", "Synced").await;
    let before = namespace.api::<Secret>().get("app").await.unwrap();

    namespace.apply(&documents(&[bridged_secret("app", &spec("example.com/other"))])).await;
    let told = message(&is_told(&namespace, "app", "TargetInvalid").await);
    assert!(told.contains("has type Opaque and example.com/other is asked for"), "{told}");
    let after = namespace.api::<Secret>().get("app").await.unwrap();
    assert_eq!((after.uid(), after.resource_version()), (before.uid(), before.resource_version()));
}

#[tokio::test]
async fn merged_entries_wait_for_the_secret_and_go_without_taking_anything_along() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("merge-gone").await;
    let mount = bao.kv2("merge-gone").await;
    mount.put("app", &[("p", "ours")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"OURS": remote("app", "p")},
        "target": {"name": "shared", "creationPolicy": "Merge", "deletionPolicy": "Merge"},
    });
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    let told = message(&is_told(&namespace, "app", "SecretMissing").await);
    assert!(told.contains("Secret shared does not exist"), "{told}");
    let secrets: Api<Secret> = namespace.api();
    assert!(secrets.get_opt("shared").await.unwrap().is_none(), "a Secret to merge into is never made");

    let theirs = json!({"metadata": {"name": "shared"}, "stringData": {"THEIRS": "kept"}});
    secrets.create(&PostParams::default(), &serde_json::from_value(theirs).unwrap()).await.unwrap();
    let merged = has_text(&namespace, "shared", "OURS", "ours").await;
    assert_eq!(text(&merged, "THEIRS").as_deref(), Some("kept"));
    let history = SecretHistory::record(&namespace, "shared").await;

    mount.delete("app").await;
    let left = has_keys(&namespace, "shared", &["THEIRS"]).await;
    history.reached(&left).await;
    history.assert_never_without(&["THEIRS"]);
}
