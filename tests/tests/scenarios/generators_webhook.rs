//! The generator that asks any server, against servers of the test: what is sent, how often, and what is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use sealbridge_tests::{Answer, Bao, Cluster, Namespace, Recorder, TestCa, eventually};
use serde_json::{Value, json};

use crate::generators::{adopted, from, generator, made, operator, ready};
use crate::stage::{SOON, documents, text};

const ALLOWED: &str = "--allow-webhook-loopback";
const CANARY: &str = "canary-3f1c";

/// A Secret that webhooks may have.
fn credentials(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "labels": {"external-secrets.io/type": "webhook"}},
        "stringData": {"user": "a b&c", "password": CANARY}})
}

/// A generator and an object that wants its values.
fn pair(name: &str, spec: Value) -> [Value; 2] {
    let object = json!({"refreshInterval": "87600h", "dataFrom": [from("Webhook", name)]});
    [generator("Webhook", name, spec), adopted(name, object)]
}

async fn answering(data: Value) -> Recorder {
    Recorder::answering(Answer::Json(200, data.to_string())).await
}

#[tokio::test]
async fn a_server_is_asked_once_in_a_slot_with_what_the_secrets_hold() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("webhook").await;
    let server = answering(json!({"data": {"token": "t-1", "n": 12_345_678_901_234_567_890_u64, "more": {"a": [1]}}})).await;
    let proxy = Recorder::answering(Answer::HangUp).await;
    let spec = json!({
        "url": format!("{}/make?u={{{{ .auth.user }}}}", server.url()),
        "method": "POST",
        "headers": {"Authorization": "Basic {{ print .auth.user \":\" .auth.password | b64enc }}", "Content-Type": "text/plain"},
        "body": "{{ .auth.password | upper }}",
        "timeout": "10s",
        "result": {"jsonPath": "$.data"},
        "secrets": [{"name": "auth", "secretRef": {"name": "credentials"}}],
    });
    let [webhook, object] = pair("app", spec);
    namespace.apply(&documents(&[credentials("credentials"), webhook, object.clone()])).await;
    let proxied = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let operator = operator(cluster, &namespace).flag(ALLOWED);
    let operator = proxied.into_iter().fold(operator, |operator, name| operator.env(name, proxy.url()));
    let mut operator = operator.start().await;
    let secret = made(&namespace, "app").await;
    let of = |key: &str| text(&secret, key).unwrap();
    assert_eq!((of("token").as_str(), of("n").as_str(), of("more").as_str()), ("t-1", "12345678901234567890", r#"{"a":[1]}"#));
    ready(&namespace, "app", "True").await;
    let asked = server.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/make?u=a+b%26c"));
    assert_eq!(asked[0].header("authorization"), Some("Basic YSBiJmM6Y2FuYXJ5LTNmMWM="));
    assert_eq!((asked[0].header("content-type"), asked[0].body.as_str()), (Some("text/plain"), "CANARY-3F1C"));

    operator.stop().await;
    operator.start_again().await;
    let mark = json!({"metadata": {"labels": {"sealbridge.dev/managed": null}}});
    namespace.api::<Secret>().patch("app", &PatchParams::default(), &Patch::Merge(mark)).await.unwrap();
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, "the mark is back", async || {
        let secret = secrets.get("app").await.map_err(|error| error.to_string())?;
        if kube::ResourceExt::labels(&secret).contains_key("sealbridge.dev/managed") { Ok(()) } else { Err("not yet".to_owned()) }
    })
    .await;
    assert_eq!(server.requests().len(), 1, "neither a restart nor a heal asks");

    server.answer(Answer::Json(200, json!({"data": "{\"token\":\"t-2\"}"}).to_string()));
    let mut asked = object;
    asked["metadata"]["annotations"]["force-sync"] = json!("1");
    namespace.apply(&asked.to_string()).await;
    eventually(SOON, "the new value is there", async || {
        let secret = secrets.get("app").await.map_err(|error| error.to_string())?;
        let keys = secret.data.as_ref().map(|data| data.keys().cloned().collect::<Vec<_>>());
        if text(&secret, "token").as_deref() == Some("t-2") && keys == Some(vec!["token".to_owned()]) {
            Ok(())
        } else {
            Err(format!("{keys:?}"))
        }
    })
    .await;
    assert_eq!((server.requests().len(), proxy.connections_accepted()), (2, 0));
}

