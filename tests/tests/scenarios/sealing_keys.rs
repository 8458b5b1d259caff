//! Keys come from a Secret or a store, come and go without a restart, and publish their public half. No key is
//! ever made where the cluster shows that there was one.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use sealbridge_api::SealingKey;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, Seal, eventually};
use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

use crate::sealing::{KeyPair, key_is_told, key_message, of_sealed, sealed, sealing_key};
use crate::stage::{SOON, documents, has_text, is_told, message};

/// A kubeconfig of somebody who can log in and was granted nothing.
async fn kubeconfig_of_anybody(cluster: &Cluster, namespace: &Namespace<'_>) -> String {
    namespace.kubectl(&["create", "serviceaccount", "anybody"]).await.ok();
    let token = cluster.service_account_token(namespace.name(), "anybody", &[]).await;
    let config = cluster.kubectl(&["config", "view", "--raw", "-o", "json"]).await.ok();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["users"][0]["user"] = json!({"token": token});
    config.to_string()
}

/// The states of the published keys by id.
async fn published(cluster: &Cluster, operator: &Operator<'_>) -> Result<Vec<(String, String)>, String> {
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client().await, operator.namespace());
    let map = maps.get("sealbridge-recipients").await.map_err(|error| error.to_string())?;
    let keys: Value = serde_json::from_str(&map.data.unwrap_or_default()["recipients.json"]).unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    Ok(keys.as_array().unwrap().iter().map(|key| (text(key, "keyId"), text(key, "state"))).collect())
}

#[tokio::test]
async fn a_key_that_lives_in_a_store_opens_what_anybody_seals_to_its_published_half() {
    let cluster = Cluster::private().await;
    let bao = Bao::shared().await;
    let operator = Operator::of(&cluster).start().await;
    let namespace = cluster.namespace("keys").await;
    let key = KeyPair::new().await;
    let mount = bao.kv2("keys").await;
    mount.put("sealing/main", &[("identity", &key.identity)]).await;
    let token = bao.token("", &[&mount.read_policy().await], json!({})).await;
    let auth = json!({"tokenSecretRef": {"name": "token", "key": "token", "namespace": namespace.name()}});
    let identity = json!({
        "remoteRef": {"key": "sealing/main", "property": "identity"},
        "secretStoreRef": {"name": "keys", "kind": "ClusterSecretStore"},
    });
    cluster
        .apply(&documents(&[
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": namespace.name()}, "stringData": {"token": token}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterSecretStore", "metadata": {"name": "keys"},
                "spec": {"provider": {"openBao": {"server": bao.url(), "path": mount.path(), "auth": auth}}}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "main"}, "spec": {"identity": identity}}),
        ]))
        .await;
    let told = key_is_told(&cluster, "main", "Valid").await.status.unwrap();
    assert_eq!((told.key_id.as_deref(), told.recipient.as_deref()), (Some(key.id.as_str()), Some(key.recipient.as_str())));
    let secrets: Api<Secret> = Api::namespaced(cluster.client().await, operator.namespace());
    let held = secrets.list(&ListParams::default()).await.unwrap();
    let private = |secret: &Secret| secret.data.iter().flatten().any(|(_, value)| value.0.starts_with(b"AGE-SECRET-KEY"));
    assert!(!held.items.iter().any(private), "the private half is not copied into the cluster");

    eventually(SOON, "the key is published", async || {
        let keys = published(&cluster, &operator).await?;
        if keys == [(key.id.clone(), "Active".to_owned())] { Ok(()) } else { Err(format!("{keys:?}")) }
    })
    .await;
    let seal = Seal::new();
    seal.write("kubeconfig", &kubeconfig_of_anybody(&cluster, &namespace).await);
    let path = seal.folder().join("kubeconfig");
    let seal = seal.env("KUBECONFIG", path.to_str().unwrap());
    let fetched = seal.run(&["keys", "fetch", "--cluster", "-n", operator.namespace()]).await.text();
    assert!(fetched.contains(&key.id) && fetched.contains(&key.recipient) && fetched.contains("Active"), "{fetched}");
    seal.run(&["init", "--from-cluster", "--yes", "-n", operator.namespace()]).await.ok();
    seal.run_with_input(&["set", "app.yaml", "TOKEN", "-n", namespace.name()], b"value").await.ok();
    namespace.apply(&seal.read("app.yaml")).await;
    has_text(&namespace, "app", "TOKEN", "value").await;
    eventually(SOON, "the key is told to be in use", async || {
        let status = key_is_told(&cluster, "main", "Valid").await.status.unwrap();
        if status.in_use == Some(1) { Ok(()) } else { Err(format!("{:?}", status.in_use)) }
    })
    .await;
}

