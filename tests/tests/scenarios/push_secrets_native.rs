//! Native PushSecrets bring Secrets into a real store, and take back only what they brought.

use k8s_openapi::api::core::v1::Secret;
use sealbridge_api::push_secret::{PushSecret, PushedPlace};
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, documents, vault_store_at};

fn secret(password: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app"}, "stringData": {"user": "shop", "password": password}})
}

fn push(more: &Value) -> Value {
    let mut spec = json!({"source": {"secretName": "app"}, "secretStoreRefs": [{"name": "vault"}], "deletionPolicy": "Delete",
        "data": [{"key": "password", "remoteRef": {"key": "app", "property": "pass"}}, {"remoteRef": {"key": "whole"}}]});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "PushSecret", "metadata": {"name": "app"}, "spec": spec})
}

/// Waits until `Ready` of the present generation has a reason and words; answers the object.
async fn is_told(namespace: &Namespace<'_>, reason: &str, words: &str) -> PushSecret {
    eventually(SOON, &format!("it is told {reason}: {words}"), async || {
        let object = namespace.api::<PushSecret>().get("app").await.map_err(|error| error.to_string())?;
        let status = object.status.clone().unwrap_or_default();
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
        let is_told = ready.is_some_and(|ready| ready.reason == reason && ready.message.contains(words));
        if is_told && status.observed_generation == object.metadata.generation { Ok(object) } else { Err(format!("{status:?}")) }
    })
    .await
}

#[tokio::test]
async fn what_is_declared_stands_in_the_store_until_it_is_not_declared_any_more() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, mount) = (cluster.namespace("native-push").await, bao.kv2("native-push").await);
    let token = bao.token("", &[&mount.push_policy().await], json!({})).await;
    vault_store_at(&namespace, bao.url(), &mount, &token).await;
    let holds = async |key: &str, expected: Option<Value>| {
        eventually(SOON, &format!("{key} holds {expected:?}"), async || {
            let found = mount.get(key).await;
            if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    };
    mount.put("taken", &[("x", "of somebody else")]).await;
    namespace.apply(&documents(&[secret("one"), push(&json!({}))])).await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;

    holds("app", Some(json!({"pass": "one"}))).await;
    holds("whole", Some(json!({"user": "shop", "password": "one"}))).await;
    let object = is_told(&namespace, "Synced", "the stores hold").await;
    let place = |key: &str, property: Option<&str>| PushedPlace {
        store: "SecretStore/vault".to_owned(),
        key: key.to_owned(),
        property: property.map(str::to_owned),
    };
    assert_eq!(object.status.unwrap().pushed, [place("app", Some("pass")), place("whole", None)]);
    assert_eq!(object.metadata.finalizers.unwrap(), ["sealbridge.dev/pushed"]);

    // A change of the Secret is pushed at once. A restart and what is equal cost no write.
    namespace.apply(&secret("two").to_string()).await;
    holds("app", Some(json!({"pass": "two"}))).await;
    holds("whole", Some(json!({"user": "shop", "password": "two"}))).await;
    is_told(&namespace, "Synced", "").await;
    let mark = bao.mark();
    let quiet = cluster.audit().mark();
    operator.stop().await;
    operator.start_again().await;

    // What stands there already and was not pushed is left, and the rest is not undone; after that the place is given up.
    let more =
        json!({"data": [{"key": "password", "remoteRef": {"key": "app", "property": "pass"}}, {"remoteRef": {"key": "taken"}}]});
    namespace.apply(&push(&more).to_string()).await;
    is_told(&namespace, "SourceDenied", "was not pushed").await;
    assert_eq!(mount.get("taken").await, Some(json!({"x": "of somebody else"})));
    eventually(SOON, "an event tells of it", async || {
        let events = namespace.kubectl(&["get", "events", "-o=jsonpath={.items[*].reason}"]).await.ok();
        if events.contains("SourceDenied") { Ok(()) } else { Err(events) }
    })
    .await;
    let written = bao.requests(mark).under(mount.path()).filter(|request| request.operation != "read").count();
    assert_eq!(written, 0, "nothing was written that was equal or somebody else's");
    assert!(operator.requests_since(quiet).await.of("pushsecrets", &["create", "delete"]).count() == 0);
    let fewer =
        json!({"data": [{"key": "user", "remoteRef": {"key": "app", "property": "name"}}], "secretStoreRefs": [{"name": "vault"}]});
    namespace.apply(&push(&fewer).to_string()).await;
    holds("app", Some(json!({"name": "shop"}))).await;
    holds("whole", None).await;

    // What does not fit a provider is told by its path as it is written.
    let odd = json!({"data": [{"remoteRef": {"key": "app"}, "metadata": {"tags": {"a": "b"}}}]});
    namespace.apply(&push(&odd).to_string()).await;
    is_told(&namespace, "SpecInvalid", "metadata").await;
    namespace.apply(&push(&fewer).to_string()).await;
    is_told(&namespace, "Synced", "").await;

    // With the object goes what it pushed, and the Secret stays.
    namespace.kubectl(&["delete", "pushsecrets.sealbridge.dev", "app", "--wait=false"]).await.ok();
    holds("app", None).await;
    eventually(SOON, "it is gone", async || match namespace.api::<PushSecret>().get_opt("app").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    assert!(namespace.api::<Secret>().get_opt("app").await.unwrap().is_some());
}
