//! `seal` and the public keys of a cluster.

use sealbridge_tests::{Cluster, Seal};
use serde_json::{Value, json};

const ACTIVE: &str = "age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7";
const ACTIVE_ID: &str = "a8101b5509e92a8c";
const RETIRING: &str = "age1zhn5cjldlwwsj78lhw2eq6w536d5eudrpl2wnx9w8aqsglghx90scw69wg";
const RETIRING_ID: &str = "a3c6519898e4deab";

fn config_map(keys: &Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sealbridge-recipients"},
        "data": {"recipients.json": keys.to_string()},
    })
    .to_string()
}

fn seal(cluster: &Cluster) -> Seal {
    Seal::new().env("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
}

#[tokio::test]
async fn published_keys_are_fetched_and_the_active_ones_become_a_set() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("keys").await;
    let keys = json!([
        {"keyId": RETIRING_ID, "recipient": RETIRING, "state": "Retiring"},
        {"keyId": ACTIVE_ID, "recipient": ACTIVE, "state": "Active"},
    ]);
    namespace.apply(&config_map(&keys)).await;
    let seal = seal(cluster);

    let fetched = seal.run(&["keys", "fetch", "--cluster", "-n", namespace.name(), "-o", "json"]).await.ok();
    assert_eq!(serde_json::from_slice::<Value>(&fetched).unwrap(), keys);

    let init = ["init", "--from-cluster", "-n", namespace.name()];
    let unasked = seal.run(&init).await;
    assert_eq!(unasked.status, Some(2), "keys are not trusted without anybody's word");
    seal.run(&[&init[..], &["--yes"]].concat()).await.ok();
    let config = seal.read(".sealbridge.yaml");
    assert!(config.contains(ACTIVE) && !config.contains(RETIRING), "{config}");
}

#[tokio::test]
async fn a_key_under_a_foreign_id_is_refused() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("keys").await;
    namespace.apply(&config_map(&json!([{"keyId": RETIRING_ID, "recipient": ACTIVE, "state": "Active"}]))).await;
    let told = seal(cluster).run(&["keys", "fetch", "--cluster", "-n", namespace.name()]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("names a key by another id than its own"), "{told}");
}

#[tokio::test]
async fn a_cluster_without_an_operator_is_told_as_such() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("keys").await;
    let told = seal(cluster).run(&["keys", "fetch", "--cluster", "-n", namespace.name()]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("check that the operator runs and has a SealingKey"), "{told}");
}
