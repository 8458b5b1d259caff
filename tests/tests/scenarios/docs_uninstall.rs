//! docs/uninstall.md, command by command: at its end nothing of Sealbridge is left but every Secret.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_tests::{Cluster, Kubeseal, Operator, SealedSecretsKey, eventually};
use serde_json::json;

use crate::page::{Shell, commands};
use crate::sealed_secrets::{is_synced, plain};
use crate::stage::{SOON, bridged_secret, documents, is_told};

type Contents = BTreeMap<String, Vec<(String, Vec<u8>)>>;

async fn contents(secrets: &Api<Secret>) -> Contents {
    let all = secrets.list(&kube::api::ListParams::default()).await.unwrap();
    let entries = |secret: &Secret| secret.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect();
    all.items.iter().map(|secret| (secret.metadata.name.clone().unwrap(), entries(secret))).collect()
}

#[tokio::test]
async fn every_secret_is_still_there_at_the_end_of_the_page() {
    let cluster = Cluster::private().await;
    cluster.with_nodes().await;
    let shell = Shell::of(&cluster);
    shell.ok("kubectl apply --server-side -k deploy/overlays/cluster-wide").await;
    shell.ok("kubectl apply --server-side -f deploy/dialects/sealed-secrets/role.yaml").await;
    let mut operator = Operator::of(&cluster).as_installed().flag("--dialect=sealed-secrets").start().await;
    let namespace = cluster.namespace("shop").await;
    let entry = |value: &str| json!({"data": {"A": {"plain": value}, "B": {"plain": "b"}}});
    namespace.apply(&documents(&[bridged_secret("one", &entry("1")), bridged_secret("two", &entry("2"))])).await;
    is_told(&namespace, "one", "Synced").await;
    is_told(&namespace, "two", "Synced").await;
    let key = SealedSecretsKey::since(2024);
    cluster.apply(&key.secret("sealed-secrets-key", operator.namespace()).to_string()).await;
    let of_kubeseal = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "three", &[("A", "3")]), "strict").await;
    namespace.apply(&of_kubeseal.to_string()).await;
    is_synced(&namespace, "three", "True").await;
    // Somebody else's SealedSecret owns one that the operator never wrote.
    let uid = namespace.kubectl(&["get", "sealedsecret", "three", "--output=jsonpath={.metadata.uid}"]).await.ok();
    let foreign = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "foreign", "ownerReferences": [
        {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "three", "uid": uid}]}});
    namespace.apply(&foreign.to_string()).await;
    let secrets: Api<Secret> = namespace.api();
    let mut before = contents(&secrets).await;
    assert_eq!(before.len(), 4);

    // A key that counts as one in use: its use may not be known yet when the operator ends.
    let key = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "guarded"},
        "spec": {"identity": {"secretRef": {"name": "guarded"}}}});
    cluster.apply(&key.to_string()).await;
    let early = shell.run("kubectl seal release --all-namespaces").await.unwrap_err();
    assert!(early.contains("an operator is at work in namespace sealbridge-system"), "{early}");
    let listed = shell.ok("kubectl seal release --all-namespaces --dry-run").await;
    assert_eq!(listed.matches("would release ").count(), 3, "{listed}");
    assert!(listed.contains("/three from SealedSecret three") && !listed.contains("foreign"), "{listed}");

    let [stop, release, look, objects, installation, marks] = commands("docs/uninstall.md");
    shell.ok(&stop).await;
    // The pods of the Deployment are kwok's; the real operator is a process of this machine.
    operator.stop().await;
    let released = shell.ok(&release).await;
    assert_eq!(released.matches("released ").count(), 3, "{released}");
    let looked = shell.ok(&look).await;
    assert_eq!(looked.matches("<none>").count(), 3, "{looked}");
    for block in [objects, installation, marks] {
        shell.ok(&block).await;
    }

    let owner = "--output=jsonpath={.metadata.ownerReferences[*].kind}";
    assert_eq!(namespace.kubectl(&["get", "secret", "foreign", owner]).await.ok(), "SealedSecret", "nobody released it");
    namespace.kubectl(&["delete", "sealedsecret", "three"]).await.ok();
    before.remove("foreign");
    eventually(SOON, "the CRDs and the operator's namespace are gone", async || {
        let left = cluster.kubectl(&["get", "crd,namespaces", "--output=name"]).await.ok();
        if left.contains("sealbridge") { Err(left) } else { Ok(()) }
    })
    .await;
    // What the garbage collector would take, it has taken once it took an object that goes with a deleted owner.
    garbage_is_collected(&cluster, &namespace).await;
    let mut after = contents(&secrets).await;
    // Its time is the garbage collector's own.
    after.remove("foreign");
    assert_eq!(after, before);
    let marked = cluster.kubectl(&["get", "secrets", "-n", namespace.name(), "--output=yaml"]).await.ok();
    assert!(!marked.contains("sealbridge.dev"), "{marked}");
}

/// Waits until the garbage collector has acted on a deletion that was made after all others.
async fn garbage_is_collected(cluster: &Cluster, namespace: &sealbridge_tests::Namespace<'_>) {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}});
    namespace.apply(&owner.to_string()).await;
    let uid = namespace.kubectl(&["get", "configmap", "owner", "--output=jsonpath={.metadata.uid}"]).await.ok();
    let owned = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "owned",
        "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}],
    }});
    namespace.apply(&owned.to_string()).await;
    namespace.kubectl(&["delete", "configmap", "owner"]).await.ok();
    eventually(SOON, "the garbage collector works", async || {
        let found =
            cluster.kubectl(&["get", "configmap", "owned", "-n", namespace.name(), "--ignore-not-found", "-o", "name"]).await;
        if found.success && found.stdout.is_empty() { Ok(()) } else { Err(found.to_string()) }
    })
    .await;
}
