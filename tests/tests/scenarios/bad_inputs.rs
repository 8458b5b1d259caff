//! Every bad input is told on its object in words that a person can act upon, and leaves the Secret and
//! everybody else's object alone. The words are in `tests/fixtures/golden`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Moto, Namespace, Recorder};
use serde_json::{Value, json};

use crate::golden::{assert_golden, shown};
use crate::sealing::{KeyPair, SealingCluster, sealed};
use crate::stage::{bridged_secret, documents, has_text, is_told, message, vault_store};

/// Never in a message: what the values of bad inputs hold.
const CANARY: &str = "canary-in-a-bad-input";

/// An edit of the entry PASSWORD, and the reason that it gets.
struct Case {
    name: &'static str,
    reason: &'static str,
    data: Value,
}

fn case(name: &'static str, reason: &'static str, entry: impl Into<Value>) -> Case {
    Case { name, reason, data: json!({"PASSWORD": entry.into()}) }
}

fn remote(key: &str, property: &str) -> Value {
    json!({"remoteRef": {"key": key, "property": property}})
}

fn remote_in(store: &str, key: &str, property: &str) -> Value {
    json!({"secretStoreRef": {"name": store}, "remoteRef": {"key": key, "property": property}})
}

fn object(name: &str, data: &Value) -> String {
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": data});
    documents(&[bridged_secret(name, &spec)])
}

/// Makes an object for each case that is fine, then edits it; the neighbour follows its source throughout.
async fn each_is_told(namespace: &Namespace<'_>, mount: &Mount<'_>, cases: Vec<Case>, names: &[(&str, &str)]) {
    let fine = json!({"PASSWORD": remote("good", "p")});
    for name in cases.iter().map(|case| case.name).chain(["neighbour"]) {
        namespace.apply(&object(name, &fine)).await;
    }
    for case in cases {
        is_told(namespace, case.name, "Synced").await;
        let before = has_text(namespace, case.name, "PASSWORD", "good").await;
        namespace.apply(&object(case.name, &case.data)).await;
        let told = message(&is_told(namespace, case.name, case.reason).await);
        assert!(!told.contains(CANARY), "{told}");
        let after = has_text(namespace, case.name, "PASSWORD", "good").await;
        assert_eq!(after.metadata.resource_version, before.metadata.resource_version, "{}: the Secret was touched", case.name);
        let names = [names, &[(namespace.name(), "shop")]].concat();
        assert_golden(case.name, &shown(namespace, case.name, case.reason, &names).await);
    }
    mount.put("good", &[("p", "better")]).await;
    has_text(namespace, "neighbour", "PASSWORD", "better").await;
    is_told(namespace, "neighbour", "Synced").await;
}

/// A sealed text with another age file in it.
fn with_file(sealed: &str, file: &[u8]) -> Value {
    let (claims, _) = sealed.rsplit_once(':').unwrap();
    json!({"sealed": format!("{claims}:{}", BASE64_STANDARD.encode(file))})
}

/// An age file (C2SP age.md) with this in its header, which nothing opens.
fn age_file(stanzas: &str) -> Vec<u8> {
    let body = "A".repeat(43);
    format!("age-encryption.org/v1\n{stanzas}--- {body}\n{}", "x".repeat(64)).into_bytes()
}

#[tokio::test]
async fn every_sealed_value_that_cannot_be_used_is_told() {
    let stage = SealingCluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = stage.cluster.namespace("bad").await;
    let mount = bao.kv2("bad").await;
    mount.put("good", &[("p", "good")]).await;
    vault_store(&namespace, bao, &mount).await;
    let developer = stage.key.developer().await;
    let foreign = KeyPair::new().await;
    let seal = async |name: &str, key: &str| sealed(&developer, namespace.name(), name, key, "strict", CANARY).await;
    let text = |text: String| json!({"sealed": text});
    let cut = |sealed: &str, bytes: usize| text(sealed.split_at(sealed.len() - bytes).0.to_owned());
    let half_block = seal("sealed-truncated-base64", "PASSWORD").await;
    let block = seal("sealed-truncated-file", "PASSWORD").await;
    let scope = seal("sealed-edited-scope", "PASSWORD").await;
    let age_alone = developer.age(&["-r", &stage.key.recipient], CANARY.as_bytes()).await.ok();
    let passphrase = age_file(&format!("-> scrypt {} 18\n{}\n", "A".repeat(22), "A".repeat(43)));
    let stanza = format!("-> X25519 {}\n{}\n", "A".repeat(43), "A".repeat(43));
    let invalid = "SealedInvalid";
    let cases = vec![
        case(
            "sealed-malformed-file",
            invalid,
            with_file(&seal("sealed-malformed-file", "PASSWORD").await, b"age-encryption.org/v1\nno header\n"),
        ),
        case(
            "sealed-not-age",
            invalid,
            with_file(&seal("sealed-not-age", "PASSWORD").await, format!("{CANARY} in plain base64").as_bytes()),
        ),
        case("sealed-by-age-alone", invalid, with_file(&seal("sealed-by-age-alone", "PASSWORD").await, &age_alone)),
        case("sealed-truncated-base64", invalid, cut(&half_block, 5)),
        case("sealed-truncated-file", invalid, cut(&block, 8)),
        case("sealed-edited-scope", invalid, text(scope.replacen(";s=strict;", ";s=namespace;", 1))),
        case("sealed-passphrase", invalid, with_file(&seal("sealed-passphrase", "PASSWORD").await, &passphrase)),
        case(
            "sealed-many-stanzas",
            invalid,
            with_file(&seal("sealed-many-stanzas", "PASSWORD").await, &age_file(&stanza.repeat(3000))),
        ),
        case(
            "sealed-for-other-namespace",
            "SealedForOther",
            text(sealed(&developer, "bank", "sealed-for-other-namespace", "PASSWORD", "strict", CANARY).await),
        ),
        case("sealed-for-other-name", "SealedForOther", text(seal("checkout", "PASSWORD").await)),
        case("sealed-for-other-entry", "SealedForOther", text(seal("sealed-for-other-entry", "API_KEY").await)),
        case(
            "sealed-to-unknown-key",
            "NoKey",
            text(sealed(&foreign.developer().await, namespace.name(), "sealed-to-unknown-key", "PASSWORD", "strict", CANARY).await),
        ),
    ];
    each_is_told(&namespace, &mount, cases, &[(&stage.key.id, "0000000000held00"), (&foreign.id, "000000unknown000")]).await;
}

