//! `kubectl seal uses`: what hangs on a store, a key in it, or a sealing key.

use sealbridge_tests::{Cluster, Namespace, Operator, Seal};
use serde_json::{Value, json};

use crate::kubectl_status::{fake_store, person};
use crate::sealing::{KeyPair, SealingCluster, of_sealed, sealed};
use crate::stage::{bridged_secret, documents, is_told};

/// A Deployment whose pods take a variable from a Secret.
pub(crate) fn deployment(name: &str, secret: &str) -> Value {
    let env = json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": secret, "key": "A"}}}]);
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod(json!({"env": env}), &json!([]))}}})
}

fn pod(mut container: Value, volumes: &Value) -> Value {
    container["name"] = json!("main");
    container["image"] = json!("example.invalid/app");
    json!({"automountServiceAccountToken": false, "restartPolicy": "Always", "containers": [container], "volumes": volumes})
}

fn cron_job(name: &str, secret: &str) -> Value {
    let volumes = json!([{"name": "files", "projected": {"sources": [{"secret": {"name": secret}}]}}]);
    let mut spec = pod(json!({}), &volumes);
    spec["restartPolicy"] = json!("Never");
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": {
        "schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}})
}

fn bare_pod(name: &str, secret: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": pod(json!({"envFrom": [{"secretRef": {"name": secret}}]}), &json!([]))})
}

async fn uses(person: &Seal, namespace: &Namespace<'_>, asked: &[&str]) -> Vec<Value> {
    let arguments = [&["uses", "-n", namespace.name(), "-o", "json"], asked].concat();
    let told: Value = serde_json::from_slice(&person.kubectl(&arguments).await.ok()).unwrap();
    told["uses"].as_array().unwrap().clone()
}

fn names(uses: &[Value]) -> Vec<(&str, Vec<&str>)> {
    uses.iter().map(|one| (one["secret"].as_str().unwrap(), texts(&one["entries"]))).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_store_a_key_in_it_and_who_mounts_what_comes_from_there() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("uses").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let entry = |key: &str| json!({"secretStoreRef": {"name": "fake"}, "remoteRef": {"key": key}});
    let both = bridged_secret("both", &json!({"data": {"A": entry("k"), "B": entry("other")}, "target": {"name": "both-env"}}));
    let one = bridged_secret("one", &json!({"data": {"A": entry("k"), "C": {"plain": "c"}}}));
    let none = bridged_secret("none", &json!({"data": {"A": {"plain": "a"}}}));
    let workloads = [deployment("web", "both-env"), cron_job("nightly", "both-env"), bare_pod("debug", "both-env")];
    namespace.apply(&documents(&[&[fake_store("k", "1"), both, one, none][..], &workloads].concat())).await;
    is_told(&namespace, "one", "Synced").await;
    let person = person(cluster);

    let found = uses(&person, &namespace, &["SecretStore/fake"]).await;
    assert_eq!(names(&found), [("both-env", vec!["A", "B"]), ("one", vec!["A"])]);
    let workloads = json!([
        {"kind": "Deployment", "name": "web", "uses": ["env A"]},
        {"kind": "CronJob", "name": "nightly", "uses": ["volume files"]},
        {"kind": "Pod", "name": "debug", "uses": ["envFrom"]},
    ]);
    assert_eq!((&found[0]["workloads"], &found[1]["workloads"]), (&workloads, &json!([])));
    assert_eq!(names(&uses(&person, &namespace, &["SecretStore/fake", "other"]).await), [("both-env", vec!["B"])]);
    assert!(uses(&person, &namespace, &["ClusterSecretStore/fake"]).await.is_empty(), "a store of another kind");

    let text = person.kubectl(&["uses", "SecretStore/fake", "-n", namespace.name()]).await.text();
    let lines: Vec<_> = text.lines().collect();
    let here = namespace.name();
    assert_eq!(lines[0], format!("{here}/both-env  BridgedSecret both  A,B  Deployment web  env A"));
    assert_eq!(lines[3], format!("{here}/one  BridgedSecret one  A  -  -"));
    let bad = person.kubectl(&["uses", "fake"]).await;
    assert_eq!(bad.status, Some(2), "{bad}");
}

