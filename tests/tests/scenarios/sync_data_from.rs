//! Entries that come several at once, and entries that may be absent.

use sealbridge_tests::{Bao, Cluster, Operator, SecretHistory, eventually};
use serde_json::json;

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, text, vault_store};

#[tokio::test]
async fn members_of_a_value_are_renamed_decoded_and_merged_in_order() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("members").await;
    let mount = bao.kv2("members").await;
    mount.put("shop/config", &[("db/user", "app"), ("level", "info"), ("over", "config")]).await;
    mount.put("shop/encoded", &[("logo", "+/8="), ("over", "ZW5jb2RlZA==")]).await;
    mount.put("shop/json", &[("one", r#"{"a":1.50,"b":"x"}"#), ("two", r#"{"b":"y","c":[1, 2]}"#)]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"level": {"plain": "debug"}},
        "dataFrom": [
            {"extract": {"key": "shop/config"}},
            {"extract": {"key": "shop/encoded", "decodingStrategy": "Base64"}, "rewrite": [{"regexp": {"source": "^l", "target": "L"}}]},
            {"extract": {"key": "shop/json"}, "rewrite": [{"merge": {"priority": ["one"], "conflictPolicy": "Ignore"}}]},
        ],
    });
    namespace.apply(&documents(&[bridged_secret("checkout", &spec)])).await;

    is_told(&namespace, "checkout", "Synced").await;
    let secret = has_text(&namespace, "checkout", "db_user", "app").await;
    let expected = [("level", "debug"), ("over", "encoded"), ("a", "1.5"), ("b", "x"), ("c", "[1,2]")];
    for (key, value) in expected {
        assert_eq!(text(&secret, key).as_deref(), Some(value), "{key}");
    }
    let data = secret.data.as_ref().unwrap();
    assert_eq!(data.get("Logo").map(|value| value.0.as_slice()), Some([0xfb, 0xff].as_slice()));
    assert_eq!(data.len(), expected.len() + 2);

    mount.put("shop/config", &[("db/user", "later"), ("new", "one")]).await;
    let secret = has_text(&namespace, "checkout", "db_user", "later").await;
    assert_eq!(text(&secret, "new").as_deref(), Some("one"));
    assert_eq!(text(&secret, "over").as_deref(), Some("encoded"));
}

#[tokio::test]
async fn what_collides_or_cannot_be_decoded_leaves_the_secret_as_it_was() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("collide").await;
    let mount = bao.kv2("collide").await;
    mount.put("shop/config", &[("a", "YQ==")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "dataFrom": [{"extract": {"key": "shop/config", "decodingStrategy": "Base64"}}],
    });
    namespace.apply(&documents(&[bridged_secret("checkout", &spec)])).await;
    let secret = has_text(&namespace, "checkout", "a", "a").await;
    let history = SecretHistory::record(&namespace, "checkout").await;

    mount.put("shop/config", &[("a", "canary-hunter2")]).await;
    let told = message(&is_told(&namespace, "checkout", "SourceInvalid").await);
    assert!(told.contains("dataFrom[0]") && told.contains("a: the value is not base64") && !told.contains("hunter2"), "{told}");
    mount.put("shop/config", &[("a/b", "YQ=="), ("a:b", "YQ==")]).await;
    eventually(SOON, "the collision is told", async || {
        let told = message(&is_told(&namespace, "checkout", "SourceInvalid").await);
        if told.contains(r#""a/b" and "a:b" both become "a_b""#) { Ok(()) } else { Err(told) }
    })
    .await;

    mount.put("shop/config", &[("a", "Yg==")]).await;
    let last = has_text(&namespace, "checkout", "a", "b").await;
    assert_eq!(secret.metadata.uid, last.metadata.uid);
    history.reached(&last).await;
    history.assert_never_without(&["a"]);
}

