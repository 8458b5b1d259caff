//! Writing to Parameter Store as moto serves it: what is written, what is left, and how many requests it takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};
use sealbridge_provider::{PushError, Pushed, ReadError, Removed, Session};
use sealbridge_tests::{Moto, Recorder};
use serde_json::{Value, json};

use crate::provider_aws::{counted, operations, with_keys};
use crate::provider_parameter_store::parameters;
use crate::provider_scope::{MARK, named, push, read, remove, text, value, with};

/// A store whose keys stand below a prefix, and what it asks.
async fn writer(moto: &Moto, prefix: &str) -> (Arc<Session>, Recorder) {
    let recorder = moto.recorded().await;
    let mut spec = parameters(&recorder.url());
    spec["aws"]["prefix"] = json!(prefix);
    (with_keys().session(spec).await, recorder)
}

async fn held(moto: &Moto, name: &str) -> Option<(String, ParameterType)> {
    let answer = moto.parameter_store().get_parameter().name(name).with_decryption(true).send().await.ok()?;
    let parameter = answer.parameter?;
    Some((parameter.value?, parameter.r#type?))
}

async fn tags(moto: &Moto, name: &str) -> BTreeMap<String, String> {
    let client = moto.parameter_store();
    let request = client.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
    request.send().await.unwrap().tag_list.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

#[tokio::test]
async fn a_value_is_written_once_and_again_only_when_it_differs() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "/push/once/").await;
    push(&session, value("a", None, "first")).await.is(Pushed::Written, 2);
    assert_eq!(operations(&recorder), counted(&[("GetParameter", 1), ("PutParameter", 1)]));
    assert_eq!(held(moto, "/push/once/a").await, Some(("first".to_owned(), ParameterType::String)));
    assert_eq!(tags(moto, "/push/once/a").await, named(&[MARK]));
    recorder.forget();
    push(&session, value("a", None, "first")).await.is(Pushed::Unchanged, 2);
    assert_eq!(operations(&recorder), counted(&[("GetParameter", 1), ("ListTagsForResource", 1)]));
    push(&session, value("a", None, "second")).await.is(Pushed::Written, 3);
    assert_eq!(text(&read(&session, "a").await.unwrap(), None), "second");
    assert_eq!(tags(moto, "/push/once/a").await, named(&[MARK]));
    remove(&session, "a", None).await.is(Removed::Gone, 3);
    assert_eq!(held(moto, "/push/once/a").await, None);
    remove(&session, "a", None).await.is(Removed::Gone, 1);
}

#[tokio::test]
async fn a_property_is_one_member_of_the_text() {
    let moto = Moto::shared().await;
    let (session, _recorder) = writer(moto, "/push/property/").await;
    let encrypted = |push| with(push, json!({"secretType": "SecureString"}));
    push(&session, encrypted(value("a", Some("db.user"), "app"))).await.is(Pushed::Written, 2);
    push(&session, value("a", Some("port"), "5432")).await.is(Pushed::Written, 3);
    let document = r#"{"db":{"user":"app"},"port":"5432"}"#;
    assert_eq!(held(moto, "/push/property/a").await, Some((document.to_owned(), ParameterType::SecureString)), "the type stays");
    push(&session, value("a", Some("port"), "5432")).await.is(Pushed::Unchanged, 2);
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("db.user")), "app");
    remove(&session, "a", Some("port")).await.is(Removed::Gone, 3);
    remove(&session, "a", Some("port")).await.is(Removed::Gone, 2);
    assert_eq!(held(moto, "/push/property/a").await.unwrap().1, ParameterType::SecureString);
    remove(&session, "a", Some("db.user")).await.is(Removed::Gone, 3);
    assert_eq!(held(moto, "/push/property/a").await, None, "with the last one the whole");
}

