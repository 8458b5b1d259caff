//! Writing to Secrets Manager as moto serves it: what is written, what is left, and how many requests it takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use sealbridge_api::store::ProviderSpec;
use sealbridge_provider::{Absence, InputError, PushError, Pushed, ReadError, Removed, Session, connect};
use sealbridge_tests::{Answer, Moto, Recorder};
use serde_json::{Value, json};

use crate::provider_aws::{aws, counted, operations, with_keys};
use crate::provider_scope::{MARK, named, push, read, remove, text, value, with};

/// A store whose keys stand below a prefix, and what it asks.
async fn writer(moto: &Moto, prefix: &str, more: Value) -> (Arc<Session>, Recorder) {
    let recorder = moto.recorded().await;
    let mut spec = aws(&recorder.url());
    spec["prefix"] = json!(prefix);
    if let Value::Object(more) = more {
        spec.as_object_mut().unwrap().extend(more);
    }
    (with_keys().session(json!({"aws": spec})).await, recorder)
}

/// The text or bytes of a secret, and whether it is kept as text.
async fn held(moto: &Moto, name: &str) -> Option<(Vec<u8>, bool)> {
    let answer = moto.secrets_manager().get_secret_value().secret_id(name).send().await.ok()?;
    match (answer.secret_string, answer.secret_binary) {
        (Some(text), _) => Some((text.into_bytes(), true)),
        (None, binary) => Some((binary?.into_inner(), false)),
    }
}

async fn tags(moto: &Moto, name: &str) -> BTreeMap<String, String> {
    let answer = moto.secrets_manager().describe_secret().secret_id(name).send().await.unwrap();
    answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key.unwrap(), tag.value.unwrap())).collect()
}

#[tokio::test]
async fn a_value_is_written_once_and_again_only_when_it_differs() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "push/once/", json!({})).await;
    push(&session, value("a", None, b"\x00\xff")).await.is(Pushed::Written, 2);
    assert_eq!(operations(&recorder), counted(&[("CreateSecret", 1), ("DescribeSecret", 1)]));
    assert_eq!(held(moto, "push/once/a").await, Some((b"\x00\xff".to_vec(), false)));
    assert_eq!(tags(moto, "push/once/a").await, named(&[MARK]));

    recorder.forget();
    push(&session, value("a", None, b"\x00\xff")).await.is(Pushed::Unchanged, 2);
    assert_eq!(operations(&recorder), counted(&[("DescribeSecret", 1), ("GetSecretValue", 1)]));
    push(&session, value("a", None, "text")).await.is(Pushed::Written, 3);
    assert_eq!(text(&read(&session, "a").await.unwrap(), None), "text");

    // A format that is asked for is kept; one that is not, says nothing.
    push(&session, with(value("a", None, "text"), json!({"secretPushFormat": "string"}))).await.is(Pushed::Written, 3);
    assert_eq!(held(moto, "push/once/a").await, Some((b"text".to_vec(), true)));
    push(&session, value("a", None, "text")).await.is(Pushed::Unchanged, 2);
    remove(&session, "a", None).await.is(Removed::Gone, 2);
    assert_eq!(held(moto, "push/once/a").await, None);
    remove(&session, "a", None).await.is(Removed::Gone, 1);
}

