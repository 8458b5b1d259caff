//! Credentials of generators over time: renewed while the Secret has them, replaced at their last end, and given back once
//! nobody can use them. Users of a message broker, which an engine of a real `OpenBao` makes.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{DeleteParams, PropagationPolicy};
use sealbridge_tests::{Answer, Bao, Cluster, Namespace, Recorder, eventually};
use serde_json::{Value, json};

use crate::external_secrets::objects;
use crate::generators::{adopted, from, generator, made, operator, ready};
use crate::provider_vault_leases::{Broker, asked};
use crate::stage::{SOON, documents, text};

/// A generator of users of a role, by a login of its own.
async fn users(namespace: &Namespace<'_>, bao: &Bao, server: &str, broker: &Broker<'_>, name: &str) -> Value {
    let role = bao.approle("", &[&broker.policy().await], json!({"token_ttl": "1h"})).await;
    let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("login-{name}")},
        "stringData": {"id": role.secret_id}});
    namespace.apply(&login.to_string()).await;
    let secret = json!({"name": format!("login-{name}"), "key": "id"});
    let auth = json!({"appRole": {"path": role.mount, "roleId": role.role_id, "secretRef": secret}});
    let spec = json!({"provider": {"server": server, "auth": auth}, "path": broker.role(name).await});
    generator("VaultDynamicSecret", name, spec)
}

/// An object that takes them.
fn object(name: &str, target: &Value) -> Value {
    adopted(name, json!({"refreshInterval": "87600h", "target": target, "dataFrom": [from("VaultDynamicSecret", name)]}))
}

fn asks(object: &Value, times: u32) -> String {
    let mut object = object.clone();
    object["metadata"]["annotations"]["force-sync"] = json!(times.to_string());
    object.to_string()
}

async fn present(namespace: &Namespace<'_>, name: &str) -> Secret {
    namespace.api::<Secret>().get(name).await.expect("the Secret")
}

async fn user_of(namespace: &Namespace<'_>, name: &str) -> String {
    text(&present(namespace, name).await, "username").expect("a user")
}

/// Waits until the Secret has another user than that; returns it.
async fn changes(namespace: &Namespace<'_>, name: &str, was: &str) -> String {
    eventually(SOON * 2, &format!("the user of {name} changes"), async || {
        let now = user_of(namespace, name).await;
        if now == was { Err("not yet".to_owned()) } else { Ok(now) }
    })
    .await
}

async fn comes_true(what: &str, holds: impl AsyncFn() -> bool) {
    eventually(SOON * 2, what, async || if holds().await { Ok(()) } else { Err("not yet".to_owned()) }).await;
}

#[tokio::test]
async fn a_credential_is_renewed_until_its_last_end_is_near_and_replaced_then() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("leases").await;
    // Renewed after 24 seconds, or at the next look of the clock, five later at most: so there is time on a busy machine.
    let broker = Broker::new(bao, 36, 90).await;
    let server = Recorder::proxy(bao.url()).await;
    let generator = users(&namespace, bao, &server.url(), &broker, "app").await;
    namespace.apply(&documents(&[generator, object("app", &json!({}))])).await;
    let mut operator = operator(cluster, &namespace).start().await;
    ready(&namespace, "app", "True").await;
    let first = made(&namespace, "app").await;
    let renewed = || asked(&server, "sys/leases/renew");
    comes_true("it is renewed again and again", async || renewed() > 1).await;
    let secret = present(&namespace, "app").await;
    assert_eq!((secret.resource_version(), broker.made().len()), (first.resource_version(), 1), "nothing is written or made");
    assert_eq!(asked(&server, "auth/token/renew-self"), 2);

    let before = text(&first, "username").unwrap();
    let second = changes(&namespace, "app", &before).await;
    assert_eq!(broker.made(), [before, second.clone()]);
    assert_eq!(asked(&server, "auth/token/revoke-self"), 0, "workloads may still have the first");

    // Whoever starts holds nothing, and goes by what is noted.
    operator.stop().await;
    let renewals = renewed();
    operator.start_again().await;
    ready(&namespace, "app", "True").await;
    changes(&namespace, "app", &second).await;
    assert_eq!((renewed(), broker.made().len()), (renewals, 3));
}

#[tokio::test]
async fn a_server_that_does_not_answer_has_nothing_replaced_at_once() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("leases").await;
    let broker = Broker::new(bao, 60, 3600).await;
    let server = Recorder::proxy(bao.url()).await;
    let generator = users(&namespace, bao, &server.url(), &broker, "app").await;
    namespace.apply(&documents(&[generator, object("app", &json!({}))])).await;
    let _operator = operator(cluster, &namespace).start().await;
    ready(&namespace, "app", "True").await;
    let first = user_of(&namespace, "app").await;
    server.answer(Answer::Json(503, "{}".to_owned()));
    comes_true("a renewal is tried", async || asked(&server, "auth/token/renew-self") > 0).await;
    server.answer(Answer::From(bao.url().to_owned()));
    comes_true("it is renewed", async || asked(&server, "sys/leases/renew") > 0).await;
    assert_eq!((user_of(&namespace, "app").await, broker.made().len()), (first, 1));
    assert_eq!(ready(&namespace, "app", "True").await.0, "SecretSynced");
}

