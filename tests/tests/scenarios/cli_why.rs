//! `seal why` beside a cluster: what the operator last saw, and what applying a file would change. Never a value.

use serde_json::{Value, json};

use crate::kubectl_status::person;
use crate::sealing::SealingCluster;
use crate::stage::{bridged_secret, documents, is_told};

fn manifest(entries: &Value, interval: &str) -> Value {
    bridged_secret("app", &json!({"data": entries, "refreshInterval": interval}))
}

#[tokio::test]
async fn a_file_is_told_beside_what_the_cluster_has() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("cli-why").await;
    let here = namespace.name();
    let live =
        manifest(&json!({"KEPT": {"plain": "canary-same"}, "EDITED": {"plain": "canary-live"}, "GONE": {"plain": "canary"}}), "5m");
    namespace.apply(&live.to_string()).await;
    is_told(&namespace, "app", "Synced").await;
    let person = person(stage.cluster);
    let file = manifest(
        &json!({"KEPT": {"plain": "canary-same"}, "EDITED": {"plain": "canary-file"}, "ADDED": {"plain": "canary"}}),
        "1h",
    );
    person.write("app.yaml", &file.to_string());
    person.write("other.yaml", &bridged_secret("absent", &json!({"data": {"A": {"plain": "a"}}})).to_string());

    let told: Value =
        serde_json::from_slice(&person.run(&["why", "app.yaml", "--cluster", "-n", here, "-o", "json"]).await.ok()).unwrap();
    assert!(!told.to_string().contains("canary"), "{told}");
    let (declared, cluster) = (&told[0]["declared"], &told[0]["cluster"]);
    assert_eq!(declared["namespace"], here);
    assert_eq!((&cluster["ready"], &cluster["reason"]), (&json!(true), &json!("Synced")));
    let expected =
        ["ADDED: is added, plain", "EDITED: another plain value", "GONE: is removed, plain", "refreshInterval: 5m becomes 60m"];
    assert_eq!(cluster["wouldChange"], json!(expected));

    let text = person.run(&["why", "app.yaml", "ADDED", "--cluster", "-n", here]).await.text();
    assert!(text.contains("applying the file would change") && !text.contains("canary"), "{text}");
    let text = person.run(&["why", "other.yaml", "--cluster", "-n", here]).await.text();
    assert!(text.contains("there is no such object that the operator serves; applying the file makes it"), "{text}");

    // Without a file of that name the cluster alone is told of, and without a word about a cluster none is asked.
    person.write("app.yaml", &documents(&[]));
    let told: Value =
        serde_json::from_slice(&person.run(&["why", "app", "--cluster", "-n", here, "-o", "json"]).await.ok()).unwrap();
    assert!(told[0]["declared"].is_null() && told[0]["cluster"]["secret"] == "app", "{told}");
    assert_eq!(person.run(&["why", "app", "-n", here]).await.status, Some(2));

    namespace.apply(&file.to_string()).await;
    person.write("app.yaml", &file.to_string());
    is_told(&namespace, "app", "Synced").await;
    let told: Value =
        serde_json::from_slice(&person.run(&["why", "app.yaml", "--cluster", "-n", here, "-o", "json"]).await.ok()).unwrap();
    assert_eq!(told[0]["cluster"]["wouldChange"], json!([]));
}
