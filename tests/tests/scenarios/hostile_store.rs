//! A tenant chooses the server of a SecretStore, and that server keeps whatever it is sent. It must never get the
//! operator's own token, its cloud identity, or a token that the API server would accept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealbridge_tests::{Answer, Cluster, Namespace, Operator, Recorded, Recorder, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, remote};

/// What the operator's own process is given as its cloud identity.
const KEY_ID: &str = "AKIAOPERATOROWNIDENT";
const SECRET_KEY: &str = "operators-own-secret-key";
const SESSION: &str = "operators-own-session-token";

/// An answer that is good for every question: a login, a key of Vault, a secret of AWS.
fn obliging() -> Answer {
    let answer = json!({
        "auth": {"client_token": "planted", "lease_duration": 3600, "renewable": false, "policies": []},
        "data": {"data": {"p": "planted"}, "metadata": {"version": 1}},
        "ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x", "Name": "x", "VersionId": "v",
        "SecretString": "{\"p\":\"planted\"}",
    });
    Answer::Json(200, answer.to_string())
}

fn store(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn vault(server: &str, auth: &Value) -> Value {
    json!({"provider": {"vault": {"server": server, "path": "secret", "auth": auth}}})
}

fn aws(server: &str, more: &Value) -> Value {
    let mut aws = json!({"service": "SecretsManager", "region": "eu-central-1", "endpoint": server});
    aws.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"provider": {"aws": aws}})
}

fn user_of(kind: &str, name: &str) -> Value {
    let spec = json!({"secretStoreRef": {"name": name, "kind": kind}, "refreshInterval": "10s", "data": {"A": remote("x", "p")}});
    bridged_secret(name, &spec)
}

