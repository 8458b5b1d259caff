//! docs/uninstall.md, command by command: at its end nothing of Sealbridge is left but every Secret.

use std::collections::BTreeMap;
use std::env;
use std::process::Stdio;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_tests::{Cluster, Operator, eventually, sibling_binary};
use sealbridge_xtask::parts::workspace_root;
use serde_json::json;
use tokio::process::Command;

use crate::stage::{SOON, bridged_secret, documents, is_told};

/// The shell commands of a page, one text for each fenced block.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(workspace_root().join(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// Runs a block as somebody would who has kubectl and `kubectl seal` on the PATH; its output.
async fn shell(cluster: &Cluster, block: &str) -> Result<String, String> {
    let kubectl = &cluster.administrator().executable;
    let plugin = sibling_binary("kubectl-seal");
    let folders = [kubectl.parent().unwrap().to_owned(), plugin.parent().unwrap().to_owned()];
    let path = env::join_paths(folders.into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", block])
        .env("PATH", path)
        .env("KUBECONFIG", cluster.kubeconfig())
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(told) } else { Err(format!("{block}\n{told}")) }
}

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
    shell(&cluster, "kubectl apply --server-side -k deploy/overlays/cluster-wide").await.unwrap();
    let mut operator = Operator::of(&cluster).as_installed().start().await;
    let namespace = cluster.namespace("shop").await;
    let entry = |value: &str| json!({"data": {"A": {"plain": value}, "B": {"plain": "b"}}});
    namespace.apply(&documents(&[bridged_secret("one", &entry("1")), bridged_secret("two", &entry("2"))])).await;
    is_told(&namespace, "one", "Synced").await;
    is_told(&namespace, "two", "Synced").await;
    let secrets: Api<Secret> = namespace.api();
    let before = contents(&secrets).await;
    assert_eq!(before.len(), 2);

    let early = shell(&cluster, "kubectl seal release --all-namespaces").await.unwrap_err();
    assert!(early.contains("an operator is at work in namespace sealbridge-system"), "{early}");
    let listed = shell(&cluster, "kubectl seal release --all-namespaces --dry-run").await.unwrap();
    assert_eq!(listed.matches("would release ").count(), 2, "{listed}");

    let blocks = commands("docs/uninstall.md");
    let [stop, release, look, objects, installation, marks] = blocks.as_slice() else { panic!("{} blocks", blocks.len()) };
    shell(&cluster, stop).await.unwrap();
    // The pods of the Deployment are kwok's; the real operator is a process of this machine.
    operator.stop().await;
    let released = shell(&cluster, release).await.unwrap();
    assert_eq!(released.matches("released ").count(), 2, "{released}");
    let looked = shell(&cluster, look).await.unwrap();
    assert_eq!(looked.matches("<none>").count(), 2, "{looked}");
    for block in [objects, installation, marks] {
        shell(&cluster, block).await.unwrap();
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