#[tokio::test]
async fn a_key_comes_and_goes_without_a_restart_and_the_secret_stays() {
    let cluster = Cluster::private().await;
    let operator = Operator::of(&cluster).start().await;
    let namespace = cluster.namespace("keys").await;
    let key = KeyPair::new().await;
    let developer = key.developer().await;
    let value = sealed(&developer, namespace.name(), "app", "TOKEN", "strict", "value").await;
    namespace.apply(&documents(&[of_sealed("app", &[("TOKEN", &value)])])).await;
    let told = message(&is_told(&namespace, "app", "NoKey").await);
    assert!(told.contains("entry TOKEN") && told.contains(&key.id), "the missing key is named: {told}");

    cluster.apply(&documents(&[key.secret(&operator), sealing_key()])).await;
    is_told(&namespace, "app", "Synced").await;
    let secret = has_text(&namespace, "app", "TOKEN", "value").await;

    let secrets: Api<Secret> = Api::namespaced(cluster.client().await, operator.namespace());
    secrets.delete("key", &DeleteParams::default()).await.unwrap();
    let lost = key_is_told(&cluster, "main", "NoKey").await;
    let told = key_message(&lost);
    assert!(told.contains(&format!("{}/key", operator.namespace())) && told.contains("restore it from the backup"), "{told}");
    assert_eq!(lost.status.unwrap().key_id.as_deref(), Some(key.id.as_str()), "it is known which private half is missing");
    is_told(&namespace, "app", "NoKey").await;
    cluster.apply(&documents(&[key.secret(&operator)])).await;
    is_told(&namespace, "app", "Synced").await;

    let keys: Api<SealingKey> = Api::all(cluster.client().await);
    keys.delete("main", &DeleteParams::default()).await.unwrap();
    let told = message(&is_told(&namespace, "app", "NoKey").await);
    assert!(told.contains(&key.id), "{told}");
    eventually(SOON, "nobody is told to seal to a key that is gone", async || {
        let keys = published(&cluster, &operator).await?;
        if keys == [(key.id.clone(), "Missing".to_owned())] { Ok(()) } else { Err(format!("{keys:?}")) }
    })
    .await;
    cluster.apply(&documents(&[sealing_key()])).await;
    is_told(&namespace, "app", "Synced").await;
    let after = has_text(&namespace, "app", "TOKEN", "value").await;
    assert_eq!(after.metadata.resource_version, secret.metadata.resource_version, "nothing was ever written");
}

#[tokio::test]
async fn a_key_that_is_limited_opens_only_for_namespaces_that_it_selects() {
    let cluster = Cluster::private().await;
    let operator = Operator::of(&cluster).start().await;
    let namespace = cluster.namespace("keys").await;
    let key = KeyPair::new().await;
    cluster.apply(&documents(&[key.secret(&operator), sealing_key()])).await;
    let value = sealed(&key.developer().await, namespace.name(), "app", "TOKEN", "strict", "value").await;
    namespace.apply(&documents(&[of_sealed("app", &[("TOKEN", &value)])])).await;
    is_told(&namespace, "app", "Synced").await;

    let mut limited = sealing_key();
    limited["spec"]["namespaceSelector"] = json!({"matchLabels": {"team": "shop"}});
    cluster.apply(&documents(&[limited])).await;
    is_told(&namespace, "app", "NoKey").await;
    let label = async |text: &str| cluster.kubectl(&["label", "namespace", namespace.name(), text]).await.ok();
    label("team=shop").await;
    is_told(&namespace, "app", "Synced").await;
    label("team-").await;
    is_told(&namespace, "app", "NoKey").await;
    has_text(&namespace, "app", "TOKEN", "value").await;
}

