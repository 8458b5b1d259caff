//! `kubectl seal status` and `refresh`: what is ready, and what was read again.

use sealbridge_tests::{Cluster, Kubeseal, Namespace, Operator, Seal, SealedSecretsKey};
use serde_json::{Value, json};

use crate::sealed_secrets::{is_synced, plain};
use crate::stage::{bridged_secret, documents, has_text, is_told};

/// Somebody with the login of an administrator.
pub(crate) fn person(cluster: &Cluster) -> Seal {
    Seal::new().env("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
}

/// A SecretStore `fake` with one value.
pub(crate) fn fake_store(key: &str, value: &str) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "fake"},
        "spec": {"provider": {"fake": {"data": [{"key": key, "value": value}]}}}})
}

fn reading(name: &str, key: &str) -> Value {
    let entry = json!({"secretStoreRef": {"name": "fake"}, "remoteRef": {"key": key}});
    bridged_secret(name, &json!({"refreshInterval": "1h", "data": {"A": entry}}))
}

fn rows(text: &[u8]) -> Vec<Value> {
    serde_json::from_slice(text).unwrap()
}

async fn status(person: &Seal, namespace: &Namespace<'_>, more: &[&str]) -> sealbridge_tests::Spoken {
    person.kubectl(&[&["status", "-n", namespace.name()], more].concat()).await
}

#[tokio::test]
async fn what_is_not_ready_is_told_and_fails() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("status").await;
    let operator = Operator::of(cluster).watch(&namespace).flag("--dialect=sealed-secrets").start().await;
    let key = SealedSecretsKey::since(2024);
    cluster.apply(&key.secret("status", operator.namespace()).to_string()).await;
    let person = person(cluster);
    assert_eq!(status(&person, &namespace, &[]).await.status, Some(0), "nothing is no failure");

    let of_kubeseal = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "sealed", &[("A", "1")]), "strict").await;
    let plain_one = bridged_secret("plain", &json!({"data": {"A": {"plain": "1"}}, "target": {"name": "plain-env"}}));
    namespace.apply(&documents(&[fake_store("k", "one"), reading("good", "k"), plain_one, of_kubeseal])).await;
    is_told(&namespace, "good", "Synced").await;
    is_told(&namespace, "plain", "Synced").await;
    is_synced(&namespace, "sealed", "True").await;
    // The sealed-secrets controller's own, which this operator leaves alone.
    let mut foreign = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "foreign", &[("A", "1")]), "strict").await;
    foreign["metadata"]["annotations"] = json!({"sealbridge.dev/adopt": "false"});
    another_answers(&namespace, &foreign).await;

    let told = status(&person, &namespace, &["-o", "json"]).await.ok();
    let told = rows(&told);
    let names: Vec<_> = told.iter().map(|row| (row["kind"].as_str().unwrap(), row["name"].as_str().unwrap())).collect();
    assert_eq!(names, [("BridgedSecret", "good"), ("BridgedSecret", "plain"), ("SealedSecret", "sealed")]);
    assert!(told.iter().all(|row| row["ready"] == true && row["lastChange"].is_string()), "{told:?}");
    assert!(told[0]["nextRefresh"].is_string() && told[1]["nextRefresh"].is_null(), "{told:?}");
    assert_eq!(told[1]["secret"], "plain-env");

    let why = person.kubectl(&["why", "sealed", "-n", namespace.name()]).await.text();
    assert!(why.contains("  A  sealed-secret, strict\n") && why.contains("owned by SealedSecret sealed, this object"), "{why}");

    namespace.apply(&documents(&[reading("bad", "missing")])).await;
    is_told(&namespace, "bad", "SourceNotFound").await;
    let told = status(&person, &namespace, &[]).await;
    assert_eq!(told.status, Some(1), "{told}");
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(!text.contains('\t'), "{text}");
    let line = text.lines().find(|line| line.contains("/bad")).unwrap();
    assert!(line.starts_with(&format!("BridgedSecret  {}/bad  NOT READY  SourceNotFound  bad  20", namespace.name())), "{line}");
    assert_eq!(status(&person, &namespace, &["good", "sealed"]).await.status, Some(0));
    let missing = status(&person, &namespace, &["nobody"]).await;
    assert_eq!(missing.status, Some(2));
    assert!(missing.stderr.contains("there is no BridgedSecret nobody in namespace"), "{missing}");
}

/// Applies a SealedSecret that another controller answers.
async fn another_answers(namespace: &Namespace<'_>, sealed: &Value) {
    namespace.apply(&sealed.to_string()).await;
    let answered = json!({"status": {"conditions": [{"type": "Synced", "status": "True"}]}}).to_string();
    let name = sealed["metadata"]["name"].as_str().unwrap();
    let patch =
        ["patch", "sealedsecret", name, "--subresource=status", "--type=merge", "--field-manager=controller", "-p", &answered];
    namespace.kubectl(&patch).await.ok();
}

#[tokio::test]
async fn a_refresh_reads_again_and_says_what_came_of_it() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("refresh").await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;
    let person = person(cluster);
    namespace.apply(&documents(&[fake_store("k", "one"), reading("app", "k")])).await;
    is_told(&namespace, "app", "Synced").await;
    let refresh = ["refresh", "-n", namespace.name()];

    let told = person.kubectl(&[&refresh[..], &["app", "--wait", "-o", "json"]].concat()).await;
    let told = rows(&told.ok());
    assert_eq!(told[0]["handled"], true);
    assert_eq!(told[0]["ready"], true);
    has_text(&namespace, "app", "A", "one").await;
    let value = namespace.kubectl(&["get", "bsec", "app", "-o", "jsonpath={.metadata.annotations.sealbridge\\.dev/refresh}"]).await;
    let handled = namespace.kubectl(&["get", "bsec", "app", "-o", "jsonpath={.status.lastHandledRefresh}"]).await.ok();
    assert_eq!(handled, format!("sealbridge.dev/refresh={}", value.ok()));

    namespace.apply(&documents(&[reading("bad", "missing")])).await;
    let told = person.kubectl(&[&refresh[..], &["--all", "--wait"]].concat()).await;
    assert_eq!(told.status, Some(1), "{told}");
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("/app: ready, Synced: ") && text.contains("/bad: NOT READY, SourceNotFound: "), "{text}");

    operator.stop().await;
    let told = person.kubectl(&[&refresh[..], &["app", "--wait", "--timeout", "1s"]].concat()).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains(&format!("no operator has acted upon {}/app in time", namespace.name())), "{told}");
    let told = person.kubectl(&[&refresh[..], &["app"]].concat()).await.text();
    assert_eq!(told, format!("asked for a refresh of {}/app\n", namespace.name()));
    let missing = person.kubectl(&[&refresh[..], &["nobody"]].concat()).await;
    assert_eq!(missing.status, Some(2));
    let found = namespace.kubectl(&["get", "bsec", "nobody", "--ignore-not-found", "-o", "name"]).await.ok();
    assert_eq!(found, "", "a request makes no object");
}
