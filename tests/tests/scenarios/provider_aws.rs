//! Reading from Secrets Manager as moto serves it: batches, versions, roles, and endpoints that lie.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::primitives::Blob;
use sealbridge_provider::{Absence, ReadError, SelectError};
use sealbridge_tests::{Answer, Moto, Recorder};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, read, read_all, read_at, text};

pub(crate) fn with_keys() -> Surroundings {
    Surroundings::default().entry("aws", "id", "AKIAIOSFODNN7EXAMPLE").entry("aws", "key", "example-secret-key\n")
}

pub(crate) fn aws(endpoint: &str) -> Value {
    json!({
        "service": "SecretsManager", "region": "eu-central-1", "endpoint": endpoint,
        "auth": {"secretRef": {
            "accessKeyIDSecretRef": {"name": "aws", "key": "id"},
            "secretAccessKeySecretRef": {"name": "aws", "key": "key"},
        }},
    })
}

pub(crate) fn operations(recorder: &Recorder) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for request in recorder.requests() {
        *counted.entry(request.aws_operation().unwrap_or("other").to_owned()).or_default() += 1;
    }
    counted
}

pub(crate) fn counted(operations: &[(&str, usize)]) -> BTreeMap<String, usize> {
    operations.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test]
async fn forty_five_secrets_take_three_calls_over_few_connections() {
    let moto = Moto::shared().await;
    let names: Vec<String> = (0..45).map(|index| format!("batch/{index}")).collect();
    for name in &names {
        moto.put(name, &format!("{{\"p\":\"{name}\"}}")).await;
    }
    let recorder = moto.recorded().await;
    let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
    for _ in 0..3 {
        recorder.forget();
        let results = read_all(&session, &names).await;
        for (name, outcome) in &results {
            assert_eq!(text(outcome.as_ref().unwrap(), Some("p")), *name);
        }
        assert_eq!(operations(&recorder), counted(&[("BatchGetSecretValue", 3)]));
    }
    assert!(recorder.connections_accepted() <= 3, "{} connections", recorder.connections_accepted());
}