#[tokio::test]
async fn every_answer_of_a_store_that_cannot_be_used_is_told() {
    let stage = SealingCluster::shared().await;
    let (bao, moto) = (Bao::shared().await, Moto::shared().await);
    let namespace = stage.cluster.namespace("bad").await;
    let mount = bao.kv2("bad").await;
    mount.put("good", &[("p", "good")]).await;
    mount.put("deleted", &[("p", CANARY)]).await;
    mount.delete("deleted").await;
    let half = "x".repeat(600 * 1024);
    for key in ["half", "other-half"] {
        mount.put(key, &[("p", &half)]).await;
    }
    moto.put("bad-inputs/text", CANARY).await;
    let elsewhere = Recorder::answering(Answer::Html).await;
    let large = json!({"data": {"data": {"p": CANARY.repeat(60_000)}, "metadata": {"version": 1}}});
    let lies = [
        ("html", Recorder::answering(Answer::Html).await),
        ("endless", Recorder::answering(Answer::Endless).await),
        ("redirect", Recorder::answering(Answer::Redirect(elsewhere.url())).await),
        ("large", Recorder::answering(Answer::Json(200, large.to_string())).await),
    ];
    vault_store(&namespace, bao, &mount).await;
    for (name, liar) in &lies {
        let provider = json!({"vault": {"server": liar.url(), "path": "kv", "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}}}});
        namespace.apply(&store(name, &provider)).await;
    }
    let keys =
        json!({"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "secret"}});
    let aws =
        json!({"aws": {"service": "SecretsManager", "region": moto.region(), "endpoint": moto.url(), "auth": {"secretRef": keys}}});
    let credentials =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws"}, "stringData": {"id": "id", "secret": "secret"}});
    namespace.apply(&documents(&[credentials])).await;
    namespace.apply(&store("aws", &aws)).await;
    for (name, _) in &lies {
        namespace
            .kubectl(&["wait", "--for=condition=Ready=False", "--timeout=60s", &format!("secretstores.sealbridge.dev/{name}")])
            .await
            .ok();
    }
    let cases = vec![
        case("version-deleted", "SourceNotFound", remote("deleted", "p")),
        case("key-absent", "SourceNotFound", remote("never", "p")),
        case("property-absent", "PropertyNotFound", remote("good", "q")),
        case("text-where-json", "SourceInvalid", remote_in("aws", "bad-inputs/text", "p")),
        case("value-too-large", "SourceInvalid", remote_in("large", "any", "p")),
        Case {
            name: "secret-too-large",
            reason: "TargetInvalid",
            data: json!({"PASSWORD": remote("half", "p"), "MORE": remote("other-half", "p")}),
        },
        case("store-answers-html", "StoreMisconfigured", remote_in("html", "any", "p")),
        case("store-answers-without-end", "SourceInvalid", remote_in("endless", "any", "p")),
        case("store-redirects", "StoreMisconfigured", remote_in("redirect", "any", "p")),
        case("store-absent", "StoreNotFound", remote_in("never", "any", "p")),
    ];
    each_is_told(&namespace, &mount, cases, &[]).await;
    assert!(elsewhere.requests().is_empty(), "a redirect is not followed: {:?}", elsewhere.requests());
}

fn store(name: &str, provider: &Value) -> String {
    documents(&[
        json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": name}, "spec": {"provider": provider}}),
    ])
}

#[tokio::test]
async fn json_is_written_as_its_text_where_text_was_expected() {
    let stage = SealingCluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = stage.cluster.namespace("json").await;
    let mount = bao.kv2("json").await;
    mount.put_json("app", &json!({"p": {"b": [1, true], "a": "<"}, "n": 1.5})).await;
    vault_store(&namespace, bao, &mount).await;
    namespace.apply(&object("app", &json!({"OBJECT": remote("app", "p"), "NUMBER": remote("app", "n")}))).await;
    has_text(&namespace, "app", "OBJECT", r#"{"a":"\u003c","b":[1,true]}"#).await;
    has_text(&namespace, "app", "NUMBER", "1.5").await;
}

#[tokio::test]
async fn names_that_kubernetes_refuses_are_refused_when_they_are_applied() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("names").await;
    let mut told = String::new();
    for (what, key) in [("a blank", "API KEY"), ("dots", ".."), ("no name", ""), ("too long", &"K".repeat(254))] {
        let refused = namespace.try_apply(&object("checkout", &json!({key: {"plain": CANARY}}))).await;
        assert!(!refused.success, "{what}");
        assert!(!refused.stderr.contains(CANARY), "{what}: {}", refused.stderr);
        told += &format!("# {what}\n{}\n", refused.stderr.trim_end());
    }
    assert_golden("entry-names", &told.replace(namespace.name(), "shop"));
}
