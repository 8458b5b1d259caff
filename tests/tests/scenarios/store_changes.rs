//! A store that changes, or what it logs in with, is noticed at once: every interval here is an hour. It must never
//! take a Secret away because its store went.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use sealbridge_api::SecretStore;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator};
use serde_json::{Value, json};

use crate::stage::{bridged_secret, documents, has_text, is_told, message, remote, vault_store, vault_store_at};

fn hourly() -> Value {
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "1h", "data": {"A": remote("app", "p")}});
    bridged_secret("app", &spec)
}

async fn synced(namespace: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>) {
    mount.put("app", &[("p", "before")]).await;
    vault_store(namespace, bao, mount).await;
    namespace.apply(&documents(&[hourly()])).await;
    has_text(namespace, "app", "A", "before").await;
    is_told(namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_store_that_points_elsewhere_is_read_at_once() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("elsewhere").await;
    let (here, there) = (bao.kv2("here").await, bao.kv2("there").await);
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    synced(&namespace, bao, &here).await;
    there.put("app", &[("p", "after")]).await;
    vault_store(&namespace, bao, &there).await;
    has_text(&namespace, "app", "A", "after").await;
    is_told(&namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_rotated_token_is_used_at_once_and_the_revoked_one_is_told() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("rotated").await;
    let mount = bao.kv2("rotated").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let policy = mount.read_policy().await;
    let old = bao.token("", &[&policy], json!({})).await;
    mount.put("app", &[("p", "before")]).await;
    vault_store_at(&namespace, bao.url(), &mount, &old).await;
    namespace.apply(&documents(&[hourly()])).await;
    let before = has_text(&namespace, "app", "A", "before").await;
    is_told(&namespace, "app", "Synced").await;

    bao.revoke(&old).await;
    mount.put("app", &[("p", "after")]).await;
    namespace.kubectl(&["annotate", "bsec", "app", "sealbridge.dev/refresh=now"]).await.ok();
    let told = message(&is_told(&namespace, "app", "SourceDenied").await);
    assert!(told.contains("SecretStore/vault") && !told.contains(&old), "{told}");
    let still = namespace.api::<Secret>().get("app").await.unwrap();
    assert_eq!(still.resource_version(), before.resource_version());

    let token = bao.token("", &[&policy], json!({})).await;
    let patch = Patch::Merge(json!({"stringData": {"token": token}}));
    namespace.api::<Secret>().patch("vault-token", &PatchParams::default(), &patch).await.unwrap();
    has_text(&namespace, "app", "A", "after").await;
    is_told(&namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_store_that_comes_late_or_goes_is_told_and_takes_nothing_along() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("late").await;
    let mount = bao.kv2("late").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    mount.put("app", &[("p", "value")]).await;
    namespace.apply(&documents(&[hourly()])).await;
    let told = message(&is_told(&namespace, "app", "StoreNotFound").await);
    assert!(told.contains("SecretStore") && told.contains("vault does not exist"), "{told}");
    vault_store(&namespace, bao, &mount).await;
    let secret = has_text(&namespace, "app", "A", "value").await;
    is_told(&namespace, "app", "Synced").await;

    let stores = namespace.api::<SecretStore>();
    stores.delete("vault", &kube::api::DeleteParams::default()).await.unwrap();
    namespace.kubectl(&["annotate", "bsec", "app", "sealbridge.dev/refresh=now"]).await.ok();
    is_told(&namespace, "app", "StoreNotFound").await;
    let still = namespace.api::<Secret>().get("app").await.unwrap();
    assert_eq!(still.resource_version(), secret.resource_version());
    vault_store(&namespace, bao, &mount).await;
    is_told(&namespace, "app", "Synced").await;
}
