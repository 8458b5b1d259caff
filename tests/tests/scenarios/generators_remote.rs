//! Generators that ask a server: engines of a real OpenBao, STS and the container registry of moto.

use k8s_openapi::api::core::v1::Secret;
use reqwest::Method;
use sealbridge_tests::{Bao, Cluster, Moto, Namespace, eventually};
use serde_json::{Value, json};

use crate::generators::{adopted, from, generator, made, operator, ready};
use crate::stage::{SOON, documents, text};

/// An SSH engine that makes passwords for one use, of so many seconds each; returns its mount.
async fn one_time_passwords(bao: &Bao, seconds: u32) -> String {
    let mount = bao.engine("ssh").await;
    let told = async |path: String, body: Value| {
        bao.call(Method::POST, &path, Some(&body)).await.expect("taken");
    };
    told(format!("sys/mounts/{mount}/tune"), json!({"default_lease_ttl": format!("{seconds}s")})).await;
    let role = json!({"key_type": "otp", "default_user": "app", "cidr_list": "127.0.0.0/8"});
    told(format!("{mount}/roles/app"), role).await;
    mount
}

async fn provider(namespace: &Namespace<'_>, bao: &Bao, mount: &str) -> Value {
    let rules = format!("path \"{mount}/*\" {{ capabilities = [\"create\", \"update\", \"read\", \"list\"] }}");
    let token = bao.token("", &[&bao.policy("", &rules).await], json!({})).await;
    let name = format!("token-{mount}");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"token": token}});
    namespace.apply(&secret.to_string()).await;
    json!({"server": bao.url(), "auth": {"tokenSecretRef": {"name": name, "key": "token"}}})
}

#[tokio::test]
async fn a_credential_of_an_engine_is_replaced_before_its_lease_ends_and_not_sooner() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("generators").await;
    let (short, long) = (one_time_passwords(bao, 30).await, one_time_passwords(bao, 36_000).await);
    let mark = bao.mark();
    let mut objects = Vec::new();
    for (name, mount) in [("short", &short), ("long", &long)] {
        let spec = json!({"provider": provider(&namespace, bao, mount).await, "path": format!("/{mount}/creds/app"),
            "method": "POST", "parameters": {"ip": "127.0.0.1"}});
        let object = json!({"refreshInterval": "87600h", "dataFrom": [from("VaultDynamicSecret", name)]});
        objects.extend([generator("VaultDynamicSecret", name, spec), adopted(name, object)]);
    }
    namespace.apply(&documents(&objects)).await;
    let mut operator = operator(cluster, &namespace).start().await;
    for name in ["short", "long"] {
        ready(&namespace, name, "True").await;
    }
    let secret = made(&namespace, "long").await;
    let keys: Vec<_> = secret.data.as_ref().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["ip", "key", "key_type", "port", "username"]);
    assert_eq!((text(&secret, "username").as_deref(), text(&secret, "port").as_deref()), (Some("app"), Some("22")));
    let first = text(&made(&namespace, "short").await, "key").unwrap();
    operator.stop().await;
    operator.start_again().await;
    eventually(SOON, "the short one is replaced", async || {
        let now = text(&made(&namespace, "short").await, "key").unwrap();
        if now == first { Err("not yet".to_owned()) } else { Ok(()) }
    })
    .await;
    let asked = |mount: &str| bao.requests(mark).under(&format!("{mount}/creds/")).count();
    // A restart was in between.
    assert_eq!(asked(&long), 1);
    assert!((2..=4).contains(&asked(&short)), "{}", asked(&short));
}