#[tokio::test]
async fn a_sealing_key_that_opened_a_value_and_one_that_is_only_named() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("uses").await;
    let other = KeyPair::new().await;
    let developer = stage.key.developer().await;
    let value = sealed(&developer, namespace.name(), "app", "A", "strict", "1").await;
    let lost = sealed(&other.developer().await, namespace.name(), "lost", "A", "strict", "1").await;
    namespace
        .apply(&documents(&[of_sealed("app", &[("A", &value)]), of_sealed("lost", &[("A", &lost)]), deployment("web", "app")]))
        .await;
    is_told(&namespace, "app", "Synced").await;
    is_told(&namespace, "lost", "NoKey").await;
    let person = person(stage.cluster);
    for (id, secret, how, workloads) in [(&stage.key.id, "app", "opened", 1), (&other.id, "lost", "claimed", 0)] {
        let found = uses(&person, &namespace, &["--sealing-key", id]).await;
        assert_eq!(names(&found), [(secret, vec!["A"])]);
        assert_eq!(found[0]["sealingKey"], how);
        assert_eq!(found[0]["workloads"].as_array().unwrap().len(), workloads);
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_by_verb_and_resource() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("rights").await;
    let here = namespace.name();
    let store = json!({"secretStoreRef": {"name": "fake"}, "remoteRef": {"key": "k"}});
    namespace.apply(&documents(&[bridged_secret("app", &json!({"data": {"A": store}})), deployment("web", "app")])).await;
    namespace.kubectl(&["create", "serviceaccount", "reader"]).await.ok();
    let token = namespace.kubectl(&["create", "token", "reader"]).await.ok();
    let login = cluster.kubectl(&["config", "view", "--raw", "-o", "json"]).await.ok();
    let mut login: Value = serde_json::from_str(&login).unwrap();
    login["users"][0]["user"] = json!({"token": token.trim()});
    let reader = Seal::new();
    reader.write("config", &login.to_string());
    let path = reader.folder().join("config");
    let reader = reader.env("KUBECONFIG", path.to_str().unwrap());

    let told = reader.kubectl(&["status", "-n", here]).await;
    assert_eq!(told.status, Some(2), "{told}");
    let wanted = format!("you may not list bridgedsecrets.sealbridge.dev in namespace {here} (HTTP 403)");
    assert!(told.stderr.contains(&wanted), "{told}");
    let told = reader.kubectl(&["refresh", "app", "-n", here]).await;
    assert!(told.stderr.contains("you may not patch bridgedsecrets.sealbridge.dev"), "{told}");

    let role = [
        "create",
        "role",
        "reader",
        "--verb=get,list",
        "--resource=bridgedsecrets.sealbridge.dev,sealedsecrets.bitnami.com,externalsecrets.external-secrets.io,deployments.apps",
    ];
    namespace.kubectl(&role).await.ok();
    namespace.kubectl(&["create", "rolebinding", "reader", "--role=reader", &format!("--serviceaccount={here}:reader")]).await.ok();
    let told = sealbridge_tests::eventually(crate::stage::SOON, "the role is in force", async || {
        let told = reader.kubectl(&["uses", "SecretStore/fake", "-n", here]).await;
        if told.stderr.contains("bridgedsecrets") || told.stderr.contains("deployments") { Err(told.to_string()) } else { Ok(told) }
    })
    .await;
    assert_eq!(told.status, Some(2), "what could not be looked at is no answer: {told}");
    assert!(told.stderr.contains("you may not list cronjobs.batch in namespace"), "{told}");
    let seen = String::from_utf8(told.stdout).unwrap();
    assert!(seen.contains("Deployment web  env A"), "what is known is told all the same: {seen}");

    let told = reader.kubectl(&["why", "app", "-n", here]).await.text();
    assert!(told.contains("the live Secret: you may not get secrets in namespace"), "{told}");
    assert!(told.contains("state: NOT READY, NotAnswered: no operator has answered it"), "{told}");
}
