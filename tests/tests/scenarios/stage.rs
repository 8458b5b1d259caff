//! What most scenarios set up: stores that reach the real parts, and looks at objects. It must never assert
//! what a scenario is about.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, eventually};
use serde_json::json;

/// How long anything may take that happens by itself. A deadline, not a measure.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// A SecretStore `vault` for a KV2 mount, logged in by a token of its own.
pub(crate) async fn vault_store(namespace: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>) {
    let policy = mount.read_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    vault_store_at(namespace, bao.url(), mount, &token).await;
}

/// [`vault_store`] at an address that may be a recorder's, with a given token.
pub(crate) async fn vault_store_at(namespace: &Namespace<'_>, server: &str, mount: &Mount<'_>, token: &str) {
    let mut provider = json!({
        "server": server,
        "path": mount.path(),
        "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}},
    });
    if !mount.namespace().is_empty() {
        provider["namespace"] = json!(mount.namespace());
    }
    namespace
        .apply(&documents(&[
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault-token"}, "stringData": {"token": token}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": {"provider": {"vault": provider}}}),
        ]))
        .await;
}

/// An entry that reads a property of a key.
pub(crate) fn remote(key: &str, property: &str) -> serde_json::Value {
    json!({"remoteRef": {"key": key, "property": property}})
}

/// Objects as one text of YAML documents (JSON is YAML).
pub(crate) fn documents(objects: &[serde_json::Value]) -> String {
    objects.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// A BridgedSecret with a spec.
pub(crate) fn bridged_secret(name: &str, spec: &serde_json::Value) -> serde_json::Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "BridgedSecret", "metadata": {"name": name}, "spec": spec})
}

/// An entry of a Secret as text.
pub(crate) fn text(secret: &Secret, key: &str) -> Option<String> {
    let value = secret.data.as_ref()?.get(key)?;
    Some(String::from_utf8_lossy(&value.0).into_owned())
}

/// Waits until a Secret has an entry with this text.
pub(crate) async fn has_text(namespace: &Namespace<'_>, name: &str, key: &str, wanted: &str) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("{name} has {key}={wanted}"), async || {
        let secret = secrets.get(name).await.map_err(|error| error.to_string())?;
        if text(&secret, key).as_deref() == Some(wanted) { Ok(secret) } else { Err(format!("{:?}", secret.data)) }
    })
    .await
}

/// Waits until the Ready condition of an object has this reason, for its present generation.
pub(crate) async fn is_told(namespace: &Namespace<'_>, name: &str, reason: &str) -> BridgedSecret {
    let objects: Api<BridgedSecret> = namespace.api();
    eventually(SOON, &format!("{name} is told to be {reason}"), async || {
        let object = objects.get(name).await.map_err(|error| error.to_string())?;
        let status = object.status.as_ref().ok_or("no status")?;
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").ok_or("no Ready")?;
        if ready.reason == reason && status.observed_generation == object.metadata.generation {
            Ok(object)
        } else {
            Err(format!("{}: {}", ready.reason, ready.message))
        }
    })
    .await
}

/// The message of the Ready condition.
pub(crate) fn message(object: &BridgedSecret) -> String {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    conditions.filter(|condition| condition.type_ == "Ready").map(|condition| condition.message.clone()).collect()
}

/// Waits until an operator has made so many more rounds over stores.
pub(crate) async fn rounds_pass(operator: &Operator<'_>, count: u64) {
    let wanted = rounds(operator).await + count;
    eventually(SOON * 2, &format!("{count} rounds have passed"), async || match rounds(operator).await {
        seen if seen >= wanted => Ok(()),
        seen => Err(format!("{seen} of {wanted}")),
    })
    .await;
}

async fn rounds(operator: &Operator<'_>) -> u64 {
    let metrics = operator.metrics().await;
    let count = metrics.lines().find_map(|line| line.split_once("round_duration_seconds_count "));
    count.map_or(0, |(_, count)| count.trim().parse().expect("a count"))
}

/// Gives a cluster a kind of somebody else, as a target of other kinds than a Secret.
pub(crate) async fn other_kinds(cluster: &Cluster) {
    cluster.apply(include_str!("../../fixtures/crds/middlewares.yaml")).await;
    eventually(SOON, "Middlewares are served", async || {
        let listed = cluster.kubectl(&["get", "middlewares.traefik.io", "--namespace", "default"]).await;
        if listed.success { Ok(()) } else { Err(listed.stderr) }
    })
    .await;
}
