//! docs/uninstall.md, command by command: at its end nothing of Sealbridge is left but every Secret.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_tests::{Cluster, Operator, eventually};
use serde_json::json;

use crate::page::{Shell, commands};
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
    let mut operator = Operator::of(&cluster).as_installed().start().await;
    let namespace = cluster.namespace("shop").await;
    let entry = |value: &str| json!({"data": {"A": {"plain": value}, "B": {"plain": "b"}}});
    namespace.apply(&documents(&[bridged_secret("one", &entry("1")), bridged_secret("two", &entry("2"))])).await;
    is_told(&namespace, "one", "Synced").await;
    is_told(&namespace, "two", "Synced").await;
    let secrets: Api<Secret> = namespace.api();
    let before = contents(&secrets).await;
    assert_eq!(before.len(), 2);

    // A key that was in use to the end: the page takes away what guards it.
    let key = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "guarded"},
        "spec": {"identity": {"secretRef": {"name": "guarded"}}}});
    cluster.apply(&key.to_string()).await;
    let early = shell.run("kubectl seal release --all-namespaces").await.unwrap_err();
    assert!(early.contains("an operator is at work in namespace sealbridge-system"), "{early}");
    let listed = shell.ok("kubectl seal release --all-namespaces --dry-run").await;
    assert_eq!(listed.matches("would release ").count(), 2, "{listed}");

    let [stop, release, look, objects, installation, marks] = commands("docs/uninstall.md");
    shell.ok(&stop).await;
    // The pods of the Deployment are kwok's; the real operator is a process of this machine.
    operator.stop().await;
    let released = shell.ok(&release).await;
    assert_eq!(released.matches("released ").count(), 2, "{released}");
    let looked = shell.ok(&look).await;
    assert_eq!(looked.matches("<none>").count(), 2, "{looked}");
    for block in [objects, installation, marks] {
        shell.ok(&block).await;
    }

    eventually(SOON, "the CRDs and the operator's namespace are gone", async || {
        let left = cluster.kubectl(&["get", "crd,namespaces", "--output=name"]).await.ok();
        if left.contains("sealbridge") { Err(left) } else { Ok(()) }
    })
    .await;
    // What the garbage collector would take, it has taken once it took an object that goes with a deleted owner.
    garbage_is_collected(&cluster, &namespace).await;
    assert_eq!(contents(&secrets).await, before);
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
