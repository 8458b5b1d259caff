//! The objects that are to become Secrets, and the store behind them. It must never differ between the operator's
//! namespace and that of the bare loop.

use futures::stream::{self, StreamExt};
use kube::Api;
use kube::api::PostParams;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Namespace};
use serde_json::{Map, Value, json};

/// How many objects there are in a namespace.
pub(super) const COUNT: usize = 1000;
/// Paths in the store, each read by several objects.
pub(super) const PATHS: usize = 200;

/// Long enough that rarely a round begins within the cold start, short enough to wait for one.
const INTERVAL: &str = "60s";
/// The size of each value in bytes.
const VALUE_BYTES: usize = 32;
const PARALLEL: usize = 32;

/// A mount with values under all paths.
pub(super) async fn fill(bao: &Bao) -> Mount<'_> {
    let mount = bao.kv2("bench").await;
    for path in 0..PATHS {
        let value =
            |field: &str| json!(format!("{field}-{path}-").repeat(VALUE_BYTES).chars().take(VALUE_BYTES).collect::<String>());
        let fields: Map<String, Value> =
            ["a", "b", "c", "d", "e"].iter().map(|field| ((*field).to_owned(), value(field))).collect();
        mount.put_json(&format!("app/{path}"), &Value::Object(fields)).await;
    }
    mount
}

/// A SecretStore `vault` for the mount, logged in by a token.
pub(super) async fn declare_store(namespace: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>) {
    let policy = mount.read_policy().await;
    let token = bao.token("", &[&policy], json!({})).await;
    let provider = json!({"vault": {
        "server": bao.url(),
        "path": mount.path(),
        "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}},
    }});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault-token"}, "stringData": {"token": token}},
        {"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": {"provider": provider}},
    ]});
    namespace.apply(&list.to_string()).await;
}

/// Creates all objects; their names and uids.
pub(super) async fn create(namespace: &Namespace<'_>) -> Vec<(String, String)> {
    let objects: Api<BridgedSecret> = namespace.api();
    stream::iter(0..COUNT)
        .map(|n| {
            let objects = objects.clone();
            async move {
                let made = objects.create(&PostParams::default(), &object(n)).await.expect("an object");
                (made.metadata.name.expect("a name"), made.metadata.uid.expect("a uid"))
            }
        })
        .buffer_unordered(PARALLEL)
        .collect()
        .await
}

/// Object `n` has five entries over two of the paths, so that each path serves ten objects.
fn object(n: usize) -> BridgedSecret {
    let entry = |path: usize, property: &str| json!({"remoteRef": {"key": format!("app/{path}"), "property": property}});
    let (first, second) = (n % PATHS, (n + 1) % PATHS);
    let object = json!({
        "apiVersion": "sealbridge.dev/v1",
        "kind": "BridgedSecret",
        "metadata": {"name": format!("app-{n}")},
        "spec": {
            "secretStoreRef": {"name": "vault"},
            "refreshInterval": INTERVAL,
            "data": {
                "A": entry(first, "a"), "B": entry(first, "b"), "C": entry(first, "c"),
                "D": entry(second, "d"), "E": entry(second, "e"),
            },
        },
    });
    serde_json::from_value(object).expect("a BridgedSecret")
}
