//! Logging in to Vault with identities of clouds. The methods are plugins that `OpenBao` does not have: what is asserted
//! is the request, and of what is signed, that somebody who checks signatures accepts it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealbridge_provider::{InputError, ReadError, Session};
use sealbridge_tests::{Answer, Bao, Cluster, Issuer, Moto, Recorded, Recorder};
use serde_json::{Value, json};

use crate::provider_aws::with_keys;
use crate::provider_aws_identity::{ROLE, account, claims, form};
use crate::provider_scope::{Surroundings, read, text};

/// A server that lets everybody in, and has one value.
async fn lenient() -> Recorder {
    let body = json!({"auth": {"client_token": "t", "lease_duration": 3600, "renewable": true},
        "data": {"data": {"p": "value"}, "metadata": {"version": 1}}});
    Recorder::answering(Answer::Json(200, body.to_string())).await
}

async fn reads(session: &Arc<Session>) {
    assert_eq!(text(&read(session, "a").await.unwrap(), Some("p")), "value");
}

fn vault(server: &Recorder, auth: &Value) -> Value {
    json!({"vault": {"server": server.url(), "path": "kv", "auth": auth}})
}

fn login(server: &Recorder, path: &str) -> Value {
    let requests = server.requests();
    let logins: Vec<&Recorded> = requests.iter().filter(|request| request.path == path).collect();
    assert_eq!(logins.len(), 1, "one login");
    serde_json::from_str(&logins[0].body).expect("JSON")
}

fn packed(login: &Value, member: &str) -> String {
    String::from_utf8(STANDARD.decode(login[member].as_str().expect("a text")).expect("base64")).expect("text")
}

/// What STS says of the request that a server was given, when the server sends it on.
async fn sent_on(login: &Value) -> String {
    let headers: Value = serde_json::from_str(&packed(login, "iam_request_headers")).expect("JSON");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut request = client.post(Moto::shared().await.url()).body(packed(login, "iam_request_body"));
    for (name, value) in headers.as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a text"));
    }
    request.send().await.expect("an answer").text().await.expect("a body")
}