/// An operator on which a cloud identity is to be had for the asking.
fn tempting<'a>(cluster: &'a Cluster, namespaces: &[&Namespace<'_>]) -> sealbridge_tests::OperatorBuilder<'a> {
    let operator = Operator::of(cluster)
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_SESSION_TOKEN", SESSION)
        .env("VAULT_TOKEN", "operators-own-vault-token");
    namespaces.iter().fold(operator, |operator, namespace| operator.watch(namespace))
}

fn whole(request: &Recorded) -> String {
    format!("{} {} {:?} {}", request.method, request.path, request.headers, request.body)
}

/// Nothing by which anybody could act as the operator.
fn assert_nothing_of_the_operator(requests: &[Recorded], operator: &Operator<'_>) {
    let own = operator.token();
    for request in requests {
        let text = whole(request);
        for secret in [own.as_str(), KEY_ID, SECRET_KEY, SESSION, "operators-own-vault-token"] {
            assert!(!text.contains(secret), "{} {}", request.method, request.path);
        }
    }
}

/// The claims of the token in the body of each login.
fn logins(requests: &[Recorded]) -> Vec<Value> {
    let logins = requests.iter().filter(|request| request.path.ends_with("/login"));
    logins
        .map(|request| {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let claims = body["jwt"].as_str().unwrap().split('.').nth(1).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
        })
        .collect()
}

/// Has the API server let everything through that the schema alone does not refuse, as an older definition would:
/// the operator is not to rely on it.
async fn without_validation(cluster: &Cluster, definition: &str) {
    let found = cluster.kubectl(&["get", "crd", definition, "-o", "json"]).await.ok();
    let mut definition: Value = serde_json::from_str(&found).unwrap();
    strip(&mut definition["spec"]);
    cluster.kubectl_with_input(&["replace", "-f", "-"], &definition.to_string()).await.ok();
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("x-kubernetes-validations");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[tokio::test]
async fn a_tenants_server_gets_nothing_but_what_the_tenant_has() {
    let cluster = Cluster::private().await;
    without_validation(&cluster, "secretstores.sealbridge.dev").await;
    let namespace = cluster.namespace("tenant").await;
    let hostile = Recorder::answering(obliging()).await;
    let operator = tempting(&cluster, &[&namespace]).flag("--allow-ambient-identity").start().await;
    let account = |more: Value| {
        let mut account = json!({"name": "tenant"});
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"kubernetes": {"role": "r", "serviceAccountRef": account}})
    };
    let of_operator = json!({"name": "sealbridge-operator", "namespace": operator.namespace()});
    let url = hostile.url();
    let role = json!({"role": "arn:aws:iam::123456789012:role/r", "stsEndpoint": url});
    let refused = [
        ("own-vault", vault(&url, &json!({"kubernetes": {"role": "r"}})), "AmbientIdentityRefused"),
        ("own-aws", aws(&url, &json!({})), "AmbientIdentityRefused"),
        ("own-aws-role", aws(&url, &role), "AmbientIdentityRefused"),
        ("own-aws-empty", aws(&url, &json!({"auth": {}})), "AmbientIdentityRefused"),
        ("own-iam", vault(&url, &json!({"iam": {"vaultRole": "r"}})), "AmbientIdentityRefused"),
        (
            "api-server-by-aws",
            aws(
                &url,
                &json!({"auth": {"jwt": {"serviceAccountRef": {"name": "tenant", "audiences": ["https://kubernetes.default.svc"]}}}}),
            ),
            "StoreMisconfigured",
        ),
        ("operators-account-by-aws", aws(&url, &json!({"auth": {"jwt": {"serviceAccountRef": of_operator}}})), "SpecInvalid"),
        ("api-server", vault(&url, &account(json!({"audiences": ["https://kubernetes.default.svc"]}))), "StoreMisconfigured"),
        (
            "api-server-in-capitals",
            vault(&url, &account(json!({"audiences": ["HTTPS://Kubernetes.Default.SVC/"]}))),
            "StoreNotReady",
        ),
        ("api-server-too", vault(&url, &account(json!({"audiences": ["vault", "kubernetes"]}))), "StoreMisconfigured"),
        ("operators-account", vault(&url, &json!({"kubernetes": {"role": "r", "serviceAccountRef": of_operator}})), "SpecInvalid"),
        (
            "operators-secret",
            vault(&url, &json!({"tokenSecretRef": {"name": "any", "key": "k", "namespace": operator.namespace()}})),
            "SpecInvalid",
        ),
    ];
    namespace.apply(r#"{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant"}}"#).await;
    for (name, spec, _) in &refused {
        eventually(SOON, "the weaker definition is in force", async || {
            let ran = namespace.try_apply(&store("SecretStore", name, spec).to_string()).await;
            if ran.success { Ok(()) } else { Err(ran.to_string()) }
        })
        .await;
    }
    namespace.apply(&documents(&refused.iter().map(|(name, ..)| user_of("SecretStore", name)).collect::<Vec<_>>())).await;
    for (name, _, reason) in &refused {
        let told = message(&is_told(&namespace, name, reason).await);
        assert!(told.contains("entry A") && told.contains("; "), "{name}: {told}");
    }
    let sent: Vec<String> = hostile.requests().iter().map(whole).collect();
    assert!(sent.is_empty(), "{sent:?}");

    // What the tenant may do, so that silence above means refusal.
    let own = vault(&url, &account(json!({})));
    namespace.apply(&documents(&[store("SecretStore", "allowed", &own), user_of("SecretStore", "allowed")])).await;
    has_text(&namespace, "allowed", "A", "planted").await;
    let requests = hostile.requests();
    assert_nothing_of_the_operator(&requests, &operator);
    let logins = logins(&requests);
    assert!(!logins.is_empty());
    for claims in logins {
        assert_eq!(claims["aud"], json!(["vault"]));
        assert_eq!(claims["sub"], format!("system:serviceaccount:{}:tenant", namespace.name()));
    }
}

#[tokio::test]
async fn what_is_sent_to_one_server_is_not_sent_on_to_another() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("redirect").await;
    let elsewhere = Recorder::answering(obliging()).await;
    let hostile = Recorder::answering(Answer::Redirect(format!("{}/v1/secret/data/x", elsewhere.url()))).await;
    let _operator = tempting(cluster, &[&namespace]).start().await;
    let url = hostile.url();
    let keys = json!({"secretRef": {
        "accessKeyIDSecretRef": {"name": "login", "key": "token"}, "secretAccessKeySecretRef": {"name": "login", "key": "token"},
    }});
    let stores = [
        ("by-token", vault(&url, &json!({"tokenSecretRef": {"name": "login", "key": "token"}}))),
        ("by-role", vault(&url, &json!({"appRole": {"roleId": "r", "secretRef": {"name": "login", "key": "token"}}}))),
        ("by-account", vault(&url, &json!({"kubernetes": {"role": "r", "serviceAccountRef": {"name": "tenant"}}}))),
        ("by-keys", aws(&url, &json!({"auth": keys}))),
    ];
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": "canary"}}),
    ];
    for (name, spec) in &stores {
        objects.extend([store("SecretStore", name, spec), user_of("SecretStore", name)]);
    }
    namespace.apply(&documents(&objects)).await;
    for (name, _) in &stores {
        let told = message(&is_told(&namespace, name, "StoreMisconfigured").await);
        assert!(told.contains("entry A") && !told.contains("canary"), "{name}: {told}");
    }
    assert!(hostile.requests().len() >= stores.len(), "each was asked");
    let sent: Vec<String> = elsewhere.requests().iter().map(whole).collect();
    assert!(sent.is_empty(), "{sent:?}");
}