#[tokio::test]
async fn what_nobody_marked_is_left() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "/push/theirs/").await;
    moto.put_parameter("/push/theirs/plain", "canary").await;
    let mark = Tag::builder().key("managed-by").value("terraform").build().unwrap();
    let client = moto.parameter_store();
    client.put_parameter().name("/push/theirs/tf").value("canary").r#type(ParameterType::String).tags(mark).send().await.unwrap();
    for key in ["plain", "tf"] {
        push(&session, value(key, None, "canary")).await.fails(&PushError::NotPushed, 2);
        remove(&session, key, None).await.is(Removed::NotPushed, 2);
        remove(&session, key, Some("a")).await.is(Removed::NotPushed, 2);
        let mut if_absent = value(key, None, "x");
        if_absent.only_if_absent = true;
        push(&session, if_absent).await.is(Pushed::Kept, 1);
    }
    assert!(operations(&recorder).keys().all(|name| name.starts_with("List") || name.starts_with("Get")));
}

#[tokio::test]
async fn tags_and_kinds_are_brought_to_what_the_entry_says() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "/push/about/").await;
    let pushed = |spec: Value| with(value("a", None, "v"), spec);
    let first = json!({"tags": {"team": "shop", "tier": "1"}, "description": "d", "tier": {"type": "Advanced"},
        "secretType": "SecureString", "kmsKeyID": "alias/shop", "encodeAsDecoded": true});
    push(&session, pushed(first.clone())).await.is(Pushed::Written, 2);
    let requests = recorder.requests();
    let body = &requests.iter().find(|request| request.aws_operation() == Some("PutParameter")).unwrap().body;
    for part in [r#""Tier":"Advanced""#, r#""KeyId":"alias/shop""#, r#""Description":"d""#, r#""Overwrite":false"#] {
        assert!(body.contains(part), "{part}");
    }
    assert_eq!(tags(moto, "/push/about/a").await, named(&[MARK, ("team", "shop"), ("tier", "1")]));
    push(&session, pushed(first)).await.is(Pushed::Unchanged, 2);
    recorder.forget();
    push(&session, pushed(json!({"tags": {"team": "shop", "new": "x"}}))).await.is(Pushed::Written, 4);
    let calls = [("AddTagsToResource", 1), ("GetParameter", 1), ("ListTagsForResource", 1), ("RemoveTagsFromResource", 1)];
    assert_eq!(operations(&recorder), counted(&calls));
    assert_eq!(tags(moto, "/push/about/a").await, named(&[MARK, ("team", "shop"), ("new", "x")]));
    push(&session, value("a", None, "v")).await.is(Pushed::Unchanged, 2);
    for (spec, path) in [
        (json!({"tier": {"policies": [{}]}}), "metadata.spec.tier.policies"),
        (json!({"encodeAsDecoded": false}), "metadata.spec.encodeAsDecoded"),
        (json!({"secretPushFormat": "string"}), "metadata.spec.secretPushFormat"),
    ] {
        let refused = push(&session, pushed(spec)).await;
        assert!(matches!(&refused.outcome, Err(PushError::Invalid { field, .. }) if field == path) && refused.requests == 0);
    }
}

#[tokio::test]
async fn what_a_parameter_cannot_hold_is_refused_before_it_is_sent() {
    let moto = Moto::shared().await;
    let (session, recorder) = writer(moto, "").await;
    for (refused, words) in [
        (value("a", None, b"canary\xff"), "base64"),
        (value("a", None, ""), "empty"),
        (value("a:1", None, "canary"), "characters"),
        (value("a", Some("a.*"), "canary"), "remoteRef.property"),
    ] {
        let refused = push(&session, refused).await;
        let error = refused.outcome.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("; ") && !error.contains("canary"), "{error}");
    }
    let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/a";
    let by_arn = push(&session, value(arn, None, "x")).await;
    assert!(matches!(by_arn.outcome, Err(PushError::Store(ReadError::InvalidKey(_)))));
    assert_eq!(recorder.requests().len(), 0);
}
