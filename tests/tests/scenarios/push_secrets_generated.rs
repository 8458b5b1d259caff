//! What generators make is pushed: one value of a run in every store, made anew at its slot, at its end and for an edit, and
//! for nothing else.

use sealbridge_tests::{Answer, Bao, Recorder, eventually};
use serde_json::{Value, json};

use crate::generators::generator;
use crate::provider_vault_leases::{Broker, asked};
use crate::push_secrets::{Stage, entry, push, stage};
use crate::stage::{SOON, documents};

/// An object that pushes what a generator makes.
fn pushing(name: &str, kind: &str, generator: &str, more: Value) -> Value {
    let mut object = push(name, more);
    object["spec"]["selector"] = json!({"generatorRef": {"kind": kind, "name": generator}});
    object
}

fn password(length: u32) -> Value {
    generator("Password", "db", json!({"length": length, "symbols": 0}))
}

/// Waits until the stores hold another value than `was` at two places, and both the same; answers with it.
async fn in_both(stage: &Stage, places: [&str; 2], was: Option<&Value>) -> Value {
    eventually(SOON * 2, &format!("{places:?} hold one value that is not {was:?}"), async || {
        let [one, other] = [stage.mount.get(places[0]).await, stage.mount.get(places[1]).await];
        match (&one, &other) {
            (Some(value), Some(_)) if one == other && one.as_ref() != was => Ok(value.clone()),
            _ => Err(format!("{one:?} and {other:?}")),
        }
    })
    .await
}

