//! Parts die or stall in the middle of a round while every value changes: everything converges to the newest values.
//! It must never show a Secret that is gone, empty, or short of an entry.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_tests::bao::{Mark, Mount};
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, remote, text, vault_store};

const OBJECTS: usize = 30;
const PATHS: usize = 6;

/// Thirty objects over six keys, and everything that was ever seen of their Secrets.
struct Load<'a> {
    namespace: &'a Namespace<'a>,
    bao: &'a Bao,
    mount: &'a Mount<'a>,
    histories: Vec<SecretHistory>,
}

fn name(object: usize) -> String {
    format!("app-{object}")
}

impl<'a> Load<'a> {
    /// Everything is there at the value `0`.
    async fn settle(namespace: &'a Namespace<'a>, bao: &'a Bao, mount: &'a Mount<'a>, operator: &Operator<'_>) -> Self {
        vault_store(namespace, bao, mount).await;
        let mut load = Self { namespace, bao, mount, histories: Vec::new() };
        load.change_to("0").await;
        let objects: Vec<Value> = (0..OBJECTS).map(object).collect();
        namespace.apply(&documents(&objects)).await;
        load.converges_to("0", operator).await;
        for object in 0..OBJECTS {
            load.histories.push(SecretHistory::record(namespace, &name(object)).await);
        }
        load
    }

    async fn change_to(&self, value: &str) {
        for path in 0..PATHS {
            self.mount.put(&format!("path/{path}"), &[("a", value), ("b", value)]).await;
        }
    }

    /// Returns as soon as the store was asked for a value since `mark`: a round is under way.
    async fn is_amid_a_round(&self, mark: Mark) {
        eventually(SOON, "a round has begun", async || match self.bao.requests(mark).reads(self.mount.path()).count() {
            0 => Err("no read yet".to_owned()),
            _ => Ok(()),
        })
        .await;
    }

    async fn converges_to(&self, value: &str, operator: &Operator<'_>) {
        let secrets: Api<Secret> = self.namespace.api();
        eventually(SOON * 2, &format!("every Secret has {value}"), async || {
            if let Some(status) = operator.exit() {
                return Err(format!("the operator ended: {status}"));
            }
            let all = secrets.list(&kube::api::ListParams::default()).await.map_err(|error| error.to_string())?;
            let fit = all.items.iter().filter(|secret| ["A", "B"].iter().all(|key| text(secret, key).as_deref() == Some(value)));
            let fit = fit.count();
            if fit == OBJECTS { Ok(()) } else { Err(format!("{fit} of {OBJECTS}")) }
        })
        .await;
    }

    /// Every revision of every Secret was whole, and its two entries were of two keys' known values.
    async fn was_always_whole(&self) {
        let secrets: Api<Secret> = self.namespace.api();
        for (object, history) in self.histories.iter().enumerate() {
            history.reached(&secrets.get(&name(object)).await.unwrap()).await;
            history.assert_never_without(&["A", "B"]);
            let uids: std::collections::BTreeSet<String> = history.revisions().into_iter().map(|revision| revision.uid).collect();
            assert_eq!(uids.len(), 1, "{} was made anew", name(object));
        }
    }
}

fn object(number: usize) -> Value {
    let (first, second) = (number % PATHS, (number + 1) % PATHS);
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"A": remote(&format!("path/{first}"), "a"), "B": remote(&format!("path/{second}"), "b")},
        "target": {"deletionPolicy": "Delete"},
    });
    bridged_secret(&name(number), &spec)
}

/// What its Deployment does for a container that ended.
async fn keep_running(operator: &mut Operator<'_>) {
    if operator.exit().is_some() {
        operator.start_again().await;
    }
}

#[tokio::test]
async fn an_operator_that_is_killed_amid_rounds_goes_on_where_it_was() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("kill-operator").await;
    let mount = bao.kv2("kill-operator").await;
    let mut operator = Operator::of(cluster).watch(&namespace).flag("--lease-duration=3s").start().await;
    let load = Load::settle(&namespace, bao, &mount, &operator).await;
    for value in ["1", "2", "3"] {
        let mark = bao.mark();
        load.change_to(value).await;
        load.is_amid_a_round(mark).await;
        operator.kill().await;
        load.change_to(&format!("{value}-newer")).await;
        operator.start_again().await;
        load.converges_to(&format!("{value}-newer"), &operator).await;
    }
    load.was_always_whole().await;
}

#[tokio::test]
async fn a_store_that_is_killed_amid_a_round_is_found_again_once_unsealed() {
    let cluster = Cluster::shared().await;
    let bao = Bao::private().await;
    let namespace = cluster.namespace("kill-store").await;
    let mount = bao.kv2("kill-store").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    let load = Load::settle(&namespace, &bao, &mount, &operator).await;
    for value in ["1", "2"] {
        let mark = bao.mark();
        load.change_to(value).await;
        load.is_amid_a_round(mark).await;
        bao.kill().await;
        bao.restart().await;
        load.change_to(&format!("{value}-newer")).await;
        load.converges_to(&format!("{value}-newer"), &operator).await;
    }
    load.was_always_whole().await;
}

#[tokio::test]
async fn an_api_server_that_is_killed_and_an_etcd_that_stalls_amid_a_round_lose_nothing() {
    let cluster = Cluster::private_that_remembers().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("kill-cluster").await;
    let mount = bao.kv2("kill-cluster").await;
    let mut operator = Operator::of(&cluster).watch(&namespace).start().await;
    let load = Load::settle(&namespace, bao, &mount, &operator).await;

    let mark = bao.mark();
    load.change_to("1").await;
    load.is_amid_a_round(mark).await;
    cluster.kill_apiserver().await;
    load.change_to("2").await;
    cluster.start_apiserver().await;
    keep_running(&mut operator).await;
    load.converges_to("2", &operator).await;

    let mark = bao.mark();
    load.change_to("3").await;
    load.is_amid_a_round(mark).await;
    cluster.pause_etcd().await;
    load.change_to("4").await;
    // A leader that cannot renew its lease ends; another time the pause may be over before.
    let ended = operator.ended().await;
    assert!(ended.contains("exit status: 1"), "{ended}: it may not write beside another one");
    cluster.resume_etcd().await;
    keep_running(&mut operator).await;
    load.converges_to("4", &operator).await;
    load.was_always_whole().await;
}
