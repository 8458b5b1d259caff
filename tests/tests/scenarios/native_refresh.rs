//! When a BridgedSecret's sources are read: refresh policies and windows, and what the status says of an edit that reads
//! nothing.

use k8s_openapi::api::core::v1::Secret;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, remote, text, vault_store};

fn object(name: &str, more: &Value) -> Value {
    let mut spec = json!({"secretStoreRef": {"name": "vault"}, "data": {"A": remote("a", "p")}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bridged_secret(name, &spec)
}

async fn value(namespace: &Namespace<'_>, name: &str) -> Option<String> {
    text(&namespace.api::<Secret>().get(name).await.unwrap(), "A")
}

/// Waits until the status speaks of the present generation.
async fn has_seen(namespace: &Namespace<'_>, name: &str, words: &str) {
    eventually(SOON, &format!("{name} says {words}"), async || {
        let object = namespace.api::<BridgedSecret>().get(name).await.map_err(|error| error.to_string())?;
        let status = object.status.clone().unwrap_or_default();
        let says = status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.message.contains(words));
        if says && status.observed_generation == object.metadata.generation { Ok(()) } else { Err(format!("{status:?}")) }
    })
    .await;
}

#[tokio::test]
async fn once_made_is_left_alone_and_a_change_is_read_with_the_object() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, mount) = (cluster.namespace("refresh").await, bao.kv2("refresh").await);
    mount.put("a", &[("p", "one")]).await;
    vault_store(&namespace, bao, &mount).await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;
    let edited = |name: &str, policy: &str, note: &str| {
        let template = json!({"template": {"metadata": {"annotations": {"note": note}}}});
        object(name, &json!({"refreshPolicy": policy, "target": template}))
    };
    namespace.apply(&documents(&[edited("once", "CreatedOnce", "1"), edited("change", "OnChange", "1")])).await;
    for name in ["once", "change"] {
        has_text(&namespace, name, "A", "one").await;
        is_told(&namespace, name, "Synced").await;
    }
    mount.put("a", &[("p", "two")]).await;
    namespace.apply(&documents(&[edited("once", "CreatedOnce", "2"), edited("change", "OnChange", "2")])).await;
    has_text(&namespace, "change", "A", "two").await;
    has_seen(&namespace, "once", "was made and stays").await;
    assert_eq!(value(&namespace, "once").await.as_deref(), Some("one"));

    // The same while nobody watched.
    operator.stop().await;
    namespace.apply(&edited("once", "CreatedOnce", "3").to_string()).await;
    operator.start_again().await;
    has_seen(&namespace, "once", "was made and stays").await;
    assert_eq!(value(&namespace, "once").await.as_deref(), Some("one"));

    // What is gone is made anew, and what somebody asks for is read.
    namespace.kubectl(&["delete", "secret", "once"]).await.ok();
    has_text(&namespace, "once", "A", "two").await;
    mount.put("a", &[("p", "three")]).await;
    namespace.kubectl(&["annotate", "bsec", "once", "reconcile.fluxcd.io/requestedAt=now"]).await.ok();
    has_text(&namespace, "once", "A", "three").await;
}

#[tokio::test]
async fn windows_hold_back_what_the_clock_asks_for_and_nothing_else() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, mount) = (cluster.namespace("windows").await, bao.kv2("windows").await);
    mount.put("a", &[("p", "first")]).await;
    vault_store(&namespace, bao, &mount).await;
    // Open at every moment, or at none: which, is the schedule's own test.
    let windows = |kind: &str, schedule: &str| json!({"kind": kind, "windows": [{"schedule": schedule, "duration": "1h"}]});
    let of = |name: &str, windows: Value| object(name, &json!({"refreshInterval": "10s", "syncWindows": windows}));
    namespace
        .apply(&documents(&[
            object("free", &json!({"refreshInterval": "10s"})),
            of("denied", windows("deny", "* * * * *")),
            of("allowed", windows("allow", "* * * * *")),
        ]))
        .await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    for name in ["free", "denied", "allowed"] {
        has_text(&namespace, name, "A", "first").await;
    }
    for value in ["second", "third"] {
        mount.put("a", &[("p", value)]).await;
        for name in ["free", "allowed"] {
            has_text(&namespace, name, "A", value).await;
        }
    }
    assert_eq!(value(&namespace, "denied").await.as_deref(), Some("first"));
    namespace.apply(&of("denied", windows("deny", "*/1 * * * *")).to_string()).await;
    has_text(&namespace, "denied", "A", "third").await;
}
