//! The demo in a cluster that was named: it works there, leaves nothing behind, and goes nowhere uninvited.

use std::process::Output;

use sealbridge_tests::{Cluster, sibling_binary};
use tokio::process::Command;

async fn demo(cluster: &Cluster, context: &str) -> Output {
    let mut demo = Command::new(sibling_binary("demo"));
    demo.args(["--context", context]).env("KUBECONFIG", cluster.kubeconfig());
    demo.current_dir(sealbridge_xtask::parts::workspace_root()).kill_on_drop(true);
    demo.output().await.unwrap()
}

#[tokio::test]
async fn a_named_cluster_is_left_as_it_was() {
    let cluster = Cluster::private().await;
    cluster.with_nodes().await;

    let unknown = demo(&cluster, "elsewhere").await;
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("context elsewhere is not in your kubeconfig"), "{unknown:?}");

    let occupied = demo(&cluster, "tests").await;
    assert!(!occupied.status.success());
    assert!(String::from_utf8_lossy(&occupied.stderr).contains("Sealbridge is installed"), "{occupied:?}");

    cluster.kubectl(&["delete", "crd", "--all", "--timeout=60s"]).await.ok();
    let before = everything(&cluster).await;
    let shown = demo(&cluster, "tests").await;
    assert!(shown.status.success(), "{}{}", String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("\ndemo: as told: "), "{shown:?}");
    assert_eq!(everything(&cluster).await, before);
}

/// What an installation makes: kinds, namespaces, rights of the whole cluster.
async fn everything(cluster: &Cluster) -> String {
    cluster.kubectl(&["get", "crd,namespaces,clusterroles,clusterrolebindings", "--output=name"]).await.ok()
}