#[tokio::test]
async fn one_secret_that_is_gone_leaves_its_batch_alone() {
    let moto = Moto::shared().await;
    moto.put("partial/there", "value").await;
    moto.put("partial/deleted", "value").await;
    moto.secrets_manager().delete_secret().secret_id("partial/deleted").send().await.expect("marked for deletion");
    let session = with_keys().session(json!({"aws": aws(moto.url())})).await;
    let names = ["partial/there", "partial/never", "partial/deleted", "partial/no such name"].map(str::to_owned);
    let results = read_all(&session, &names).await;
    assert_eq!(text(results["partial/there"].as_ref().unwrap(), None), "value");
    assert_eq!(results["partial/never"].as_ref().unwrap_err(), &ReadError::Absent(Absence::NotFound));
    assert_eq!(results["partial/deleted"].as_ref().unwrap_err(), &ReadError::Absent(Absence::Deleted));
    assert!(matches!(results["partial/no such name"], Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn versions_by_stage_and_by_id() {
    let moto = Moto::shared().await;
    let first = moto.put("versions/a", "first").await;
    let second = moto.put("versions/a", "second").await;
    let mut spec = aws(moto.url());
    spec["prefix"] = json!("versions/");
    let session = with_keys().session(json!({"aws": spec})).await;
    let at = async |version: Option<&str>| {
        let payload = read_at(&session, "a", version).await.unwrap();
        (text(&payload, None), payload.version().map(str::to_owned))
    };
    assert_eq!(at(None).await, ("second".to_owned(), Some(second)));
    assert_eq!(at(Some("AWSPREVIOUS")).await, ("first".to_owned(), Some(first.clone())));
    assert_eq!(at(Some(&format!("uuid/{first}"))).await, ("first".to_owned(), Some(first)));
    let unknown = read_at(&session, "a", Some("uuid/00000000-0000-4000-8000-000000000000")).await.unwrap_err();
    assert_eq!(unknown, ReadError::Absent(Absence::NotFound));
}

#[tokio::test]
async fn binary_values_come_as_they_are() {
    let moto = Moto::shared().await;
    let bytes = vec![0_u8, 255, 10, 195];
    for name in ["binary/a", "binary/b"] {
        moto.secrets_manager().create_secret().name(name).secret_binary(Blob::new(bytes.clone())).send().await.expect("stored");
    }
    let session = with_keys().session(json!({"aws": aws(moto.url())})).await;
    let alone = read(&session, "binary/a").await.unwrap();
    assert_eq!(alone.select(None).unwrap().expose(), bytes);
    assert_eq!(alone.select(Some("p")).unwrap_err(), SelectError::NotJson);
    let batch = read_all(&session, &["binary/a".to_owned(), "binary/b".to_owned()]).await;
    assert_eq!(batch["binary/b"].as_ref().unwrap().select(None).unwrap().expose(), bytes);
}

#[tokio::test]
async fn a_role_is_assumed_once() {
    let moto = Moto::shared().await;
    moto.put("role/a", "value").await;
    let (secrets, sts) = (moto.recorded().await, moto.recorded().await);
    let mut spec = aws(&secrets.url());
    spec["stsEndpoint"] = json!(sts.url());
    spec["role"] = json!("arn:aws:iam::123456789012:role/reader");
    let session = with_keys().session(json!({"aws": spec})).await;
    for _ in 0..3 {
        assert_eq!(text(&read(&session, "role/a").await.unwrap(), None), "value");
    }
    assert_eq!(session.check().await, Ok(()));
    assert_eq!(sts.requests().len(), 1, "the role's credentials are kept");
    let own_key = secrets
        .requests()
        .iter()
        .any(|request| request.header("authorization").is_some_and(|value| value.contains("AKIAIOSFODNN7EXAMPLE")));
    assert!(!own_key, "secrets are read as the role");
}

#[tokio::test]
async fn without_leave_to_batch_each_is_read_alone_and_that_is_remembered() {
    let body = json!({"__type": "AccessDeniedException", "Message": "canary"}).to_string();
    let recorder = Recorder::answering(Answer::Json(400, body)).await;
    let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
    let names: Vec<String> = (0..5).map(|index| format!("denied/{index}")).collect();
    let results = read_all(&session, &names).await;
    assert!(results.values().all(|outcome| outcome.as_ref().is_err_and(|error| *error == ReadError::Denied)));
    assert_eq!(operations(&recorder), counted(&[("BatchGetSecretValue", 1), ("GetSecretValue", 5)]));
    recorder.forget();
    read_all(&session, &names).await;
    assert_eq!(operations(&recorder), counted(&[("GetSecretValue", 5)]));
    assert_eq!(session.check().await, Ok(()), "to be known is enough");
}

#[tokio::test]
async fn an_endpoint_that_lies_gets_nobody_anywhere() {
    let elsewhere = Recorder::answering(Answer::Html).await;
    let refusal = json!({"__type": "UnrecognizedClientException", "message": "canary"}).to_string();
    let cases = [
        (Answer::Html, ReadError::BadAnswer),
        (Answer::Endless, ReadError::TooLarge),
        (Answer::Json(200, "{}".to_owned()), ReadError::BadAnswer),
        (Answer::Json(400, refusal), ReadError::LoginRefused),
        (Answer::HangUp, ReadError::Unavailable),
    ];
    for (answer, wanted) in cases {
        let endpoint = Recorder::answering(answer.clone()).await;
        let session = with_keys().session(json!({"aws": aws(&endpoint.url())})).await;
        let error = read(&session, "a").await.unwrap_err();
        assert_eq!(error.reason(), wanted.reason(), "{answer:?}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let endpoint = Recorder::answering(Answer::Redirect(elsewhere.url())).await;
    let session = with_keys().session(json!({"aws": aws(&endpoint.url())})).await;
    assert!(matches!(read(&session, "a").await, Err(ReadError::Misconfigured(_))));
    assert!(elsewhere.requests().is_empty(), "a redirect is not followed");
}
