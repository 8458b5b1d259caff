//! The policy that guards sealing keys in use: whoever deletes one is refused, by hand and through a prune, and told
//! why; nothing is left half deleted, and an uninstall is not held up.

use sealbridge_tests::{Cluster, eventually};
use sealbridge_xtask::parts::workspace_root;
use serde_json::json;

use crate::stage::SOON;

fn key(name: &str) -> String {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": name, "labels": {"from": "git"}},
        "spec": {"identity": {"secretRef": {"name": name}}}})
    .to_string()
}

/// A cluster in which the policy is at work.
async fn guarded() -> Cluster {
    let cluster = Cluster::private().await;
    cluster.apply(&std::fs::read_to_string(workspace_root().join("deploy/base/sealing-key-guard.yaml")).unwrap()).await;
    cluster.apply(&key("probe")).await;
    eventually(SOON, "the policy is at work", async || {
        let told = cluster.kubectl(&["delete", "sealingkey", "probe", "--dry-run=server"]).await;
        if told.success { Err(told.to_string()) } else { Ok(()) }
    })
    .await;
    cluster
}

async fn used_by(cluster: &Cluster, name: &str, count: u32) {
    let status = json!({"status": {"inUse": count}}).to_string();
    cluster.kubectl(&["patch", "sealingkey", name, "--subresource=status", "--type=merge", "-p", &status]).await.ok();
}

/// The key is there, and nothing waits to delete it.
async fn is_untouched(cluster: &Cluster, name: &str) {
    let path = "-o=jsonpath={.metadata.name}|{.metadata.deletionTimestamp}|{.metadata.finalizers}";
    assert_eq!(cluster.kubectl(&["get", "sealingkey", name, path]).await.ok(), format!("{name}||"));
}

#[tokio::test]
async fn a_key_in_use_is_not_deleted_by_hand_nor_by_a_prune() {
    let cluster = guarded().await;
    cluster.apply(&key("main")).await;
    let told = cluster.kubectl(&["delete", "sealingkey", "main"]).await;
    assert!(!told.success && told.stderr.contains("SealingKey main may be in use, which is not known yet"), "{told}");

    used_by(&cluster, "main", 3).await;
    let told = cluster.kubectl_with_input(&["delete", "-f", "-"], &key("main")).await;
    assert!(!told.success && told.stderr.contains("SealingKey main is in use by 3 objects"), "{told}");
    assert!(told.stderr.contains("sealbridge.dev/delete-in-use=true"), "{told}");
    let told = cluster.kubectl(&["delete", "sealingkeys", "--all"]).await;
    assert!(!told.success, "{told}");

    // A prune deletes what was applied before and is in Git no more.
    let apply = ["apply", "-f", "-", "-l", "from=git", "--prune", "--prune-allowlist=sealbridge.dev/v1/SealingKey"];
    cluster.kubectl_with_input(&["apply", "-f", "-"], &key("main")).await.ok();
    let told = cluster.kubectl_with_input(&apply, &key("other")).await;
    assert!(!told.success && told.stderr.contains("is in use by 3 objects"), "{told}");
    is_untouched(&cluster, "main").await;

    used_by(&cluster, "main", 0).await;
    let told = cluster.kubectl_with_input(&apply, &key("other")).await;
    assert!(told.success && told.stdout.contains("main pruned"), "{told}");
}

#[tokio::test]
async fn a_key_that_has_to_go_is_annotated_first() {
    let cluster = guarded().await;
    cluster.apply(&key("main")).await;
    used_by(&cluster, "main", 1).await;
    cluster.kubectl(&["annotate", "sealingkey", "main", "sealbridge.dev/delete-in-use=yes"]).await.ok();
    assert!(!cluster.kubectl(&["delete", "sealingkey", "main"]).await.success);
    cluster.kubectl(&["annotate", "--overwrite", "sealingkey", "main", "sealbridge.dev/delete-in-use=true"]).await.ok();
    cluster.kubectl(&["delete", "sealingkey", "main", "--timeout=30s"]).await.ok();
}

#[tokio::test]
async fn the_crd_goes_with_its_keys_although_the_policy_is_at_work() {
    let cluster = guarded().await;
    used_by(&cluster, "probe", 1).await;
    cluster.kubectl(&["delete", "crd", "sealingkeys.sealbridge.dev", "--timeout=60s"]).await.ok();
}