#[tokio::test]
async fn the_operators_own_identity_is_used_only_where_flag_and_conditions_allow() {
    let cluster = Cluster::private().await;
    let (allowed, other) = tokio::join!(cluster.namespace("allowed"), cluster.namespace("other"));
    let server = Recorder::answering(obliging()).await;
    let with_conditions = |mut spec: Value| {
        spec["conditions"] = json!([{"namespaces": [allowed.name()]}]);
        spec
    };
    let stores = [
        ("shared-vault", with_conditions(vault(&server.url(), &json!({"kubernetes": {"role": "r"}})))),
        ("shared-aws", with_conditions(aws(&server.url(), &json!({})))),
    ];
    for (name, spec) in &stores {
        cluster.apply(&store("ClusterSecretStore", name, spec).to_string()).await;
    }
    let users = documents(&stores.each_ref().map(|(name, _)| user_of("ClusterSecretStore", name)));
    tokio::join!(allowed.apply(&users), other.apply(&users));

    let mut operator = tempting(&cluster, &[&allowed, &other]).start().await;
    for (name, _) in &stores {
        let told = message(&is_told(&allowed, name, "AmbientIdentityRefused").await);
        assert!(told.contains(name), "{told}");
        is_told(&other, name, "StoreNotAllowed").await;
    }
    let sent: Vec<String> = server.requests().iter().map(whole).collect();
    assert!(sent.is_empty(), "without the flag: {sent:?}");
    operator.stop().await;

    let operator = tempting(&cluster, &[&allowed, &other]).flag("--allow-ambient-identity").start().await;
    for (name, _) in &stores {
        has_text(&allowed, name, "A", "planted").await;
        is_told(&other, name, "StoreNotAllowed").await;
        assert!(other.api::<k8s_openapi::api::core::v1::Secret>().get_opt(name).await.unwrap().is_none());
    }
    let requests = server.requests();
    let logins = logins(&requests);
    assert!(!logins.is_empty());
    for claims in logins {
        assert_eq!(claims["aud"], json!(["vault"]), "a token of its own, good for nothing at the API server");
        assert_eq!(claims["sub"], operator.user());
    }
    assert!(requests.iter().any(|request| whole(request).contains(KEY_ID)), "a signature names its key");
    for request in &requests {
        assert!(!whole(request).contains(&operator.token()) && !whole(request).contains(SECRET_KEY), "{}", request.path);
    }
}