#[tokio::test]
async fn a_value_is_made_once_for_all_stores_however_long_one_is_down() {
    let stage = stage().await;
    let slow = Recorder::proxy(Bao::shared().await.url()).await;
    slow.answer(Answer::Json(503, "{}".to_owned()));
    let mut second = stage.store("second", "sealbridge", &json!({}));
    second["spec"]["provider"]["vault"]["server"] = json!(slow.url());
    let stores = json!([{"name": "vault"}, {"name": "second"}]);
    let to = |store: &str| {
        json!({"storeRef": {"name": store}, "match": {"regexp": "^(password|url)$"},
        "rewrite": [{"transform": {"template": format!("{store}/{{{{ .value }}}}")}}]})
    };
    let spec = json!({"refreshInterval": "87600h", "deletionPolicy": "Delete", "secretStoreRefs": stores,
        "dataTo": [to("vault"), to("second")], "template": {"data": {"url": r#"{"v": "pg://{{ .password }}"}"#}}});
    let mut app = pushing("app", "Password", "db", spec);
    // A password alone is no JSON, and the engine holds nothing else.
    app["spec"]["template"]["data"]["password"] = json!(r#"{"v": "{{ .password }}"}"#);
    stage.namespace.apply(&documents(&[password(24), second, app.clone()])).await;
    let mut operator = stage.operator().start().await;
    stage.is_told("app", "Errored", "second").await;
    let first = stage.mount.get("vault/password").await.expect("it stands in the store that answers");
    assert_eq!(first["v"].as_str().unwrap().len(), 24);

    slow.answer(Answer::From(Bao::shared().await.url().to_owned()));
    assert_eq!(in_both(&stage, ["vault/password", "second/password"], None).await, first);
    let url = in_both(&stage, ["vault/url", "second/url"], None).await;
    assert_eq!(url["v"], json!(format!("pg://{}", first["v"].as_str().unwrap())));
    stage.is_synced("app").await;
    let versions = async |key: &str| stage.mount.metadata(key).await.unwrap()["current_version"].clone();
    assert_eq!((versions("vault/password").await, versions("second/password").await), (json!(1), json!(1)));

    // Another login of the store is none.
    stage.namespace.kubectl(&["annotate", "secret", "login", "touched=yes"]).await.ok();
    eventually(SOON, "the store is asked anew", async || {
        let log = operator.log();
        let is_said = |store: &str| log.lines().any(|line| line.contains("is asked anew") && line.contains(store));
        if is_said("/vault") && is_said("/second") { Ok(()) } else { Err(log) }
    })
    .await;
    let other = json!({"refreshInterval": "0", "data": [entry("password", "other", "p")]});
    stage.namespace.apply(&pushing("other", "Password", "db", other).to_string()).await;
    stage.is_synced("other").await;

    // Whoever starts knows from the status alone that nothing is to be made.
    operator.stop().await;
    operator.start_again().await;
    let later = json!({"refreshInterval": "0", "data": [entry("password", "later", "p")]});
    stage.namespace.apply(&pushing("later", "Password", "db", later).to_string()).await;
    stage.is_synced("later").await;
    assert_eq!(in_both(&stage, ["vault/password", "second/password"], None).await, first);
    assert_eq!(versions("vault/password").await, json!(1));

    // An edit of the generator is a reason to run, for whoever runs it once too; and so is somebody who asks.
    let once = stage.mount.get("later").await;
    stage.namespace.apply(&password(30).to_string()).await;
    let edited = in_both(&stage, ["vault/password", "second/password"], Some(&first)).await;
    assert_eq!(edited["v"].as_str().unwrap().len(), 30);
    eventually(SOON, "what runs once ran for the edit", async || {
        let now = stage.mount.get("later").await;
        if now == once { Err(format!("{now:?}")) } else { Ok(()) }
    })
    .await;
    stage.is_synced("app").await;
    app["metadata"]["annotations"] = json!({"force-sync": "1"});
    stage.namespace.apply(&app.to_string()).await;
    in_both(&stage, ["vault/password", "second/password"], Some(&edited)).await;

    stage.namespace.kubectl(&["delete", "pushsecret", "app", "--wait=false"]).await.ok();
    stage.is_gone("app").await;
    for key in ["vault/password", "second/password", "vault/url", "second/url"] {
        assert_eq!(stage.mount.get(key).await, None, "{key}");
    }
    assert!(stage.mount.get("later").await.is_some(), "nobody asked for it to be taken back");
}

#[tokio::test]
async fn each_slot_has_a_value_of_its_own_and_what_is_there_can_be_left() {
    let stage = stage().await;
    let data = |key: &str| json!([entry("password", key, "p"), entry("password", &format!("{key}-too"), "p")]);
    stage
        .namespace
        .apply(&documents(&[
            password(24),
            pushing("app", "Password", "db", json!({"refreshInterval": "10s", "data": data("app")})),
            pushing(
                "kept",
                "Password",
                "db",
                json!({"refreshInterval": "10s", "updatePolicy": "IfNotExists", "data": data("kept")}),
            ),
            pushing("absent", "UUID", "id", json!({"data": [entry("uuid", "absent", "id")]})),
        ]))
        .await;
    let _operator = stage.operator().start().await;
    let kept = in_both(&stage, ["kept", "kept-too"], None).await;
    let first = in_both(&stage, ["app", "app-too"], None).await;
    let second = in_both(&stage, ["app", "app-too"], Some(&first)).await;
    in_both(&stage, ["app", "app-too"], Some(&second)).await;
    assert_eq!(in_both(&stage, ["kept", "kept-too"], None).await, kept);

    stage.is_told("absent", "Errored", "could not get source secret: SourceNotFound: UUID/id: there is no such generator").await;
    stage.namespace.apply(&generator("UUID", "id", json!({})).to_string()).await;
    stage.is_synced("absent").await;
    assert_eq!(stage.mount.get("absent").await.unwrap()["id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_credential_that_ends_is_made_anew_before_and_given_back_where_nobody_gets_it() {
    let (stage, bao) = (stage().await, Bao::shared().await);
    let broker = Broker::new(bao, 36, 90).await;
    let server = Recorder::proxy(bao.url()).await;
    let users = async |name: &str| {
        let role = bao.approle("", &[&broker.policy().await], json!({"token_ttl": "1h"})).await;
        let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("login-{name}")},
            "stringData": {"id": role.secret_id}});
        stage.namespace.apply(&login.to_string()).await;
        let secret = json!({"name": format!("login-{name}"), "key": "id"});
        let auth = json!({"appRole": {"path": role.mount, "roleId": role.role_id, "secretRef": secret}});
        let spec = json!({"provider": {"server": server.url(), "auth": auth}, "path": broker.role(name).await});
        generator("VaultDynamicSecret", name, spec)
    };
    let data = json!([entry("username", "app", "user"), entry("username", "app-too", "user")]);
    let app = pushing("app", "VaultDynamicSecret", "app", json!({"refreshInterval": "87600h", "data": data}));
    stage.namespace.apply(&documents(&[users("app").await, app])).await;
    let mut operator = stage.operator().start().await;
    let first = in_both(&stage, ["app", "app-too"], None).await;
    stage.is_synced("app").await;
    let second = in_both(&stage, ["app", "app-too"], Some(&first)).await;
    stage.is_synced("app").await;

    // Whoever starts goes by the end that the status says.
    operator.stop().await;
    operator.start_again().await;
    in_both(&stage, ["app", "app-too"], Some(&second)).await;
    assert_eq!(broker.made().len(), 3);
    assert_eq!(asked(&server, "auth/token/revoke-self"), 0, "the stores have each of them");

    let broken = json!({"refreshInterval": "87600h", "data": [entry("none", "broken", "user")]});
    let broken = pushing("broken", "VaultDynamicSecret", "broken", broken);
    stage.namespace.apply(&documents(&[users("broken").await, broken])).await;
    stage.is_told("broken", "Errored", "VaultDynamicSecret/broken has no entry \"none\"").await;
    stage.namespace.kubectl(&["delete", "pushsecret", "broken"]).await.ok();
    eventually(SOON, "what nobody got is given back", async || match asked(&server, "auth/token/revoke-self") {
        1 => Ok(()),
        times => Err(times.to_string()),
    })
    .await;
}
