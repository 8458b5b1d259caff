//! Servers that are not there, not ready, not trusted or not what they should be.

use std::time::Duration;

use sealbridge_provider::{CircuitState, ReadError};
use sealbridge_tests::{Answer, Bao, Recorder, TestCa, eventually};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::provider_scope::{Surroundings, read, read_all, text};

const LONG: Duration = Duration::from_mins(2);

fn vault(server: &str) -> Value {
    json!({"server": server, "path": "kv", "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}})
}

fn with_token(token: &str) -> Surroundings {
    Surroundings::default().entry("creds", "token", token)
}

#[tokio::test]
async fn a_server_is_trusted_by_the_declared_authority_alone() {
    let ca = TestCa::new("the store's");
    let bao = Bao::private_with_tls(&ca).await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let mut spec = vault(bao.url());
    spec["path"] = json!(mount.path());
    let surroundings = with_token(bao.root_token()).entry("ca", "good", ca.pem()).entry("ca", "other", TestCa::shared().pem());

    let untrusted = surroundings.clone().session(json!({"vault": spec.clone()})).await;
    let error = read(&untrusted, "a").await.unwrap_err();
    assert!(matches!(error, ReadError::Misconfigured(_)), "{error:?}");

    for kind in ["Secret", "ConfigMap"] {
        spec["caProvider"] = json!({"type": kind, "name": "ca", "key": "good"});
        let trusted = surroundings.clone().session(json!({"vault": spec.clone()})).await;
        assert_eq!(text(&read(&trusted, "a").await.unwrap(), Some("p")), "value");
    }
    spec["caProvider"]["key"] = json!("other");
    let other = surroundings.session(json!({"vault": spec})).await;
    let error = read(&other, "a").await.unwrap_err();
    assert!(matches!(error, ReadError::Misconfigured(_)), "{error:?}");
}

#[tokio::test]
async fn a_sealed_server_is_waited_for_and_found_again() {
    let bao = Bao::private().await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let mut spec = vault(bao.url());
    spec["path"] = json!(mount.path());
    let session = with_token(bao.root_token()).session(json!({"vault": spec})).await;
    read(&session, "a").await.unwrap();

    bao.seal().await;
    let names: Vec<String> = (0..40).map(|index| format!("k{index}")).collect();
    let results = read_all(&session, &names).await;
    assert!(results.values().all(|outcome| outcome.as_ref().is_err_and(|error| *error == ReadError::Unavailable)));
    assert_eq!(session.circuit().failure(), Some(ReadError::Unavailable));
    let asked = session.traffic().requests;
    assert!(asked <= 17, "a closed door is not knocked at {asked} times");
    read_all(&session, &names).await;
    assert_eq!(session.traffic().requests, asked);

    let mut told = session.circuit().subscribe();
    bao.unseal().await;
    timeout(LONG, told.wait_for(|state| *state == CircuitState::Closed)).await.expect("closed in time").unwrap();
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let bao = {
        let bao = Bao::private().await;
        bao.kill().await;
        bao
    };
    let session = with_token(bao.root_token()).session(json!({"vault": vault(bao.url())})).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Unavailable);
    assert_eq!(session.store_id().await, None);
}

#[tokio::test]
async fn a_server_that_lies_gets_nobody_anywhere() {
    let elsewhere =
        Recorder::answering(Answer::Json(200, json!({"data": {"data": {"p": "planted"}, "metadata": {"version": 1}}}).to_string()))
            .await;
    let cases = [
        (Answer::Html, ReadError::BadAnswer),
        (Answer::Endless, ReadError::TooLarge),
        (Answer::Json(200, "{\"data\":{\"p\":\"canary\"}".to_owned()), ReadError::BadAnswer),
        (Answer::Json(404, "<html>".to_owned()), ReadError::BadAnswer),
        (Answer::HangUp, ReadError::Unavailable),
    ];
    for (answer, wanted) in cases {
        let server = Recorder::answering(answer.clone()).await;
        let session = with_token("s.token").session(json!({"vault": vault(&server.url())})).await;
        let error = read(&session, "a").await.unwrap_err();
        assert_eq!(error, wanted, "{answer:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    let server = Recorder::answering(Answer::Redirect(format!("{}/v1/kv/data/a", elsewhere.url()))).await;
    let session = with_token("s.token").session(json!({"vault": vault(&server.url())})).await;
    assert!(matches!(read(&session, "a").await, Err(ReadError::Misconfigured(_))));
    assert!(elsewhere.requests().is_empty(), "a redirect is not followed, and the token does not travel");
}

#[tokio::test]
async fn a_login_that_lies_gets_nobody_anywhere() {
    let auth = json!({"appRole": {"roleId": "role", "secretRef": {"name": "creds", "key": "token"}}});
    for (answer, wanted) in [(Answer::Html, ReadError::BadAnswer), (Answer::Endless, ReadError::TooLarge)] {
        let server = Recorder::answering(answer).await;
        let mut spec = vault(&server.url());
        spec["auth"] = auth.clone();
        let session = with_token("secret-id").session(json!({"vault": spec})).await;
        assert_eq!(read(&session, "a").await.unwrap_err(), wanted);
    }
    let elsewhere = Recorder::answering(Answer::Html).await;
    let server = Recorder::answering(Answer::Redirect(elsewhere.url())).await;
    let mut spec = vault(&server.url());
    spec["auth"] = auth;
    let session = with_token("secret-id").session(json!({"vault": spec})).await;
    assert!(matches!(read(&session, "a").await, Err(ReadError::Misconfigured(_))));
    assert!(elsewhere.requests().is_empty(), "the secret id does not travel");
}

#[tokio::test]
async fn a_request_is_made_again_as_often_as_the_store_says() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let surroundings = with_token(bao.root_token());
    let busy = || Answer::Json(503, r#"{"errors":["busy"]}"#.to_owned());

    let server = Recorder::answering(busy()).await;
    let mut spec = vault(&server.url());
    spec["path"] = json!(mount.path());
    let session = surroundings.clone().retries(50, 100).session(json!({"vault": spec})).await;
    let relent = async {
        eventually(LONG, "it was asked three times", async || match server.requests().len() {
            0..=2 => Err("not yet".to_owned()),
            _ => Ok(()),
        })
        .await;
        server.answer(Answer::From(bao.url().to_owned()));
    };
    let (payload, ()) = tokio::join!(read(&session, "a"), relent);
    assert_eq!(text(&payload.unwrap(), Some("p")), "value");
    assert!(server.requests().iter().all(|request| request.path.ends_with("/data/a")), "nothing but the read was asked for");

    let server = Recorder::answering(busy()).await;
    spec["server"] = json!(server.url());
    let session = surroundings.retries(2, 10).session(json!({"vault": spec})).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Unavailable);
    let reads = server.requests().iter().filter(|request| request.path.ends_with("/data/a")).count();
    assert_eq!(reads, 3, "once, and twice again");
}