#[tokio::test]
async fn a_property_is_one_member_and_everything_else_stays() {
    let moto = Moto::shared().await;
    let (session, _recorder) = writer(moto, "push/property/", json!({})).await;
    let text_format = |push| with(push, json!({"secretPushFormat": "string"}));
    push(&session, text_format(value("a", Some("db.password"), "\"1\""))).await.is(Pushed::Written, 2);
    push(&session, text_format(value("a", Some("db.user"), "app"))).await.is(Pushed::Written, 3);
    push(&session, text_format(value("a", Some(r"tls\.key"), "k"))).await.is(Pushed::Written, 3);
    let document = r#"{"db":{"password":"\"1\"","user":"app"},"tls.key":"k"}"#;
    assert_eq!(held(moto, "push/property/a").await, Some((document.as_bytes().to_vec(), true)));
    for (property, wanted) in [("db.password", "\"1\""), ("db.user", "app"), ("tls.key", "k")] {
        push(&session, text_format(value("a", Some(property), wanted))).await.is(Pushed::Unchanged, 2);
        assert_eq!(text(&read(&session, "a").await.unwrap(), Some(property)), wanted);
    }
    moto.put("push/property/a", r#"{ "tls.key": "k", "n": 1.50, "db": {"password": "2", "list": [1]} }"#).await;
    push(&session, text_format(value("a", Some("db.password"), "1"))).await.is(Pushed::Written, 3);
    let document = r#"{"db":{"list":[1],"password":"1"},"n":1.50,"tls.key":"k"}"#;
    assert_eq!(held(moto, "push/property/a").await.unwrap().0, document.as_bytes());
    let refused = push(&session, value("a", Some("db.list.0"), "x")).await;
    assert!(matches!(refused.outcome, Err(PushError::Unfit(_))));

    for property in ["tls.key", "db.password", "n"] {
        remove(&session, "a", Some(property)).await.is(Removed::Gone, 3);
    }
    remove(&session, "a", Some("db.password")).await.is(Removed::Gone, 2);
    assert_eq!(held(moto, "push/property/a").await, Some((br#"{"db":{"list":[1]}}"#.to_vec(), true)));
    remove(&session, "a", Some("db.list")).await.is(Removed::Gone, 3);
    assert_eq!(held(moto, "push/property/a").await, None, "with the last one the whole");
}

#[tokio::test]
async fn what_nobody_marked_is_left() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "push/theirs/", json!({})).await;
    moto.put("push/theirs/plain", "canary").await;
    let mark = Tag::builder().key("managed-by").value("terraform").build();
    moto.secrets_manager().create_secret().name("push/theirs/tf").secret_string("canary").tags(mark).send().await.unwrap();
    for key in ["plain", "tf"] {
        push(&session, value(key, None, "canary")).await.fails(&PushError::NotPushed, 1);
        push(&session, value(key, Some("a"), "x")).await.fails(&PushError::NotPushed, 1);
        remove(&session, key, None).await.is(Removed::NotPushed, 1);
        remove(&session, key, Some("a")).await.is(Removed::NotPushed, 1);
        let mut if_absent = value(key, None, "x");
        if_absent.only_if_absent = true;
        push(&session, if_absent).await.is(Pushed::Kept, 2);
        let mut if_absent = value(key, Some("a"), "x");
        if_absent.only_if_absent = true;
        push(&session, if_absent).await.fails(&PushError::NotPushed, 2);
    }
    assert!(operations(&recorder).keys().all(|name| name.starts_with("Describe") || name.starts_with("Get")));
    let arn = moto.secrets_manager().describe_secret().secret_id("push/theirs/plain").send().await.unwrap().arn.unwrap();
    let whole = with_keys().session(json!({"aws": aws(moto.url())})).await;
    let by_arn = push(&whole, value(&arn, None, "x")).await;
    assert!(matches!(by_arn.outcome, Err(PushError::Store(ReadError::InvalidKey(_)))) && by_arn.requests == 0);
}

#[tokio::test]
async fn tags_and_description_are_brought_to_what_the_entry_says() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "push/about/", json!({})).await;
    let pushed = |spec: Value| with(value("a", None, "v"), spec);
    let first = json!({"tags": {"team": "shop", "tier": "1"}, "description": "first", "kmsKeyId": "alias/shop"});
    push(&session, pushed(first.clone())).await.is(Pushed::Written, 2);
    assert_eq!(tags(moto, "push/about/a").await, named(&[MARK, ("team", "shop"), ("tier", "1")]));
    push(&session, pushed(first)).await.is(Pushed::Unchanged, 2);

    recorder.forget();
    let second = json!({"tags": {"team": "shop", "new": "x"}, "description": "second"});
    push(&session, pushed(second.clone())).await.is(Pushed::Written, 5);
    let writes = [("DescribeSecret", 1), ("GetSecretValue", 1), ("TagResource", 1), ("UntagResource", 1), ("UpdateSecret", 1)];
    assert_eq!(operations(&recorder), counted(&writes));
    assert_eq!(tags(moto, "push/about/a").await, named(&[MARK, ("team", "shop"), ("new", "x")]));
    let described = moto.secrets_manager().describe_secret().secret_id("push/about/a").send().await.unwrap();
    assert_eq!((described.description.as_deref(), described.kms_key_id.as_deref()), (Some("second"), Some("alias/shop")));
    push(&session, pushed(second)).await.is(Pushed::Unchanged, 2);
    assert_eq!(held(moto, "push/about/a").await.unwrap().0, b"v");

    // Nothing said is nothing changed.
    push(&session, pushed(json!({}))).await.is(Pushed::Unchanged, 2);
    push(&session, value("a", None, "v")).await.is(Pushed::Unchanged, 2);
    for (spec, path) in [
        (
            json!({"resourcePolicy": {"policySourceRef": {"kind": "ConfigMap", "name": "p", "key": "k"}}}),
            "metadata.spec.resourcePolicy",
        ),
        (json!({"replicationLocations": ["eu-west-1"]}), "metadata.spec.replicationLocations"),
        (json!({"tag": {}}), "metadata.spec.tag"),
        (json!({"tags": {"managed-by": "x"}}), "metadata.spec.tags.managed-by"),
    ] {
        let refused = push(&session, pushed(spec)).await;
        assert!(matches!(&refused.outcome, Err(PushError::Invalid { field, .. }) if field == path) && refused.requests == 0);
    }
}

