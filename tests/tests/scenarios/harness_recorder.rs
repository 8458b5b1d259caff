//! A recorder lies, stalls and hangs up as it is told, and keeps what it was sent.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use sealbridge_tests::{Answer, Recorder, eventually};

fn client() -> Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

#[tokio::test]
async fn what_was_sent_is_recorded() {
    let recorder = Recorder::answering(Answer::Json(201, "{}".into())).await;
    let answer = client()
        .post(format!("{}/v1/auth?x=1", recorder.url()))
        .header("X-Vault-Token", "canary")
        .body("jwt")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let [request] = &recorder.requests()[..] else {
        panic!("{:?}", recorder.requests());
    };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/auth?x=1"));
    assert_eq!(request.header("x-vault-token"), Some("canary"));
    assert_eq!(request.body, "jwt");
}

#[tokio::test]
async fn a_proxy_passes_on_and_counts_connections() {
    let origin = Recorder::answering(Answer::Json(404, "{\"errors\":[]}".into())).await;
    let proxy = Recorder::proxy(&origin.url()).await;
    {
        let client = client();
        for path in ["a", "b"] {
            let answer = client.get(format!("{}/{path}", proxy.url())).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            assert_eq!(answer.text().await.unwrap(), "{\"errors\":[]}");
        }
        assert_eq!((proxy.connections_accepted(), proxy.connections_open()), (1, 1));
    }
    assert_eq!(origin.requests().len(), 2);
    eventually(Duration::from_secs(20), "the connection is closed", async || match proxy.connections_open() {
        0 => Ok(()),
        open => Err(format!("{open} open")),
    })
    .await;
}

#[tokio::test]
async fn hostile_answers() {
    let recorder = Recorder::answering(Answer::Html).await;
    let client = client();
    let page = client.get(recorder.url()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));

    recorder.answer(Answer::Redirect("http://127.0.0.1:1/elsewhere".into()));
    let redirect = client.get(recorder.url()).send().await.unwrap();
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);

    recorder.answer(Answer::Endless);
    let mut endless = client.get(recorder.url()).send().await.unwrap();
    let mut read = 0;
    while read < 4 << 20 {
        read += endless.chunk().await.unwrap().unwrap().len();
    }
    drop(endless);

    recorder.answer(Answer::HangUp);
    assert!(client.get(recorder.url()).send().await.is_err());

    recorder.answer(Answer::Silence);
    let silence = client.get(recorder.url()).timeout(Duration::from_millis(200));
    assert!(silence.send().await.unwrap_err().is_timeout());
}