#[tokio::test]
async fn a_template_follows_its_values_and_is_told_without_them() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("template").await;
    let mount = bao.kv2("template").await;
    mount.put("shop/db", &[("user", "app"), ("password", "a b")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = |url: &str| {
        json!({
            "secretStoreRef": {"name": "vault"},
            "refreshInterval": "10s",
            "dataFrom": [{"extract": {"key": "shop/db"}}],
            "target": {"template": {"data": {"url": url}}},
        })
    };
    let url = "postgres://{{ .user }}:{{ .password | urlquery }}@db";
    namespace.apply(&documents(&[bridged_secret("checkout", &spec(url))])).await;
    let secret = has_text(&namespace, "checkout", "url", "postgres://app:a+b@db").await;
    assert_eq!(secret.data.as_ref().unwrap().len(), 1, "the values are not entries");
    let history = SecretHistory::record(&namespace, "checkout").await;

    mount.put("shop/db", &[("user", "app"), ("password", "c")]).await;
    let last = has_text(&namespace, "checkout", "url", "postgres://app:c@db").await;

    mount.put("shop/db", &[("user", "canary-hunter2")]).await;
    let told = message(&is_told(&namespace, "checkout", "TargetInvalid").await);
    assert!(told.contains("template url, line 1: there is no value password") && !told.contains("hunter2"), "{told}");
    namespace.apply(&documents(&[bridged_secret("checkout", &spec("{{ range until 1000000000 }}x{{ end }}"))])).await;
    eventually(SOON, "a template without end is told", async || {
        let told = message(&is_told(&namespace, "checkout", "TargetInvalid").await);
        if told.contains("make the template or its values smaller") { Ok(()) } else { Err(told) }
    })
    .await;
    history.reached(&last).await;
    history.assert_never_without(&["url"]);
}

#[tokio::test]
async fn what_differs_at_every_run_is_made_once_and_anew_when_its_values_change_or_it_is_lost() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("volatile").await;
    let mount = bao.kv2("volatile").await;
    mount.put("app", &[("user", "app")]).await;
    vault_store(&namespace, bao, &mount).await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {"user": {"remoteRef": {"key": "app", "property": "user"}}},
        "target": {"template": {"data": {"id": "{{ .user }}-{{ randAlphaNum 16 }}", "cert": "{{ genPrivateKey `ed25519` }}"}}},
    });
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    is_told(&namespace, "app", "Synced").await;
    let secrets = namespace.api::<k8s_openapi::api::core::v1::Secret>();
    let first = secrets.get("app").await.unwrap();
    let id = text(&first, "id").unwrap();
    assert!(id.starts_with("app-") && id.len() == 20, "{id}");

    let history = SecretHistory::record(&namespace, "app").await;
    crate::stage::rounds_pass(&operator, 2).await;
    namespace.kubectl(&["annotate", "bridgedsecret", "app", "sealbridge.dev/refresh=1"]).await.ok();
    operator.stop().await;
    operator.start_again().await;
    namespace.kubectl(&["annotate", "bridgedsecret", "app", "--overwrite", "sealbridge.dev/refresh=2"]).await.ok();
    crate::stage::rounds_pass(&operator, 1).await;
    assert_eq!(history.revisions().len(), 1, "neither a round, a refresh nor a restart makes it anew");

    let changed = async |why: &str, before: &str| {
        eventually(SOON, why, async || {
            let secret = secrets.get_opt("app").await.map_err(|error| error.to_string())?.ok_or("no Secret")?;
            let now = text(&secret, "id").ok_or("no id")?;
            if now != before && now.starts_with("app") && now.len() > 19 { Ok(secret) } else { Err(now) }
        })
        .await
    };
    // Edited by hand: what was there is lost, and what somebody else wrote is not taken for it.
    namespace
        .kubectl(&["patch", "secret", "app", "--type=merge", "-p", r#"{"stringData":{"id":"app-forged-by-somebody"}}"#])
        .await
        .ok();
    eventually(SOON, "the forged value is gone", async || {
        let secret = secrets.get("app").await.map_err(|error| error.to_string())?;
        let now = text(&secret, "id").unwrap_or_default();
        if now.contains("forged") { Err(now) } else { Ok(()) }
    })
    .await;
    let healed = text(&secrets.get("app").await.unwrap(), "id").unwrap();
    mount.put("app", &[("user", "app2")]).await;
    let anew = changed("a changed value makes it anew", &healed).await;
    let id = text(&anew, "id").unwrap();
    namespace.kubectl(&["delete", "secret", "app"]).await.ok();
    let made = changed("a lost Secret is made anew", &id).await;
    let revision = |secret: &k8s_openapi::api::core::v1::Secret| {
        secret.metadata.annotations.as_ref().unwrap()["sealbridge.dev/revision"].clone()
    };
    assert_ne!(revision(&anew), revision(&made), "workloads are told of the new value");
}

#[tokio::test]
async fn an_entry_that_may_be_absent_comes_and_goes() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("absent").await;
    let mount = bao.kv2("absent").await;
    mount.put("shop/db", &[("user", "app")]).await;
    vault_store(&namespace, bao, &mount).await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "refreshInterval": "10s",
        "data": {
            "USER": {"remoteRef": {"key": "shop/db", "property": "user"}},
            "FLAG": {"remoteRef": {"key": "shop/flags", "property": "dark"}, "optional": true},
            "LEVEL": {"remoteRef": {"key": "shop/flags", "property": "level"}, "default": "info"},
            "PORT": {"remoteRef": {"key": "shop/db", "property": "port"}, "default": "5432"},
        },
        "dataFrom": [{"extract": {"key": "shop/extra"}, "optional": true}],
    });
    namespace.apply(&documents(&[bridged_secret("checkout", &spec)])).await;
    // At once, though nothing was ever seen: there is nothing that could be removed.
    is_told(&namespace, "checkout", "Synced").await;
    let secret = has_text(&namespace, "checkout", "LEVEL", "info").await;
    assert_eq!(text(&secret, "PORT").as_deref(), Some("5432"));
    assert_eq!(secret.data.as_ref().unwrap().len(), 3);

    mount.put("shop/flags", &[("dark", "yes"), ("level", "debug")]).await;
    mount.put("shop/extra", &[("more", "x")]).await;
    has_text(&namespace, "checkout", "FLAG", "yes").await;
    let secret = has_text(&namespace, "checkout", "more", "x").await;
    assert_eq!(text(&secret, "LEVEL").as_deref(), Some("debug"));

    mount.put("shop/flags", &[("level", "warn")]).await;
    let secret = has_text(&namespace, "checkout", "LEVEL", "warn").await;
    assert_eq!(text(&secret, "FLAG"), None, "a property that is gone is gone with authority");
    assert_eq!(text(&secret, "USER").as_deref(), Some("app"));
}