#[tokio::test]
async fn an_access_key_signs_the_question_who_it_is() {
    let server = lenient().await;
    let auth = json!({"iam": {"path": "team/aws", "region": "eu-central-1", "vaultRole": "reader", "vaultAwsIamServerID": "vault.example",
        "secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "key"}}}});
    let session = with_keys().session(vault(&server, &auth)).await;
    reads(&session).await;
    reads(&session).await;
    let login = login(&server, "/v1/auth/team/aws/login");
    assert_eq!((&login["role"], &login["iam_http_request_method"]), (&json!("reader"), &json!("POST")));
    assert_eq!(packed(&login, "iam_request_url"), "https://sts.eu-central-1.amazonaws.com/");
    assert_eq!(packed(&login, "iam_request_body"), "Action=GetCallerIdentity&Version=2011-06-15");
    let headers: Value = serde_json::from_str(&packed(&login, "iam_request_headers")).unwrap();
    let authorization = headers["authorization"].as_str().unwrap();
    assert!(authorization.contains("AKIAIOSFODNN7EXAMPLE/") && authorization.contains("/eu-central-1/sts/"), "{authorization}");
    assert!(authorization.contains("x-vault-aws-iam-server-id"), "the server's id is signed");
    assert!(!login.to_string().contains("example-secret-key"));
    assert!(sent_on(&login).await.contains("GetCallerIdentityResult"));
}

#[tokio::test]
async fn a_role_is_assumed_before_and_signs() {
    let moto = Moto::shared().await;
    let (server, sts) = (lenient().await, moto.recorded().await);
    let auth = json!({"iam": {"vaultRole": "reader", "role": ROLE, "externalID": "of-the-team", "stsEndpoint": sts.url(),
        "secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "key"}}}});
    reads(&with_keys().session(vault(&server, &auth)).await).await;
    assert_eq!(sts.requests().len(), 1);
    let assumed = form(&sts.requests()[0]);
    assert_eq!((assumed["RoleArn"].as_str(), assumed["ExternalId"].as_str()), (ROLE, "of-the-team"));
    let login = login(&server, "/v1/auth/aws/login");
    assert_eq!(packed(&login, "iam_request_url"), "https://sts.us-east-1.amazonaws.com/");
    assert!(!packed(&login, "iam_request_headers").contains("AKIAIOSFODNN7EXAMPLE"), "the role signs, not who assumed it");
    assert!(sent_on(&login).await.contains("assumed-role/reader/sealbridge"), "{}", sent_on(&login).await);
}

#[tokio::test]
async fn a_service_accounts_role_signs() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("iam").await;
    account(&namespace, "reader").await;
    let moto = Moto::shared().await;
    let (server, sts) = (lenient().await, moto.recorded().await);
    let auth = json!({"iam": {"vaultRole": "reader", "jwt": {"serviceAccountRef": {"name": "reader"}}, "stsEndpoint": sts.url()}});
    let surroundings = Surroundings::default().accounts(&namespace).annotation("reader", "eks.amazonaws.com/role-arn", ROLE);
    reads(&surroundings.session(vault(&server, &auth)).await).await;
    let exchanged = form(&sts.requests()[0]);
    assert_eq!(exchanged["Action"], "AssumeRoleWithWebIdentity");
    assert_eq!(claims(&exchanged["WebIdentityToken"])["aud"], json!(["sts.amazonaws.com"]));
    assert!(sent_on(&login(&server, "/v1/auth/aws/login")).await.contains("assumed-role/reader"));
}

#[tokio::test]
async fn a_google_service_account_signs_a_token_that_a_real_server_accepts() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let policy = mount.read_policy().await;
    let key = Issuer::rsa();
    let email = "reader@project.iam.gserviceaccount.com";
    // The JWT method takes the same request and checks the same claims, with the public key instead of Google's.
    let method = bao.jwt(&key, email, "vault/role", &[&policy], json!({})).await;
    let document = json!({"type": "service_account", "project_id": "project", "private_key_id": "key-1",
        "private_key": key.private_key_pem(), "client_email": email});
    let surroundings = Surroundings::default().entry("gcp", "key.json", &document.to_string());
    let auth = |project: &str| {
        json!({"gcp": {"path": method, "role": "role", "projectID": project,
        "secretRef": {"secretAccessKeySecretRef": {"name": "gcp", "key": "key.json"}}}})
    };
    let recorder = Recorder::proxy(bao.url()).await;
    let mut spec = vault(&recorder, &auth("project"));
    spec["vault"]["path"] = json!(mount.path());
    reads(&surroundings.clone().session(spec).await).await;
    let login = login(&recorder, &format!("/v1/auth/{method}/login"));
    let header: Value = serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(login["jwt"].as_str().unwrap().split('.').next().unwrap())
            .unwrap(),
    )
    .unwrap();
    assert_eq!(header, json!({"alg": "RS256", "kid": "key-1", "typ": "JWT"}));
    let claims = claims(login["jwt"].as_str().unwrap());
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!(life <= 900, "Google's method takes no longer life than a quarter of an hour: {life} s");

    let other: sealbridge_api::store::ProviderSpec = serde_json::from_value(vault(&recorder, &auth("another"))).unwrap();
    let refused = sealbridge_provider::connect(&other, &surroundings).await.err();
    assert!(matches!(refused, Some(InputError::Invalid { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_login_that_the_cloud_refuses_is_told_as_one() {
    let server = lenient().await;
    let refusal = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>canary</Message></Error></ErrorResponse>";
    let sts =
        Recorder::answering(Answer::With(403, vec![("Content-Type".to_owned(), "text/xml".to_owned())], refusal.to_owned())).await;
    let auth = json!({"iam": {"vaultRole": "reader", "role": ROLE, "stsEndpoint": sts.url(),
        "secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "key"}}}});
    let session = with_keys().session(vault(&server, &auth)).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
    assert!(server.requests().is_empty());
}