#[tokio::test]
async fn the_one_before_the_last_is_given_back_and_the_last_ones_with_their_object() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("leases").await;
    let broker = Broker::new(bao, 36_000, 72_000).await;
    let mut manifests = Vec::new();
    for name in ["app", "orphan", "let-go", "once"] {
        manifests.push(users(&namespace, bao, bao.url(), &broker, name).await);
    }
    let mut app = object("app", &json!({}));
    app["metadata"]["annotations"]["sealbridge.dev/give-back"] = json!("replaced");
    let let_go = object("let-go", &json!({}));
    let mut once = object("once", &json!({}));
    once["spec"]["refreshPolicy"] = json!("CreatedOnce");
    manifests.extend([app.clone(), object("orphan", &json!({"creationPolicy": "Orphan"})), let_go.clone(), once]);
    namespace.apply(&documents(&manifests)).await;
    let _operator = operator(cluster, &namespace).start().await;
    for name in ["app", "orphan", "let-go", "once"] {
        ready(&namespace, name, "True").await;
    }
    let first = user_of(&namespace, "app").await;
    namespace.apply(&asks(&app, 1)).await;
    let second = changes(&namespace, "app", &first).await;
    // A change of something else, and one that gives the object no other credential, in between.
    let mut labelled = app.clone();
    labelled["metadata"]["labels"] = json!({"team": "shop"});
    namespace.apply(&asks(&labelled, 1)).await;
    comes_true("the label is there", async || present(&namespace, "app").await.labels().contains_key("team")).await;
    assert_eq!((broker.deleted(), broker.leases("app").await), (vec![], 2), "workloads may still have the first");
    // One that does not say that nobody uses the first any more.
    let mut last = user_of(&namespace, "let-go").await;
    for times in [1, 2] {
        namespace.apply(&asks(&let_go, times)).await;
        last = changes(&namespace, "let-go", &last).await;
    }
    namespace.apply(&asks(&labelled, 2)).await;
    let third = changes(&namespace, "app", &second).await;
    comes_true("the first is given back", async || broker.leases("app").await == 2).await;
    comes_true("its user goes", async || !broker.deleted().is_empty()).await;
    assert_eq!((broker.deleted(), user_of(&namespace, "app").await), (vec![first], third));

    let external = objects(&namespace, "ExternalSecret");
    let orphaning = DeleteParams { propagation_policy: Some(PropagationPolicy::Orphan), ..DeleteParams::default() };
    for (name, how) in [("let-go", &orphaning), ("orphan", &DeleteParams::default())] {
        drop(external.delete(name, how).await.unwrap());
        comes_true("it is gone", async || external.get_opt(name).await.unwrap().is_none()).await;
    }
    for name in ["app", "once"] {
        drop(external.delete(name, &DeleteParams::default()).await.unwrap());
        comes_true("its credentials are given back", async || broker.leases(name).await == 0).await;
        assert!(namespace.api::<Secret>().get_opt(name).await.unwrap().is_none(), "not before its Secret is gone");
    }
    comes_true("so do their users", async || broker.deleted().len() == 4).await;
    for (name, leases) in [("orphan", 1), ("let-go", 3)] {
        assert_eq!(broker.leases(name).await, leases, "{name} stays");
        assert!(broker.made().contains(&user_of(&namespace, name).await), "{name} stays");
    }
}

#[tokio::test]
async fn what_was_never_written_is_given_back_and_what_waits_to_be_written_is_not() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("leases").await;
    let broker = Broker::new(bao, 36_000, 72_000).await;
    let generator = users(&namespace, bao, bao.url(), &broker, "app").await;
    // A type that no Secret with these entries can have.
    let refused = object("app", &json!({"template": {"type": "kubernetes.io/tls"}}));
    namespace.apply(&documents(&[generator, refused.clone()])).await;
    let _operator = operator(cluster, &namespace).start().await;
    ready(&namespace, "app", "False").await;
    let first = broker.made();
    namespace.apply(&asks(&refused, 1)).await;
    comes_true("another is made and the first given back", async || broker.deleted().len() == 1).await;
    assert_eq!((first.len(), broker.deleted()), (1, first));
    let written = object("app", &json!({"creationPolicy": "Owner"}));
    namespace.apply(&asks(&written, 1)).await;
    ready(&namespace, "app", "True").await;
    assert_eq!((Some(user_of(&namespace, "app").await), broker.deleted().len()), (broker.made().pop(), 1));
    assert_eq!(broker.made().len(), 2, "what waited was written");
}
