//! A store that lost its data, its mount, its namespace, or itself also answers "not found". With
//! `deletionPolicy: Delete` nothing may be removed for that, unless a person confirms it.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};
use reqwest::Method;
use rstest::rstest;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Cluster, Operator, Recorder, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, remote, rounds_pass, vault_store_at};

/// A token's id that is the same on both servers.
const TOKEN: &str = "the-stores-token";

/// How a store comes to have nothing.
#[derive(Clone, Copy)]
enum Loss {
    Unmounted,
    Emptied,
    OtherVersion,
    NamespaceRemoved,
    OtherServer,
}

fn object(name: &str, key: &str) -> Value {
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"A": remote(key, "p")},
        "target": {"deletionPolicy": "Delete"},
    });
    bridged_secret(name, &spec)
}

async fn remove_namespace(bao: &Bao, name: &str) {
    let path = format!("sys/namespaces/{name}");
    bao.call(Method::DELETE, &path, None).await.unwrap();
    eventually(SOON, "the namespace of the store is gone", async || match bao.call(Method::GET, &path, None).await {
        Err(refusal) if refusal.status == 404 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// A server at which the same login finds a mount of the same name, with nothing in it.
async fn empty_likeness(mount: &Mount<'_>) -> Bao {
    let other = Bao::private().await;
    let kind = json!({"type": "kv", "options": {"version": "2"}});
    other.call(Method::POST, &format!("sys/mounts/{}", mount.path()), Some(&kind)).await.unwrap();
    let policy = other.policy("", &format!("path \"{}/*\" {{ capabilities = [\"read\"] }}", mount.path())).await;
    other.token("", &[&policy], json!({"id": TOKEN})).await;
    other
}

#[rstest]
#[case::unmounted(Loss::Unmounted, "StoreMisconfigured", "nothing mounted there")]
#[case::emptied(Loss::Emptied, "DeletionHeld", "not the one that served this key before")]
#[case::other_version(Loss::OtherVersion, "StoreMisconfigured", "no KV engine of the declared version")]
#[case::namespace_removed(Loss::NamespaceRemoved, "StoreMisconfigured", "nothing mounted there")]
#[case::other_server(Loss::OtherServer, "DeletionHeld", "not the one that served this key before")]
#[tokio::test]
async fn a_store_that_lost_what_it_had_deletes_nothing(#[case] loss: Loss, #[case] reason: &str, #[case] words: &str) {
    let cluster = Cluster::shared().await;
    let bao = Bao::private().await;
    let proxy = Recorder::proxy(bao.url()).await;
    let namespace = cluster.namespace("lost").await;
    let team = if matches!(loss, Loss::NamespaceRemoved) { bao.namespace("team").await } else { String::new() };
    let mount = bao.mount(&team, "lost", 2).await;
    mount.put("app", &[("p", "value")]).await;
    let policy = mount.read_policy().await;
    let named = if team.is_empty() { json!({"id": TOKEN}) } else { json!({}) };
    let token = bao.token(&team, &[&policy], named).await;
    vault_store_at(&namespace, &proxy.url(), &mount, &token).await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&[object("app", "app")])).await;
    is_told(&namespace, "app", "Synced").await;
    let history = SecretHistory::record(&namespace, "app").await;

    let mut other = None;
    match loss {
        Loss::Unmounted => mount.disable().await,
        Loss::Emptied => {
            mount.disable().await;
            mount.enable(2).await;
        }
        Loss::OtherVersion => {
            mount.disable().await;
            mount.enable(1).await;
        }
        Loss::NamespaceRemoved => remove_namespace(&bao, &team).await,
        Loss::OtherServer => {
            let likeness = other.insert(empty_likeness(&mount).await);
            proxy.answer(Answer::From(likeness.url().to_owned()));
        }
    }
    // Long enough for two looks and what follows from them, whatever the object says meanwhile.
    rounds_pass(&operator, 3).await;
    let told = message(&is_told(&namespace, "app", reason).await);
    assert!(told.contains("entry A") && told.contains(words), "{told}");
    let secret = namespace.api::<Secret>().get("app").await.unwrap();
    history.reached(&secret).await;
    assert_eq!(history.revisions().len(), 1, "the Secret is as it was");
}

#[tokio::test]
async fn much_that_vanishes_together_is_held_until_a_person_confirms_each() {
    const OBJECTS: usize = 6;
    const VANISHED: usize = 3;
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("held").await;
    let mount = bao.kv2("held").await;
    let policy = mount.read_policy().await;
    let token = bao.token("", &[&policy], json!({})).await;
    vault_store_at(&namespace, bao.url(), &mount, &token).await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    let names: Vec<String> = (0..OBJECTS).map(|number| format!("app-{number}")).collect();
    for name in &names {
        mount.put(name, &[("p", "value")]).await;
    }
    namespace.apply(&documents(&names.iter().map(|name| object(name, name)).collect::<Vec<_>>())).await;
    let mut histories = Vec::new();
    for name in &names {
        is_told(&namespace, name, "Synced").await;
        histories.push(SecretHistory::record(&namespace, name).await);
    }

    for name in &names[..VANISHED] {
        mount.delete_metadata(name).await;
    }
    for name in &names[..VANISHED] {
        let told = message(&is_told(&namespace, name, "DeletionHeld").await);
        assert!(told.contains("sealbridge.dev/confirm-deletion") && told.contains("more than a fifth"), "{told}");
    }
    let confirm = |name: &str, generation: i64| {
        let annotation = format!("sealbridge.dev/confirm-deletion={generation}");
        let name = name.to_owned();
        let namespace = &namespace;
        async move { namespace.kubectl(&["annotate", "--overwrite", "bsec", &name, &annotation]).await.ok() }
    };
    let generation = is_told(&namespace, &names[0], "DeletionHeld").await.metadata.generation.unwrap();
    confirm(&names[0], generation).await;
    confirm(&names[1], generation + 1).await;
    is_told(&namespace, &names[0], "SecretDeleted").await;
    rounds_pass(&operator, 2).await;
    let secrets: Api<Secret> = namespace.api();
    assert!(secrets.get_opt(&names[0]).await.unwrap().is_none());
    for name in &names[1..VANISHED] {
        is_told(&namespace, name, "DeletionHeld").await;
    }

    mount.put(&names[1], &[("p", "restored")]).await;
    let restored = has_text(&namespace, &names[1], "A", "restored").await;
    is_told(&namespace, &names[1], "Synced").await;
    histories[1].reached(&restored).await;
    assert_eq!(restored.uid().as_deref(), Some(histories[1].revisions()[0].uid.as_str()), "it was never gone");
    for history in &histories[1..] {
        history.assert_never_without(&["A"]);
    }
}
