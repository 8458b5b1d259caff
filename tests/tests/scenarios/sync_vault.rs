//! A reference becomes a Secret, follows its source, and goes with its object.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Bao, Cluster, Operator, SecretHistory, eventually};
use serde_json::json;

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, text, vault_store};

#[tokio::test]
async fn a_reference_becomes_a_secret_and_follows_its_source() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("sync").await;
    let mount = bao.kv2("sync").await;
    mount.put("shop/db", &[("username", "app"), ("password", "before")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {
            "DB_USER": {"remoteRef": {"key": "shop/db", "property": "username"}},
            "DB_PASSWORD": {"remoteRef": {"key": "shop/db", "property": "password"}},
            "DB_FIRST_PASSWORD": {"remoteRef": {"key": "shop/db", "property": "password", "version": "1"}},
            "LOG_LEVEL": {"plain": "info"},
        },
        "target": {"name": "checkout-env", "template": {"metadata": {"labels": {"team": "shop"}}}},
    });
    namespace.apply(&documents(&[bridged_secret("checkout", &spec)])).await;

    let object = is_told(&namespace, "checkout", "Synced").await;
    let secret = has_text(&namespace, "checkout-env", "DB_PASSWORD", "before").await;
    assert_eq!(text(&secret, "DB_USER").as_deref(), Some("app"));
    assert_eq!(text(&secret, "LOG_LEVEL").as_deref(), Some("info"));
    assert_eq!(secret.type_.as_deref(), Some("Opaque"));
    assert_eq!(secret.metadata.labels.as_ref().unwrap().get("team").map(String::as_str), Some("shop"));
    let owner = &secret.metadata.owner_references.as_ref().unwrap()[0];
    assert_eq!((owner.kind.as_str(), owner.name.as_str(), owner.controller), ("BridgedSecret", "checkout", Some(true)));
    let status = object.status.unwrap();
    let target = status.target.unwrap();
    assert_eq!(Some(target.uid), secret.metadata.uid);
    assert_eq!(Some(target.resource_version), secret.metadata.resource_version);
    assert_eq!(status.source_count, Some(2), "one key at two versions");
    let history = SecretHistory::record(&namespace, "checkout-env").await;

    mount.put("shop/db", &[("username", "app"), ("password", "after")]).await;
    let secret = has_text(&namespace, "checkout-env", "DB_PASSWORD", "after").await;
    assert_eq!(text(&secret, "DB_FIRST_PASSWORD").as_deref(), Some("before"));
    history.reached(&secret).await;
    history.assert_never_without(&["DB_USER", "DB_PASSWORD", "LOG_LEVEL"]);

    let objects: Api<BridgedSecret> = namespace.api();
    objects.delete("checkout", &kube::api::DeleteParams::default()).await.unwrap();
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, "the Secret goes with its object", async || match secrets.get_opt("checkout-env").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn a_forced_refresh_does_not_wait_for_the_interval() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("refresh").await;
    let mount = bao.kv2("refresh").await;
    mount.put("app", &[("key", "before")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "0", "data": {"KEY": {"remoteRef": {"key": "app", "property": "key"}}}});
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    has_text(&namespace, "app", "KEY", "before").await;
    for (position, annotation) in ["sealbridge.dev/refresh", "reconcile.fluxcd.io/requestedAt", "force-sync"].iter().enumerate() {
        let value = format!("value-{position}");
        mount.put("app", &[("key", &value)]).await;
        namespace.kubectl(&["annotate", "--overwrite", "bsec", "app", &format!("{annotation}=now-{position}")]).await;
        has_text(&namespace, "app", "KEY", &value).await;
    }
    let object = is_told(&namespace, "app", "Synced").await;
    assert_eq!(object.status.unwrap().last_handled_reconcile_at.as_deref(), Some("now-1"));
}

#[tokio::test]
async fn one_missing_property_keeps_the_whole_last_secret() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("partial").await;
    let mount = bao.kv2("partial").await;
    mount.put("app", &[("one", "1"), ("two", "2")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let entry = |property: &str| json!({"remoteRef": {"key": "app", "property": property}});
    let spec =
        json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": {"ONE": entry("one"), "TWO": entry("two")}});
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    let before = has_text(&namespace, "app", "TWO", "2").await;
    is_told(&namespace, "app", "Synced").await;

    mount.put("app", &[("one", "changed")]).await;
    let object = is_told(&namespace, "app", "PropertyNotFound").await;
    let told = message(&object);
    assert!(told.contains("entry TWO") && told.contains("SecretStore/vault app#two"), "{told}");
    let after = has_text(&namespace, "app", "ONE", "1").await;
    assert_eq!(after.metadata.resource_version, before.metadata.resource_version, "nothing was written");
}
