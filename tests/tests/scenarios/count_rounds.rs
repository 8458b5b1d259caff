//! What a round costs, counted on the real parts: reads at the store, requests to the API server.
//!
//! Each count fails when the rounds, the digest or the proof by resourceVersion is switched off.

use futures::stream::{self, StreamExt};
use kube::Api;
use kube::api::{ListParams, PostParams};
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Bao, Cluster, Moto, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, rounds_pass, vault_store};

const OBJECTS: usize = 1000;
const PATHS: usize = 200;
const WRITERS: usize = 32;

/// Object `n` has five entries over two of the paths, so that each path serves ten objects.
fn object(n: usize, store: &Value, interval: &str) -> BridgedSecret {
    let entry = |path: usize, property: &str| json!({"remoteRef": {"key": format!("app/{path}"), "property": property}});
    let (first, second) = (n % PATHS, (n + 1) % PATHS);
    let spec = json!({
        "secretStoreRef": store,
        "refreshInterval": interval,
        "data": {
            "A": entry(first, "a"), "B": entry(first, "b"), "C": entry(first, "c"),
            "D": entry(second, "d"), "E": entry(second, "e"),
        },
    });
    serde_json::from_value(bridged_secret(&format!("app-{n}"), &spec)).unwrap()
}

async fn create_objects(namespace: &Namespace<'_>, store: &Value, interval: &str) {
    let objects: Api<BridgedSecret> = namespace.api();
    stream::iter(0..OBJECTS)
        .for_each_concurrent(WRITERS, |n| {
            let (objects, object) = (objects.clone(), object(n, store, interval));
            async move { drop(objects.create(&PostParams::default(), &object).await.unwrap()) }
        })
        .await;
}

async fn all_are_ready(namespace: &Namespace<'_>) {
    let objects: Api<BridgedSecret> = namespace.api();
    eventually(SOON * 2, "all objects are Ready", async || {
        let all = objects.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let ready = all.items.iter().filter(|object| {
            let conditions = object.status.iter().flat_map(|status| &status.conditions);
            conditions.filter(|condition| condition.type_ == "Ready").any(|condition| condition.status == "True")
        });
        let ready = ready.count();
        if ready == OBJECTS { Ok(()) } else { Err(format!("{ready} of {OBJECTS}")) }
    })
    .await;
}

#[tokio::test]
async fn a_cold_start_reads_each_path_once() {
    let cluster = Cluster::private().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("cold").await;
    let mount = bao.kv2("cold").await;
    for path in 0..PATHS {
        mount.put(&format!("app/{path}"), &FIELDS).await;
    }
    vault_store(&namespace, bao, &mount).await;
    // No slot begins meanwhile.
    create_objects(&namespace, &json!({"name": "vault"}), "8760h").await;
    let mark = bao.mark();
    let _operator = Operator::of(&cluster).watch(&namespace).start().await;
    all_are_ready(&namespace).await;
    assert_eq!(bao.requests(mark).reads(mount.path()).count(), PATHS);
}

const FIELDS: [(&str, &str); 5] = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")];