#[tokio::test]
async fn how_a_secret_is_removed_is_the_stores_to_say() {
    let moto = Moto::shared().await;
    for (settings, part) in [
        (json!({"forceDeleteWithoutRecovery": true}), Some("\"ForceDeleteWithoutRecovery\":true")),
        (json!({"recoveryWindowInDays": 7}), Some("\"RecoveryWindowInDays\":7")),
        (json!({"forceDeleteWithoutRecovery": false}), None),
    ] {
        let (session, recorder) = writer(moto, "push/removal/", json!({"secretsManager": settings})).await;
        push(&session, value("a", None, "v")).await.is(Pushed::Written, 2);
        remove(&session, "a", None).await.is(Removed::Gone, 2);
        let requests = recorder.requests();
        let body = &requests.iter().find(|request| request.aws_operation() == Some("DeleteSecret")).unwrap().body;
        match part {
            Some(part) => assert!(body.contains(part), "{body}"),
            None => assert!(!body.contains("Force") && !body.contains("Window"), "{body}"),
        }
        // What waits for its deletion is neither written nor removed again.
        let waits = part.is_none_or(|part| part.contains("Window"));
        if waits {
            push(&session, value("a", None, "v")).await.fails(&PushError::Store(ReadError::Absent(Absence::Deleted)), 1);
            remove(&session, "a", None).await.is(Removed::Gone, 1);
            let client = moto.secrets_manager();
            client.delete_secret().secret_id("push/removal/a").force_delete_without_recovery(true).send().await.unwrap();
        }
    }
    for (service, settings) in [
        ("SecretsManager", json!({"forceDeleteWithoutRecovery": true, "recoveryWindowInDays": 7})),
        ("SecretsManager", json!({"recoveryWindowInDays": 6})),
        ("ParameterStore", json!({})),
    ] {
        let mut spec = aws(moto.url());
        spec["service"] = json!(service);
        spec["secretsManager"] = settings;
        let spec: ProviderSpec = serde_json::from_value(json!({"aws": spec})).unwrap();
        assert!(matches!(connect(&spec, &with_keys()).await.err(), Some(InputError::Invalid { .. })), "{service}");
    }
}

#[tokio::test]
async fn a_secret_that_never_had_a_value_gets_one() {
    let moto = Moto::shared().await;
    let (session, _recorder) = writer(moto, "push/empty/", json!({})).await;
    let mark = Tag::builder().key("managed-by").value("sealbridge").build();
    moto.secrets_manager().create_secret().name("push/empty/a").tags(mark).send().await.unwrap();
    push(&session, value("a", Some("p"), "1")).await.is(Pushed::Written, 2);
    assert_eq!(held(moto, "push/empty/a").await.unwrap().0, br#"{"p":"1"}"#);
}

#[tokio::test]
async fn what_a_secret_cannot_hold_is_refused_before_it_is_sent() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "push/unfit/", json!({})).await;
    let text_format = |push| with(push, json!({"secretPushFormat": "string"}));
    for (refused, words) in [
        (value("a", None, ""), "64 KiB"),
        (value("a", None, "canary ".repeat(10_000)), "64 KiB"),
        (value("a", Some("p"), b"canary\xff"), "base64"),
        (text_format(value("a", None, b"canary\xff")), "base64"),
        (value("a", Some("a.#"), "canary"), "remoteRef.property"),
        (value("a b", None, "canary"), "characters"),
    ] {
        let refused = push(&session, refused).await;
        let error = refused.outcome.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("; ") && !error.contains("canary"), "{error}");
    }
    assert_eq!(recorder.requests().len(), 0);
    moto.secrets_manager()
        .create_secret()
        .name("push/unfit/no-object")
        .secret_binary(Blob::new("canary"))
        .tags(Tag::builder().key("managed-by").value("external-secrets").build())
        .send()
        .await
        .unwrap();
    let refused = push(&session, value("no-object", Some("p"), "x")).await;
    assert!(matches!(refused.outcome, Err(PushError::Unfit(_))));
    remove(&session, "no-object", Some("p")).await.is(Removed::Gone, 2);
    assert_eq!(held(moto, "push/unfit/no-object").await.unwrap().0, b"canary");
}

#[tokio::test]
async fn refusals_are_told_apart_and_tell_nothing() {
    let error = |code: &str| Answer::Json(400, json!({"__type": code, "Message": "canary"}).to_string());
    for (answer, wanted) in [
        (error("AccessDeniedException"), PushError::Store(ReadError::Denied)),
        (error("UnrecognizedClientException"), PushError::Store(ReadError::LoginRefused)),
        (Answer::Html, PushError::Store(ReadError::BadAnswer)),
    ] {
        let recorder = Recorder::answering(answer).await;
        let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
        let refused = push(&session, value("a", None, "canary")).await;
        assert_eq!(refused.outcome, Err(wanted));
        assert!(recorder.requests().iter().all(|request| request.aws_operation() == Some("DescribeSecret")));
    }
    // Nobody has such a secret, and nobody may make one.
    let moto = Moto::shared().await;
    let recorder = moto.recorded().await;
    let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
    recorder.answer(error("ResourceNotFoundException"));
    let refused = push(&session, value("a", None, "canary")).await;
    assert!(refused.outcome.is_err() && !format!("{:?}", refused.outcome).contains("canary"));
}