/// The right that the overlay for trials adds, for this operator's ServiceAccount.
async fn may_create_keys(cluster: &Cluster, operator: &Operator<'_>) {
    let role = std::fs::read_to_string(workspace_root().join("deploy/overlays/dev/role.yaml")).unwrap();
    let role = role.replace("namespace: sealbridge-system", &format!("namespace: {}", operator.namespace()));
    cluster.apply(&role).await;
}

async fn keys_of(cluster: &Cluster) -> Vec<SealingKey> {
    Api::<SealingKey>::all(cluster.client().await).list(&ListParams::default()).await.unwrap().items
}

/// Waits until the operator logged that a key is lost, which is its decision not to make one.
async fn refuses_to_make_one(operator: &Operator<'_>, id: &str) {
    eventually(SOON, "the operator says that a key is lost", async || {
        let log = operator.log();
        let line = log.lines().rfind(|line| line.contains("no sealing key exists although there was one"));
        let line = line.ok_or("nothing was said")?;
        if line.contains(id) && line.contains("Restore the Secret") { Ok(()) } else { Err(line.to_owned()) }
    })
    .await;
}

#[tokio::test]
async fn the_first_key_is_made_once_asks_for_a_backup_and_is_not_replaced() {
    let cluster = Cluster::private().await;
    let operator = Operator::of(&cluster).flag("--create-key").start().await;
    may_create_keys(&cluster, &operator).await;
    let made = key_is_told(&cluster, "default", "BackupNeeded").await;
    let told = key_message(&made);
    assert!(
        told.contains(&format!("{}/sealbridge-sealing-key", operator.namespace())) && told.contains("kubectl annotate"),
        "{told}"
    );
    let id = made.status.unwrap().key_id.unwrap();
    let posts = operator.requests().await.of("sealingkeys", &["create"]).filter(|request| request.code() == 201).count();
    assert_eq!(posts, 1);
    let command = told.split("with: ").nth(1).unwrap().replace("\"$(date +%F)\"", "2026-11-21");
    let command: Vec<&str> = command.split_whitespace().skip(1).collect();
    cluster.kubectl(&command).await.ok();
    key_is_told(&cluster, "default", "Valid").await;

    let secrets: Api<Secret> = Api::namespaced(cluster.client().await, operator.namespace());
    let keys: Api<SealingKey> = Api::all(cluster.client().await);
    keys.delete("default", &DeleteParams::default()).await.unwrap();
    secrets.delete("sealbridge-sealing-key", &DeleteParams::default()).await.unwrap();
    refuses_to_make_one(&operator, &id).await;
    assert!(keys_of(&cluster).await.is_empty());
    assert!(secrets.get_opt("sealbridge-sealing-key").await.unwrap().is_none());
}

#[tokio::test]
async fn no_key_is_made_where_something_is_sealed_already() {
    let cluster = Cluster::private().await;
    let namespace = cluster.namespace("keys").await;
    let lost = KeyPair::new().await;
    let value = sealed(&lost.developer().await, namespace.name(), "app", "TOKEN", "strict", "value").await;
    namespace.apply(&documents(&[of_sealed("app", &[("TOKEN", &value)])])).await;

    let operator = Operator::of(&cluster).flag("--create-key").start().await;
    may_create_keys(&cluster, &operator).await;
    let told = message(&is_told(&namespace, "app", "NoKey").await);
    assert!(told.contains(&lost.id), "{told}");
    refuses_to_make_one(&operator, &lost.id).await;
    assert!(keys_of(&cluster).await.is_empty());

    // What the log says to do is what helps.
    cluster.apply(&documents(&[lost.secret(&operator), sealing_key()])).await;
    is_told(&namespace, "app", "Synced").await;
    has_text(&namespace, "app", "TOKEN", "value").await;
}
