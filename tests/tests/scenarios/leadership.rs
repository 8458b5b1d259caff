//! Several operators of one lease: one writes, another takes over when it is gone. It must never happen that one which
//! lost the lease puts something older over what the other wrote.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Cluster, Namespace, Operator, Recorder, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, remote, text, vault_store, vault_store_at};

fn object(name: &str) -> Value {
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": {"A": remote("app", "p")}});
    bridged_secret(name, &spec)
}

async fn synced(namespace: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>) -> SecretHistory {
    mount.put("app", &[("p", "first")]).await;
    vault_store(namespace, bao, mount).await;
    namespace.apply(&documents(&[object("app")])).await;
    has_text(namespace, "app", "A", "first").await;
    is_told(namespace, "app", "Synced").await;
    SecretHistory::record(namespace, "app").await
}

#[tokio::test]
async fn only_the_leader_writes_and_the_other_takes_over_when_it_is_killed() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("takeover").await;
    let mount = bao.kv2("takeover").await;
    let mut leader = Operator::of(cluster).watch(&namespace).flag("--lease-duration=3s").start().await;
    let other = Operator::of(cluster).watch(&namespace).beside(&leader).flag("--lease-duration=3s").start().await;
    let history = synced(&namespace, bao, &mount).await;
    mount.put("app", &[("p", "second")]).await;
    has_text(&namespace, "app", "A", "second").await;
    let writes = other.requests().await.writes();
    assert_eq!(writes.count(), 0, "{writes:?}");

    leader.kill().await;
    mount.put("app", &[("p", "third")]).await;
    let third = has_text(&namespace, "app", "A", "third").await;
    is_told(&namespace, "app", "Synced").await;
    history.reached(&third).await;
    history.assert_never_without(&["A"]);
    assert_eq!(history.revisions().len(), 3, "each value was written once");
}

#[tokio::test]
async fn a_leader_that_is_asked_to_stop_gives_the_lease_up_at_once() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("release").await;
    let mount = bao.kv2("release").await;
    // Nobody would wait for this lease to run out.
    let mut leader = Operator::of(cluster).watch(&namespace).flag("--lease-duration=10m").start().await;
    let _other = Operator::of(cluster).watch(&namespace).beside(&leader).flag("--lease-duration=10m").start().await;
    let history = synced(&namespace, bao, &mount).await;
    assert!(leader.stop().await.contains("exit status: 0"));
    mount.put("app", &[("p", "second")]).await;
    let second = has_text(&namespace, "app", "A", "second").await;
    history.reached(&second).await;
    assert_eq!(history.revisions().len(), 2);
}

#[tokio::test]
async fn a_leader_that_is_asked_to_stop_finishes_what_it_has_in_hand() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("in-hand").await;
    let mount = bao.kv2("in-hand").await;
    let proxy = Recorder::proxy(bao.url()).await;
    let token = bao.token("", &[&mount.read_policy().await], json!({})).await;
    mount.put("app", &[("p", "first")]).await;
    vault_store_at(&namespace, &proxy.url(), &mount, &token).await;
    let mut leader = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&[object("app")])).await;
    has_text(&namespace, "app", "A", "first").await;
    is_told(&namespace, "app", "Synced").await;

    mount.put("app", &[("p", "second")]).await;
    proxy.answer(Answer::Late(Duration::from_secs(1), bao.url().to_owned()));
    proxy.forget();
    value_is_asked_for(&proxy).await;
    assert!(leader.stop().await.contains("exit status: 0"));
    let secret = namespace.api::<Secret>().get("app").await.unwrap();
    assert_eq!(text(&secret, "A").as_deref(), Some("second"), "the round was finished before the end");
    is_told(&namespace, "app", "Synced").await;
}

async fn value_is_asked_for(proxy: &Recorder) {
    eventually(SOON, "the value is asked for", async || {
        let asked = proxy.requests().iter().any(|request| request.path.contains("/data/app"));
        asked.then_some(()).ok_or_else(|| "not yet".to_owned())
    })
    .await;
}

#[tokio::test]
async fn a_leader_that_hung_while_another_took_over_overwrites_nothing_newer() {
    const OBJECTS: usize = 20;
    /// Between a request of the leader and its answer, so that it can be stopped in between.
    const DELAY: Duration = Duration::from_secs(2);
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("hung").await;
    let mount = bao.kv2("hung").await;
    let proxy = Recorder::proxy(bao.url()).await;
    let policy = mount.read_policy().await;
    let token = bao.token("", &[&policy], json!({})).await;
    mount.put("app", &[("p", "first")]).await;
    vault_store_at(&namespace, &proxy.url(), &mount, &token).await;
    let leader = Operator::of(cluster).watch(&namespace).flag("--lease-duration=3s").start().await;
    let names: Vec<String> = (0..OBJECTS).map(|number| format!("app-{number}")).collect();
    namespace.apply(&documents(&names.iter().map(|name| object(name)).collect::<Vec<_>>())).await;
    let mut histories = Vec::new();
    for name in &names {
        has_text(&namespace, name, "A", "first").await;
        is_told(&namespace, name, "Synced").await;
        histories.push(SecretHistory::record(&namespace, name).await);
    }

    // The leader asks, and hangs; the answer waits for it.
    mount.put("app", &[("p", "second")]).await;
    proxy.answer(Answer::Late(DELAY, bao.url().to_owned()));
    proxy.forget();
    value_is_asked_for(&proxy).await;
    let mark = bao.mark();
    leader.pause().await;
    eventually(SOON, "the answer is on its way", async || match bao.requests(mark).reads(mount.path()).count() {
        0 => Err("not asked yet".to_owned()),
        _ => Ok(()),
    })
    .await;
    proxy.answer(Answer::From(bao.url().to_owned()));
    mount.put("app", &[("p", "third")]).await;
    let other = Operator::of(cluster).watch(&namespace).beside(&leader).flag("--lease-duration=3s").start().await;
    for name in &names {
        has_text(&namespace, name, "A", "third").await;
    }

    let mark = cluster.audit().mark();
    leader.resume().await;
    let ended = leader.ended().await;
    assert!(ended.contains("exit status: 1"), "{ended}");
    let wrote = leader.requests_since(mark).await.of("secrets", &["create", "patch", "update", "delete"]);
    let wrote = wrote.filter(|request| request.code() < 300);
    assert_eq!(wrote.count(), 0, "{wrote:?}");
    let secrets: Api<Secret> = namespace.api();
    for (name, history) in names.iter().zip(&histories) {
        let secret = secrets.get(name).await.unwrap();
        assert_eq!(text(&secret, "A").as_deref(), Some("third"));
        history.reached(&secret).await;
        history.assert_never_without(&["A"]);
        assert_eq!(history.revisions().len(), 2, "{name}: from the first value to the third");
    }
    drop(other);
}
