//! Writing Secrets of another namespace through the real API server: what is written, what is left, and how many requests it
//! takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use sealbridge_provider::{PushError, Pushed, Pusher, ReadError, Removed, Session};
use sealbridge_tests::{Answer, Cluster, Namespace, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_kubernetes::{by_token, rights, store, with_token};
use crate::provider_scope::{push, read, remove, text, value, with};
use crate::stage::SOON;

const PUSHER: &str = "[secrets], verbs: [get, create, patch, delete]";
const LABEL: &str = "sealbridge.dev/pushed-by";

async fn prepared(resources_and_verbs: &str) -> (Namespace<'static>, Arc<Session>) {
    let namespace = Cluster::shared().await.namespace("pushed-into").await;
    namespace.apply(&rights(resources_and_verbs)).await;
    let session = with_token(&namespace).await.session(store(&namespace, &by_token())).await;
    (namespace, session)
}

async fn secret(namespace: &Namespace<'_>, name: &str) -> Option<Secret> {
    namespace.api::<Secret>().get_opt(name).await.unwrap()
}

async fn data(namespace: &Namespace<'_>, name: &str) -> BTreeMap<String, Vec<u8>> {
    let data = secret(namespace, name).await.expect("a Secret").data.unwrap_or_default();
    data.into_iter().map(|(name, value)| (name, value.0)).collect()
}

fn entries(entries: &[(&str, &[u8])]) -> BTreeMap<String, Vec<u8>> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect()
}

