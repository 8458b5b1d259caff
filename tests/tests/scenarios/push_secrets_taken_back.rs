//! What a PushSecret brought into a store and does not want any more is taken back, and nothing else: not what it cannot tell
//! of, what others want, or what nobody asked for.

use sealbridge_tests::eventually;
use serde_json::{Value, json};

use crate::push_secrets::{FINALIZER, entry, push, secret, stage};
use crate::stage::{SOON, documents};

#[tokio::test]
async fn what_is_not_pushed_any_more_is_taken_back_and_nothing_else() {
    let stage = stage().await;
    let deleting = |name: &str, more: Value| {
        let mut push = push(name, more);
        push["spec"]["deletionPolicy"] = json!("Delete");
        push
    };
    stage.mount.put("neighbour", &[("a", "theirs")]).await;
    stage
        .namespace
        .apply(&documents(&[
            secret("app", &json!({"A": "1", "B": "2"}), &json!({})),
            secret("gone", &json!({"A": "1"}), &json!({})),
            deleting("fewer", json!({"data": [entry("A", "fewer", "a"), entry("B", "fewer-too", "b")]})),
            deleting("sourceless", json!({"selector": {"secret": {"name": "gone"}}, "data": [entry("A", "sourceless", "a")]})),
            deleting("object", json!({"data": [entry("A", "object", "a")]})),
            deleting("shared", json!({"data": [entry("A", "shared", "a")]})),
            push("keeps", json!({"data": [entry("A", "shared", "a"), entry("B", "kept", "b")]})),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"}, "data": {"u": "pg://{{ .A }}"}}),
            deleting(
                "templated",
                json!({"data": [entry("u", "templated", "u")], "template": {"templateFrom": [
                    {"configMap": {"name": "texts", "items": [{"key": "u"}]}}]}}),
            ),
        ]))
        .await;
    let mut operator = stage.operator().start().await;
    for name in ["fewer", "sourceless", "object", "shared", "keeps", "templated"] {
        stage.is_synced(name).await;
    }
    assert_eq!(stage.pushed("object").await.metadata.finalizers, Some(vec![FINALIZER.to_owned()]));
    assert_eq!(stage.pushed("keeps").await.metadata.finalizers, None);

    // What cannot be told takes nothing back, before what follows or with it.
    stage.namespace.kubectl(&["delete", "configmap", "texts"]).await.ok();
    stage.is_told("templated", "Errored", "SourceNotFound: ConfigMap texts").await;
    stage.namespace.apply(&push("keeps", json!({"data": [entry("A", "shared", "a")]})).to_string()).await;
    stage.is_synced("keeps").await;
    stage.namespace.apply(&deleting("fewer", json!({"data": [entry("A", "fewer", "a")]})).to_string()).await;
    // Before the second look, which is another operator's then.
    stage.is_synced("fewer").await;
    operator.stop().await;
    operator.start_again().await;
    stage.namespace.kubectl(&["delete", "secret", "gone"]).await.ok();
    stage.holds("fewer-too", None).await;
    stage.holds("sourceless", None).await;
    assert_eq!(stage.mount.get("templated").await, Some(json!({"u": "pg://1"})));
    assert_eq!(stage.mount.get("kept").await, Some(json!({"b": "2"})), "nobody asked for it to be taken back");
    stage.is_told("sourceless", "SourceDeleted", "taken back").await;
    assert_eq!(stage.mount.get("fewer").await, Some(json!({"a": "1"})));
    eventually(SOON, "what was taken back is told of no more", async || {
        let status = stage.is_synced("fewer").await;
        let told = status["syncedPushSecrets"]["SecretStore/vault"].as_object().map_or(0, serde_json::Map::len);
        if told == 1 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;

    // One that another object pushes too stays there.
    for name in ["object", "shared"] {
        stage.namespace.kubectl(&["delete", "pushsecret", name, "--wait=false"]).await.ok();
        stage.is_gone(name).await;
    }
    assert_eq!(stage.mount.get("object").await, None);
    assert_eq!(stage.mount.get("shared").await, Some(json!({"a": "1"})));
    stage.namespace.kubectl(&["delete", "pushsecret", "keeps"]).await.ok();
    assert_eq!(stage.mount.get("kept").await, Some(json!({"b": "2"})), "nor when its object went");
    assert_eq!(stage.mount.get("neighbour").await, Some(json!({"a": "theirs"})));

    // A store that is gone holds nobody back, not even while no operator knows whose the object was.
    operator.stop().await;
    stage.namespace.kubectl(&["delete", "pushsecret", "fewer", "--wait=false"]).await.ok();
    stage.namespace.kubectl(&["delete", "secretstores.external-secrets.io", "vault"]).await.ok();
    operator.start_again().await;
    stage.is_gone("fewer").await;
}