#[tokio::test]
async fn parts_of_an_answer_and_what_fails() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("generators").await;
    let mount = one_time_passwords(bao, 3600).await;
    let provider = provider(&namespace, bao, &mount).await;
    let dynamic = |name: &str, more: Value| {
        let mut spec = json!({"provider": provider, "path": format!("{mount}/creds/app")});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let object = json!({"refreshInterval": "1h", "dataFrom": [from("VaultDynamicSecret", name)]});
        [generator("VaultDynamicSecret", name, spec), adopted(name, object)]
    };
    let objects = [
        dynamic("raw", json!({"method": "POST", "parameters": {"ip": "127.0.0.1"}, "resultType": "Raw"})),
        dynamic("listed", json!({"method": "LIST", "path": format!("{mount}/roles")})),
        dynamic("empty", json!({"path": format!("{mount}/roles/none"), "allowEmptyResponse": true})),
        dynamic("not-empty", json!({"path": format!("{mount}/roles/none")})),
        dynamic("denied", json!({"path": "sys/policies/acl/root"})),
        dynamic("out", json!({"path": "../sys/seal-status"})),
    ];
    namespace.apply(&documents(objects.as_flattened())).await;
    let _operator = operator(cluster, &namespace).start().await;
    let raw = made(&namespace, "raw").await;
    assert!(text(&raw, "data").unwrap().contains("127.0.0.1") && !text(&raw, "lease_id").unwrap().is_empty());
    assert_eq!(text(&made(&namespace, "listed").await, "keys").as_deref(), Some(r#"["app"]"#));
    ready(&namespace, "empty", "True").await;
    for (name, words) in [
        ("not-empty", "the answer has no such part"),
        ("denied", "VaultDynamicSecret/denied: the store refused"),
        ("out", "'.' or '..'"),
    ] {
        let (reason, message) = ready(&namespace, name, "False").await;
        assert!(reason == "SecretSyncedError" && message.contains(words), "{name}: {message}");
        assert!(namespace.api::<Secret>().get_opt(name).await.unwrap().is_none(), "{name}");
    }
}

#[tokio::test]
async fn credentials_of_aws() {
    let (cluster, moto) = (Cluster::shared().await, Moto::shared().await);
    let namespace = cluster.namespace("generators").await;
    let key = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"id": "harness", "secret": "harness"}});
    let auth = json!({"secretRef": {"accessKeyIDSecretRef": {"name": "key", "key": "id"},
        "secretAccessKeySecretRef": {"name": "key", "key": "secret"}}});
    let foreign = json!({"secretRef": {"accessKeyIDSecretRef": {"name": "key", "key": "id", "namespace": "default"},
        "secretAccessKeySecretRef": {"name": "key", "key": "secret"}}});
    let region = moto.region();
    let object = |kind: &str, name: &str| adopted(name, json!({"refreshInterval": "87600h", "dataFrom": [from(kind, name)]}));
    let session = json!({"region": region, "auth": auth, "requestParameters": {"sessionDuration": 900}});
    namespace
        .apply(&documents(&[
            key,
            generator("STSSessionToken", "session", session),
            generator("STSSessionToken", "nobody", json!({"region": region})),
            generator("STSSessionToken", "foreign", json!({"region": region, "auth": foreign})),
            generator("ECRAuthorizationToken", "registry", json!({"region": region, "auth": auth})),
            object("STSSessionToken", "session"),
            object("STSSessionToken", "nobody"),
            object("STSSessionToken", "foreign"),
            object("ECRAuthorizationToken", "registry"),
        ]))
        .await;
    let operator = operator(cluster, &namespace).env("AWS_STS_ENDPOINT", moto.url()).env("AWS_ECR_ENDPOINT", moto.url());
    let _operator = operator.start().await;
    let keys = |secret: &Secret| secret.data.as_ref().unwrap().keys().cloned().collect::<Vec<_>>();
    let session = made(&namespace, "session").await;
    assert_eq!(keys(&session), ["access_key_id", "expiration", "secret_access_key", "session_token"]);
    assert!(text(&session, "expiration").unwrap().parse::<u64>().unwrap() > 1_700_000_000);
    let registry = made(&namespace, "registry").await;
    assert_eq!(keys(&registry), ["expires_at", "password", "proxy_endpoint", "username"]);
    assert_eq!(text(&registry, "username").as_deref(), Some("AWS"));
    assert!(text(&registry, "proxy_endpoint").unwrap().starts_with("https://"));
    let (_, message) = ready(&namespace, "nobody", "False").await;
    assert!(message.contains("the operator's own identity"), "{message}");
    let (_, message) = ready(&namespace, "foreign", "False").await;
    assert!(message.contains("may not refer to namespace default"), "{message}");
}
