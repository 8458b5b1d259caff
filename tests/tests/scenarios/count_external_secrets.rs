//! What ExternalSecrets cost, counted on the real parts: as much as BridgedSecrets.

use futures::stream::{self, StreamExt};
use kube::api::{ListParams, PostParams};
use sealbridge_tests::{Bao, Cluster, Operator, eventually};
use serde_json::{Value, json};

use crate::external_secrets::{external_secret, objects, store};
use crate::stage::{SOON, rounds_pass};

const OBJECTS: usize = 1000;
const PATHS: usize = 200;
const WRITERS: usize = 32;

/// Object `n` has five entries over two of the paths, so that each path serves ten objects.
fn spec(n: usize) -> Value {
    let (first, second) = (n % PATHS, (n + 1) % PATHS);
    let entry = |key: &str, path: usize| json!({"secretKey": key, "remoteRef": {"key": format!("app/{path}"), "property": key.to_lowercase()}});
    let data = [entry("A", first), entry("B", first), entry("C", first), entry("D", second), entry("E", second)];
    json!({"refreshInterval": "20s", "data": data})
}

#[tokio::test]
async fn a_round_reads_each_path_once_and_a_quiet_one_writes_nothing() {
    let cluster = Cluster::private().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("count").await;
    let mount = bao.kv2("count").await;
    for path in 0..PATHS {
        mount.put(&format!("app/{path}"), &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]).await;
    }
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    let all = objects(&namespace, "ExternalSecret");
    stream::iter(0..OBJECTS)
        .for_each_concurrent(WRITERS, |n| {
            let object = serde_json::from_value(external_secret(&format!("app-{n}"), spec(n))).unwrap();
            let all = all.clone();
            async move { drop(all.create(&PostParams::default(), &object).await.unwrap()) }
        })
        .await;
    let start = cluster.audit().mark();
    let operator = Operator::of(&cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    eventually(SOON * 2, "all objects are Ready", async || {
        let listed = all.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let ready = listed.items.iter().filter(|object| object.data["status"]["conditions"][0]["status"] == "True").count();
        if ready == OBJECTS { Ok(()) } else { Err(format!("{ready} of {OBJECTS}")) }
    })
    .await;
    let cold = operator.requests_since(start).await;
    assert_eq!(cold.clone().of("secrets", &["create"]).in_namespace(namespace.name()).count(), OBJECTS, "one create each");
    assert_eq!(cold.of("externalsecrets/status", &[]).count(), OBJECTS, "one status write each");

    rounds_pass(&operator, 1).await;
    let (quiet, mark) = (cluster.audit().mark(), bao.mark());
    rounds_pass(&operator, 2).await;
    assert_eq!(bao.requests(mark).reads(mount.path()).count(), 2 * PATHS, "each path once a round");
    let requests = operator.requests_since(quiet).await;
    assert_eq!(requests.clone().writes().count(), 0, "a quiet round writes nothing");
    assert_eq!(requests.clone().of("secrets", &["get"]).in_namespace(namespace.name()).count(), 0, "and reads no Secret");
    assert_eq!(requests.of("externalsecrets", &["get"]).count(), 0, "and no object");
}