#[tokio::test]
async fn a_round_reads_each_vault_path_once_and_a_quiet_one_writes_nothing() {
    let cluster = Cluster::private().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("count").await;
    let mount = bao.kv2("count").await;
    for path in 0..PATHS {
        mount.put(&format!("app/{path}"), &FIELDS).await;
    }
    vault_store(&namespace, bao, &mount).await;
    create_objects(&namespace, &json!({"name": "vault"}), "20s").await;
    let start = cluster.audit().mark();
    let mut operator = Operator::of(&cluster).watch(&namespace).start().await;
    all_are_ready(&namespace).await;

    let cold = operator.requests_since(start).await;
    assert_eq!(cold.of("secrets", &["create"]).in_namespace(namespace.name()).count(), OBJECTS, "one create each");
    let cold = operator.requests_since(start).await;
    assert_eq!(cold.of("bridgedsecrets/status", &[]).count(), OBJECTS, "one status write each");

    // Quiet rounds, counted from the end of one to the end of another.
    rounds_pass(&operator, 1).await;
    let (quiet, mark) = (cluster.audit().mark(), bao.mark());
    rounds_pass(&operator, 2).await;
    let reads = bao.requests(mark).reads(mount.path()).count();
    assert_eq!(reads, 2 * PATHS, "each path once a round");
    let requests = operator.requests_since(quiet).await;
    assert_eq!(requests.writes().count(), 0, "a quiet round writes nothing");
    let requests = operator.requests_since(quiet).await;
    assert_eq!(requests.of("secrets", &["get"]).in_namespace(namespace.name()).count(), 0, "a quiet round reads no Secret");
    let requests = operator.requests_since(quiet).await;
    assert_eq!(requests.of("bridgedsecrets", &["get"]).count(), 0, "a quiet round reads no object");

    operator.stop().await;
    let restart = cluster.audit().mark();
    let mark = bao.mark();
    operator.start_again().await;
    eventually(SOON, "a round was read after the restart", async || {
        let reads = bao.requests(mark).reads(mount.path()).count();
        if reads >= PATHS { Ok(()) } else { Err(format!("{reads} reads")) }
    })
    .await;
    let writes = operator.requests_since(restart).await.writes();
    let writes: Vec<_> = writes.iter().map(|request| format!("{} {}", request.resource(), request.name())).collect();
    assert!(writes.is_empty(), "a restart writes nothing: {writes:?}");
    let requests = operator.requests_since(restart).await;
    assert_eq!(
        requests.of("secrets", &["get"]).in_namespace(namespace.name()).filter(|request| request.name() != "vault-token").count(),
        0
    );
    let requests = operator.requests_since(restart).await;
    assert_eq!(requests.of("bridgedsecrets", &["get"]).count(), 0, "one list is enough");
    let pages = operator.requests_since(restart).await.of("bridgedsecrets", &["list"]).count();
    assert_eq!(pages, OBJECTS / 250, "one paged list of our objects");
    let pages = operator
        .requests_since(restart)
        .await
        .of("secrets", &["list"])
        .filter(sealbridge_tests::audit::Request::is_by_label)
        .count();
    // Pages are cut before the selector applies, so the store's own credential counts as one more.
    assert_eq!(pages, (OBJECTS + 1).div_ceil(250), "one paged list of owned Secrets");
}

#[tokio::test]
async fn a_round_over_aws_is_made_of_full_batches_on_a_constant_number_of_connections() {
    let cluster = Cluster::private().await;
    let moto = Moto::private().await;
    let namespace = cluster.namespace("count").await;
    let body = serde_json::to_string(&FIELDS.iter().copied().collect::<std::collections::BTreeMap<_, _>>()).unwrap();
    for path in 0..PATHS {
        moto.put(&format!("app/{path}"), &body).await;
    }
    let recorder = moto.recorded().await;
    let provider = json!({"aws": {
        "service": "SecretsManager", "region": moto.region(), "endpoint": recorder.url(),
        "auth": {"secretRef": {
            "accessKeyIDSecretRef": {"name": "aws", "key": "id"},
            "secretAccessKeySecretRef": {"name": "aws", "key": "secret"},
        }},
    }});
    namespace
        .apply(&documents(&[
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws"}, "stringData": {"id": "id", "secret": "secret"}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "aws"}, "spec": {"provider": provider}}),
        ]))
        .await;
    create_objects(&namespace, &json!({"name": "aws"}), "10s").await;
    let _operator = Operator::of(&cluster).watch(&namespace).start().await;
    all_are_ready(&namespace).await;

    recorder.forget();
    let calls = || recorder.requests().iter().filter(|request| request.aws_operation().is_some()).count();
    eventually(
        SOON * 3,
        "ten rounds were read",
        async || if calls() >= 10 * 10 { Ok(()) } else { Err(format!("{} calls", calls())) },
    )
    .await;
    let calls = calls();
    assert!(calls <= 11 * 12, "{calls} calls in ten rounds or eleven: at most 12 a round");
    let open = recorder.connections_accepted();
    assert!(open <= 16, "{open} connections for ten rounds");
}
