//! kustomize's namePrefix reaches the Secret, what reads it and what it names, with the component of `deploy/kustomize`.

use sealbridge_tests::Cluster;
use sealbridge_xtask::parts::workspace_root;
use serde_json::Value;

#[tokio::test]
async fn a_name_prefix_reaches_every_reference() {
    let cluster = Cluster::shared().await;
    let folder = workspace_root().join("tests/fixtures/name-prefix");
    let text = cluster.kubectl(&["kustomize", folder.to_str().unwrap()]).await.ok();
    let items: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let spec = |kind: &str| items.iter().find(|item| item["kind"] == kind).unwrap()["spec"].clone();

    let bridged = spec("BridgedSecret");
    assert_eq!(bridged["target"]["name"], "dev-checkout");
    assert_eq!(bridged["secretStoreRef"]["name"], "dev-vault");
    assert_eq!(bridged["rollout"][0]["name"], "dev-web");

    let pod = spec("Deployment")["template"]["spec"].clone();
    for reference in [
        "/volumes/0/secret/secretName",
        "/volumes/1/projected/sources/0/secret/name",
        "/initContainers/0/envFrom/0/secretRef/name",
        "/containers/0/env/0/valueFrom/secretKeyRef/name",
        "/containers/0/envFrom/0/secretRef/name",
    ] {
        assert_eq!(pod.pointer(reference).unwrap(), "dev-checkout", "{reference}");
    }
    let job = spec("CronJob")["jobTemplate"]["spec"]["template"]["spec"].clone();
    assert_eq!(job["containers"][0]["envFrom"][0]["secretRef"]["name"], "dev-checkout");
}