/// Waits until each object says that it failed with these words, and that there is no Secret; nothing of what was sent or
/// answered may be told.
async fn all_fail(namespace: &Namespace<'_>, wanted: &[(&str, &str)]) {
    for (name, words) in wanted {
        let (_, message) = ready(namespace, name, "False").await;
        assert!(message.contains(words), "{name}: {message}");
        assert!(!message.contains("canary"), "{name}: {message}");
        assert!(namespace.api::<Secret>().get_opt(name).await.unwrap().is_none(), "{name}");
    }
}

#[tokio::test]
async fn what_brings_no_values_is_told_by_its_class_alone() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("webhook").await;
    let elsewhere = answering(json!({"a": "1"})).await;
    let told = |status: u16| Answer::With(status, vec![("x-told".to_owned(), CANARY.to_owned())], CANARY.to_owned());
    let big = json!({"a": "x".repeat(1 << 20)}).to_string();
    let answers = [
        ("gone", told(404), "the server has nothing there (404)"),
        ("denied", told(401), "the server refused the request (401)"),
        ("bad", told(400), "the server did not take the request (400)"),
        ("failing", told(500), "the server could not be reached, failed"),
        ("limited", told(429), "limits the rate"),
        ("redirect", Answer::Redirect(elsewhere.url()), "a redirect (307), which is not followed"),
        ("silent", Answer::Silence, "did not answer in time"),
        ("endless", Answer::Endless, "larger than 1 MiB"),
        ("big", Answer::Json(200, big), "larger than 1 MiB"),
        ("html", Answer::Html, "the answer is not JSON"),
        ("text", Answer::Json(200, format!("\"{CANARY}\"")), "no JSON object"),
        ("place", Answer::Json(200, json!({"b": CANARY}).to_string()), "nothing at spec.result.jsonPath"),
    ];
    let mut objects = Vec::new();
    let mut servers = Vec::new();
    for (name, answer, _) in &answers {
        let server = Recorder::answering(answer.clone()).await;
        let path = if *name == "place" { json!({"jsonPath": "$.a"}) } else { json!({}) };
        objects.extend(pair(name, json!({"url": server.url(), "timeout": "2s", "result": path})));
        servers.push(server);
    }
    let server = answering(json!({"a": "1"})).await;
    let other = cluster.namespace("webhook-other").await;
    other.apply(&credentials("credentials").to_string()).await;
    let with = |secret: Value| json!({"url": format!("{}/{{{{ .s.password }}}}", server.url()), "result": {}, "secrets": [{"name": "s", "secretRef": secret}]});
    let plain = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "plain"}, "stringData": {"password": CANARY}});
    objects.extend([plain, credentials("mine")]);
    objects.extend(pair("unlabelled", with(json!({"name": "plain"}))));
    objects.extend(pair("foreign", with(json!({"name": "credentials", "namespace": other.name()}))));
    objects.extend(pair("absent", with(json!({"name": "credentials"}))));
    objects.extend(pair(
        "no-entry",
        json!({"url": format!("{}/{{{{ .s.other }}}}", server.url()), "result": {},
        "secrets": [{"name": "s", "secretRef": {"name": "mine"}}]}),
    ));
    objects.extend(pair("metadata", json!({"url": "http://169.254.169.254/latest", "result": {}})));
    objects.extend(pair("two-hosts", json!({"url": "http://[::ffff:169.254.169.254]/latest", "result": {}})));
    namespace.apply(&documents(&objects)).await;
    let _operator = operator(cluster, &namespace).flag(ALLOWED).start().await;
    all_fail(&namespace, &answers.each_ref().map(|(name, _, words)| (*name, *words))).await;
    all_fail(
        &namespace,
        &[
            ("unlabelled", "without the label external-secrets.io/type: webhook"),
            ("foreign", "may not refer to namespace"),
            ("absent", "does not exist"),
            ("no-entry", "there is no value other"),
            ("metadata", "where no webhook may go"),
            ("two-hosts", "where no webhook may go"),
        ],
    )
    .await;
    assert!(server.requests().is_empty() && elsewhere.requests().is_empty());
    assert!(servers.iter().all(|server| server.requests().len() <= 2), "one that failed is left alone for a minute");
}