#[tokio::test]
async fn entries_are_written_once_and_again_only_when_they_differ() {
    let (namespace, session) = prepared(PUSHER).await;
    push(&session, value("db", Some("key"), b"\x00\xff")).await.is(Pushed::Written, 2);
    let made = secret(&namespace, "db").await.unwrap();
    assert_eq!((made.labels()[LABEL].as_str(), made.type_.as_deref()), ("external-secrets", Some("Opaque")));
    push(&session, value("db", Some("key"), b"\x00\xff")).await.is(Pushed::Unchanged, 1);
    assert_eq!(secret(&namespace, "db").await.unwrap().resource_version(), made.resource_version());

    push(&session, value("db", Some("tls.crt"), "text")).await.is(Pushed::Written, 2);
    assert_eq!(data(&namespace, "db").await, entries(&[("key", b"\x00\xff"), ("tls.crt", b"text")]));
    assert_eq!(text(&read(&session, "db").await.unwrap(), Some("tls.crt")), "text");

    // Without a property the members are all that there is.
    push(&session, value("db", None, r#"{"key":"new","n":{"a": 1.50}}"#)).await.is(Pushed::Written, 2);
    assert_eq!(data(&namespace, "db").await, entries(&[("key", b"new"), ("n", br#"{"a":1.50}"#)]));
    push(&session, value("db", None, r#"{ "n": {"a":1.50}, "key": "new" }"#)).await.is(Pushed::Unchanged, 1);

    remove(&session, "db", Some("n")).await.is(Removed::Gone, 2);
    remove(&session, "db", Some("n")).await.is(Removed::Gone, 1);
    assert_eq!(data(&namespace, "db").await, entries(&[("key", b"new")]));
    remove(&session, "db", Some("key")).await.is(Removed::Gone, 2);
    assert!(secret(&namespace, "db").await.is_none(), "with the last one the whole");
    remove(&session, "db", None).await.is(Removed::Gone, 1);

    let mut native = value("native", None, "{}");
    native.pusher = Pusher::Native;
    push(&session, native).await.is(Pushed::Written, 2);
    assert_eq!(secret(&namespace, "native").await.unwrap().labels()[LABEL], "sealbridge");
    remove(&session, "native", None).await.is(Removed::Gone, 2);
}

#[tokio::test]
async fn a_secret_without_the_mark_is_left_until_its_owner_marks_it() {
    let (namespace, session) = prepared(PUSHER).await;
    let theirs = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs"}, "stringData": {"a": "canary"}});
    namespace.apply(&theirs.to_string()).await;
    let before = secret(&namespace, "theirs").await.unwrap().resource_version();
    push(&session, value("theirs", Some("a"), "canary")).await.fails(&PushError::NotPushed, 1);
    push(&session, value("theirs", Some("b"), "x")).await.fails(&PushError::NotPushed, 1);
    push(&session, value("theirs", None, "{}")).await.fails(&PushError::NotPushed, 1);
    remove(&session, "theirs", None).await.is(Removed::NotPushed, 1);
    remove(&session, "theirs", Some("a")).await.is(Removed::NotPushed, 1);
    let mut if_absent = value("theirs", Some("a"), "x");
    if_absent.only_if_absent = true;
    push(&session, if_absent).await.is(Pushed::Kept, 1);
    assert_eq!(secret(&namespace, "theirs").await.unwrap().resource_version(), before);

    namespace.kubectl(&["label", "secret", "theirs", &format!("{LABEL}=external-secrets")]).await.ok();
    push(&session, value("theirs", Some("b"), "x")).await.is(Pushed::Written, 2);
    assert_eq!(data(&namespace, "theirs").await, entries(&[("a", b"canary"), ("b", b"x")]));
}

#[tokio::test]
async fn labels_and_annotations_are_brought_to_what_the_entry_says() {
    let (namespace, session) = prepared(PUSHER).await;
    let pushed = |spec: Value| with(value("db", Some("a"), "x"), spec);
    let first = json!({"labels": {"team": "shop"}, "annotations": {"note": "1"}});
    push(&session, pushed(first.clone())).await.is(Pushed::Written, 2);
    push(&session, pushed(first)).await.is(Pushed::Unchanged, 1);
    namespace.kubectl(&["label", "secret", "db", "theirs=x"]).await.ok();
    let labels = async || {
        let labels = secret(&namespace, "db").await.unwrap().labels().clone();
        labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    let mark = format!("{LABEL}=external-secrets");
    push(&session, pushed(json!({"labels": {"team": "b"}}))).await.is(Pushed::Written, 2);
    assert_eq!(labels().await, [mark.as_str(), "team=b", "theirs=x"]);
    push(&session, pushed(json!({"labels": {"team": "c"}, "targetMergePolicy": "Ignore"}))).await.is(Pushed::Unchanged, 1);
    push(&session, pushed(json!({"labels": {"team": "c"}, "targetMergePolicy": "Replace"}))).await.is(Pushed::Written, 2);
    assert_eq!(labels().await, [mark.as_str(), "team=c"]);
    assert!(secret(&namespace, "db").await.unwrap().annotations().is_empty());
    assert_eq!(data(&namespace, "db").await, entries(&[("a", b"x")]));
    for (spec, path) in [
        (json!({"remoteNamespace": "kube-system"}), "metadata.spec.remoteNamespace"),
        (json!({"sourceMergePolicy": "Merge"}), "metadata.spec.sourceMergePolicy"),
        (json!({"labels": {LABEL: "x"}}), "metadata.spec.labels.sealbridge.dev/pushed-by"),
    ] {
        let refused = push(&session, pushed(spec)).await;
        assert!(matches!(&refused.outcome, Err(PushError::Invalid { field, .. }) if field == path) && refused.requests == 0);
    }
    let refused = push(&session, pushed(json!({"labels": {"team": "no such value!"}}))).await;
    assert!(matches!(refused.outcome, Err(PushError::Unfit(_))), "{:?}", refused.outcome);
}

#[tokio::test]
async fn what_a_secret_cannot_hold_is_refused() {
    let (namespace, session) = prepared(PUSHER).await;
    for (refused, words) in [
        (value("a", None, "canary"), "name a property"),
        (value("a", None, r#"["canary"]"#), "name a property"),
        (value("a", None, r#"{"a/b":"canary"}"#), "letters, digits"),
        (value("a", Some("a/b"), "canary"), "remoteRef.property"),
        (value("a", Some(""), "canary"), "remoteRef.property"),
        (value("../a", None, "{}"), "no name"),
    ] {
        let refused = push(&session, refused).await;
        let error = refused.outcome.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("; ") && !error.contains("canary"), "{error}");
        assert_eq!(refused.requests, 0, "{error}");
    }
    let immutable = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fixed", "labels": {LABEL: "sealbridge"}},
        "immutable": true, "stringData": {"a": "x"}});
    namespace.apply(&immutable.to_string()).await;
    let before = secret(&namespace, "fixed").await.unwrap();
    let refused = push(&session, value("fixed", Some("a"), "canary")).await;
    assert!(matches!(refused.outcome, Err(PushError::Unfit(_))), "{:?}", refused.outcome);
    assert_eq!(secret(&namespace, "fixed").await.unwrap().uid(), before.uid(), "never made anew");
}

#[tokio::test]
async fn nothing_that_others_write_in_the_same_moment_is_lost() {
    let (namespace, session) = prepared(PUSHER).await;
    push(&session, value("db", Some("a"), "1")).await.is(Pushed::Written, 2);
    let pushes = (0..8).map(|n| {
        let session = &session;
        async move { session.push(&value("db", Some(&format!("p{n}")), "x")).await }
    });
    let outcomes = futures::future::join_all(pushes).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Pushed::Written)), "{outcomes:?}");
    assert_eq!(data(&namespace, "db").await.len(), 9);

    // Somebody else writes all the time: each of our writes is made whole or not at all.
    let theirs = async {
        for n in 0..20 {
            let patch = format!("{{\"stringData\":{{\"theirs\":\"{n}\"}}}}");
            namespace.kubectl(&["patch", "secret", "db", "--type=merge", "-p", &patch]).await.ok();
        }
    };
    let ours = async {
        for n in 0..20 {
            eventually(SOON, "it is written in a quiet moment", async || {
                match session.push(&value("db", Some("ours"), n.to_string())).await {
                    Err(PushError::Changed) => Err("changed in the same moment".to_owned()),
                    outcome => {
                        assert_eq!(outcome, Ok(Pushed::Written));
                        Ok(())
                    }
                }
            })
            .await;
        }
    };
    tokio::join!(theirs, ours);
    let held = data(&namespace, "db").await;
    assert_eq!((held["ours"].as_slice(), held["theirs"].as_slice()), (&b"19"[..], &b"19"[..]));
}

#[tokio::test]
async fn whoever_may_not_write_is_told_so() {
    let (namespace, session) = prepared("[secrets], verbs: [get]").await;
    let denied = |outcome: Result<Pushed, PushError>| matches!(outcome, Err(PushError::Denied(_)));
    assert!(denied(push(&session, value("db", Some("a"), "x")).await.outcome));
    let ours = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ours", "labels": {LABEL: "sealbridge"}}});
    namespace.apply(&ours.to_string()).await;
    assert!(denied(push(&session, value("ours", Some("a"), "x")).await.outcome));
    assert!(matches!(remove(&session, "ours", None).await.outcome, Err(PushError::Denied(_))));
    assert_eq!(session.circuit().failure(), None, "others go on");

    let (_, blind) = prepared("[secrets], verbs: [create, patch, delete]").await;
    push(&blind, value("db", Some("a"), "x")).await.fails(&PushError::Store(ReadError::Denied), 1);
}

#[tokio::test]
async fn a_server_that_is_no_api_server_is_not_written_to() {
    let namespace = Cluster::shared().await.namespace("pushed-into").await;
    namespace.apply(&rights(PUSHER)).await;
    // A token is sent over TLS only, which the recorder does not speak.
    let recorder = Recorder::answering(Answer::Html).await;
    let mut spec = store(&namespace, &by_token());
    spec["kubernetes"]["server"]["url"] = json!(recorder.url().replace("http://", "https://"));
    let session = with_token(&namespace).await.session(spec).await;
    let refused = push(&session, value("db", Some("a"), "canary")).await;
    assert!(matches!(refused.outcome, Err(PushError::Store(_))), "{:?}", refused.outcome);
    assert_eq!(recorder.requests().len(), 0);
}