#[tokio::test]
async fn a_server_is_known_by_the_ca_that_is_named() {
    let cluster = Cluster::shared().await;
    let (namespace, other) = (cluster.namespace("webhook").await, cluster.namespace("webhook-other").await);
    let ca = TestCa::new("webhook");
    let server = Bao::private_with_tls(&ca).await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.crt": ca.pem()}});
    other.apply(&map.to_string()).await;
    let with = |more: Value| {
        let mut spec = json!({"url": format!("{}/v1/sys/seal-status", server.url()), "result": {}});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let provider =
        |namespace: Value| json!({"caProvider": {"type": "ConfigMap", "name": "ca", "key": "ca.crt", "namespace": namespace}});
    let objects = [
        pair("bundle", with(json!({"caBundle": STANDARD.encode(ca.pem())}))),
        pair("provider", with(provider(Value::Null))),
        pair("foreign", with(provider(json!(other.name())))),
        pair("none", with(json!({}))),
        pair("another", with(json!({"caBundle": TestCa::new("another").pem()}))),
    ];
    namespace.apply(&documents(&[objects.as_flattened(), &[map]].concat())).await;
    let _operator = operator(cluster, &namespace).flag(ALLOWED).start().await;
    for name in ["bundle", "provider"] {
        assert_eq!(text(&made(&namespace, name).await, "sealed").as_deref(), Some("false"), "{name}");
    }
    all_fail(&namespace, &[("foreign", "may not refer to namespace"), ("none", "certificate"), ("another", "is not trusted")])
        .await;
}

#[tokio::test]
async fn the_host_itself_is_no_server_without_leave() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("webhook").await;
    let server = answering(json!({"a": "1"})).await;
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let hosts =
        [("address", "127.0.0.1"), ("name", "localhost"), ("mapped", "[::ffff:127.0.0.1]"), ("short", "127.1"), ("any", "0.0.0.0")];
    let objects: Vec<_> =
        hosts.iter().flat_map(|(name, host)| pair(name, json!({"url": format!("http://{host}:{port}/"), "result": {}}))).collect();
    namespace.apply(&documents(&objects)).await;
    let _operator = operator(cluster, &namespace).start().await;
    all_fail(&namespace, &hosts.map(|(name, _)| (name, "--allow-webhook-loopback"))).await;
    assert_eq!(server.connections_accepted(), 0);
}

#[tokio::test]
async fn an_edit_of_what_a_generator_logs_in_with_has_a_failed_one_tried_again() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("webhook").await;
    let server = answering(json!({"a": "1"})).await;
    let spec = json!({"url": server.url(), "result": {}, "headers": {"X-Key": "{{ .s.password }}"},
        "secrets": [{"name": "s", "secretRef": {"name": "credentials"}}]});
    // By itself such an object is tried again after minutes alone.
    let object = adopted("app", json!({"refreshPolicy": "CreatedOnce", "dataFrom": [from("Webhook", "app")]}));
    namespace.apply(&documents(&[generator("Webhook", "app", spec), object])).await;
    let _operator = operator(cluster, &namespace).flag(ALLOWED).start().await;
    let (_, message) = ready(&namespace, "app", "False").await;
    assert!(message.contains("does not exist"), "{message}");
    let mut secret = credentials("credentials");
    secret["metadata"]["labels"] = json!({});
    namespace.apply(&secret.to_string()).await;
    eventually(SOON, "the label is asked for", async || {
        let (_, message) = ready(&namespace, "app", "False").await;
        if message.contains("without the label") { Ok(()) } else { Err(message) }
    })
    .await;
    namespace.apply(&credentials("credentials").to_string()).await;
    made(&namespace, "app").await;
    ready(&namespace, "app", "True").await;
    // One that did not fail is not asked for anything by an edit.
    let mut secret = credentials("credentials");
    secret["stringData"]["user"] = json!("b");
    namespace.apply(&secret.to_string()).await;
    let [webhook, other] = pair("other", json!({"url": format!("{}/other", server.url()), "result": {}}));
    namespace.apply(&documents(&[webhook, other])).await;
    made(&namespace, "other").await;
    assert_eq!(server.requests().iter().filter(|request| request.path == "/").count(), 1);
}
