//! Writing to a real `OpenBao`, in both versions of KV: what is written, what is left, and how many requests it takes.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use sealbridge_provider::{PushError, Pushed, Pusher, ReadError, Removed, Session};
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, push, read, remove, text, value};

const SOON: Duration = Duration::from_secs(30);
/// Long enough to write something in between.
const LATE: Duration = Duration::from_secs(2);

fn marked() -> Value {
    json!({"managed-by": "external-secrets"})
}

/// A store on a mount at a server's address, of whoever may write there and nothing else.
async fn writer_at(url: &str, bao: &Bao, mount: &Mount<'_>, provider: &str) -> Arc<Session> {
    let policy = mount.push_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    let version = format!("v{}", mount.version());
    let auth = json!({"tokenSecretRef": {"name": "creds", "key": "token"}});
    let spec = json!({"server": url, "path": mount.path(), "version": version, "auth": auth});
    Surroundings::default().entry("creds", "token", &token).session(json!({provider: spec})).await
}

async fn writer(bao: &Bao, mount: &Mount<'_>) -> Arc<Session> {
    writer_at(bao.url(), bao, mount, "vault").await
}

#[rstest]
#[case::vault("vault")]
#[case::openbao("openBao")]
#[tokio::test]
async fn a_value_is_written_once_and_again_only_when_it_differs(#[case] provider: &str) {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer_at(bao.url(), bao, &mount, provider).await;
    let mark = bao.mark();

    // A look at the value and one at the metadata, the mark, the value.
    push(&session, value("shop/db", None, r#"{"user":"app","n":{"a":1.50,"b":[1,2]}}"#)).await.is(Pushed::Written, 4);
    assert_eq!(mount.get("shop/db").await, Some(json!({"user": "app", "n": {"a": 1.50, "b": [1, 2]}})));
    let metadata = mount.metadata("shop/db").await.unwrap();
    assert_eq!((&metadata["custom_metadata"], &metadata["current_version"]), (&marked(), &json!(1)));

    for same in [r#"{"user":"app","n":{"a":1.50,"b":[1,2]}}"#, r#"{ "n": {"b": [1, 2], "a": 1.50}, "user": "\u0061pp" }"#] {
        push(&session, value("shop/db", None, same)).await.is(Pushed::Unchanged, 1);
    }
    push(&session, value("shop/db", None, r#"{"user":"app"}"#)).await.is(Pushed::Written, 2);
    assert_eq!(mount.get("shop/db").await, Some(json!({"user": "app"})));

    let writes = bao.requests(mark).filter(|request| matches!(request.operation.as_str(), "create" | "update" | "delete"));
    let writes: Vec<_> = writes.under(mount.path()).iter().map(|request| request.path.clone()).collect();
    let [metadata, data] = ["metadata", "data"].map(|part| format!("{}/{part}/shop/db", mount.path()));
    assert_eq!(writes, [metadata, data.clone(), data]);
    assert_eq!(text(&read(&session, "shop/db").await.unwrap(), Some("user")), "app");

    remove(&session, "shop/db", None).await.is(Removed::Gone, 2);
    assert_eq!(mount.metadata("shop/db").await, None);
    remove(&session, "shop/db", None).await.is(Removed::Gone, 2);
}

#[tokio::test]
async fn numbers_that_the_server_rounds_are_the_same_afterwards() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    for number in ["0", "-1", "1.50", "1e3", "1E400", "0.1", "12345678901234567890", "123456789012345678", "1.00000000000000000001"]
    {
        let object = format!("{{\"n\":{number}}}");
        let first = push(&session, value(number, None, &object)).await;
        let stored = read(&session, number).await.ok().map(|payload| text(&payload, Some("n")));
        println!("{number}: {:?}, stored as {stored:?}", first.outcome);
        if first.outcome.is_ok() {
            push(&session, value(number, None, &object)).await.is(Pushed::Unchanged, 1);
        }
    }
}

#[tokio::test]
async fn a_property_is_one_member_and_everything_else_stays() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    push(&session, value("db", Some("user.name"), "app \"x\"")).await.is(Pushed::Written, 4);
    push(&session, value("db", Some("password"), "1")).await.is(Pushed::Written, 2);
    push(&session, value("db", Some("password"), "1")).await.is(Pushed::Unchanged, 1);
    assert_eq!(mount.get("db").await, Some(json!({"user.name": "app \"x\"", "password": "1"})));

    // What others added: a member, and metadata.
    mount.put_json("db", &json!({"user.name": "app", "password": 1, "theirs": [1.50]})).await;
    mount.put_custom_metadata("db", &json!({"managed-by": "sealbridge", "team": "shop"})).await;
    push(&session, value("db", Some("password"), "1")).await.is(Pushed::Written, 2);
    assert_eq!(mount.get("db").await, Some(json!({"user.name": "app", "password": "1", "theirs": [1.50]})));
    remove(&session, "db", Some("password")).await.is(Removed::Gone, 2);
    remove(&session, "db", Some("password")).await.is(Removed::Gone, 1);
    assert_eq!(mount.get("db").await, Some(json!({"user.name": "app", "theirs": [1.50]})));
    let metadata = mount.metadata("db").await.unwrap();
    assert_eq!(metadata["custom_metadata"], json!({"managed-by": "sealbridge", "team": "shop"}));

    remove(&session, "db", Some("theirs")).await.is(Removed::Gone, 2);
    remove(&session, "db", Some("user.name")).await.is(Removed::Gone, 2);
    assert_eq!(mount.metadata("db").await, None, "with the last one the whole");
}

#[tokio::test]
async fn what_nobody_marked_is_left() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    mount.put("theirs", &[("a", "canary")]).await;
    mount.put("terraform", &[("a", "canary")]).await;
    mount.put_custom_metadata("terraform", &json!({"managed-by": "terraform"})).await;
    mount.put("deleted", &[("a", "canary")]).await;
    mount.delete("deleted").await;
    mount.put_custom_metadata("reserved", &json!({"team": "shop"})).await;
    for (key, requests) in [("theirs", 1), ("terraform", 1), ("deleted", 1), ("reserved", 2)] {
        push(&session, value(key, None, r#"{"a":"canary"}"#)).await.fails(&PushError::NotPushed, requests);
        push(&session, value(key, Some("b"), "x")).await.fails(&PushError::NotPushed, requests);
        let before = mount.metadata(key).await;
        remove(&session, key, None).await.is(Removed::NotPushed, requests);
        remove(&session, key, Some("a")).await.is(Removed::NotPushed, requests);
        assert_eq!(mount.metadata(key).await, before, "{key}");
    }
}

#[tokio::test]
async fn what_is_there_is_kept_when_it_is_only_to_be_there() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    let if_absent = |key: &str, property: Option<&str>| {
        let mut push = value(key, property, r#"{"a":"new"}"#);
        push.only_if_absent = true;
        push
    };
    mount.put("theirs", &[("a", "old")]).await;
    push(&session, if_absent("theirs", None)).await.is(Pushed::Kept, 1);
    push(&session, if_absent("theirs", Some("a"))).await.is(Pushed::Kept, 1);
    push(&session, if_absent("theirs", Some("b"))).await.fails(&PushError::NotPushed, 1);
    push(&session, if_absent("ours", None)).await.is(Pushed::Written, 4);
    push(&session, if_absent("ours", None)).await.is(Pushed::Kept, 1);
    push(&session, if_absent("ours", Some("b"))).await.is(Pushed::Written, 2);
    assert_eq!(mount.get("theirs").await, Some(json!({"a": "old"})));
    assert_eq!(mount.get("ours").await, Some(json!({"a": "new", "b": "{\"a\":\"new\"}"})));
}

#[tokio::test]
async fn a_version_that_was_deleted_is_written_anew() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    push(&session, value("a", None, r#"{"p":"1"}"#)).await.is(Pushed::Written, 4);
    mount.delete("a").await;
    push(&session, value("a", Some("p"), "2")).await.is(Pushed::Written, 2);
    mount.destroy("a", &[2]).await;
    remove(&session, "a", Some("p")).await.is(Removed::Gone, 1);
    push(&session, value("a", None, r#"{"p":"3"}"#)).await.is(Pushed::Written, 2);
    assert_eq!(
        (mount.get("a").await, mount.metadata("a").await.unwrap()["current_version"].clone()),
        (Some(json!({"p": "3"})), json!(3))
    );
    mount.delete("a").await;
    remove(&session, "a", None).await.is(Removed::Gone, 2);
    assert_eq!(mount.metadata("a").await, None);
}

#[tokio::test]
async fn whoever_was_cut_off_after_the_mark_goes_on_or_takes_back() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    for key in ["goes-on", "takes-back", "takes-one-back"] {
        mount.put_custom_metadata(key, &marked()).await;
    }
    push(&session, value("goes-on", None, "{}")).await.is(Pushed::Written, 3);
    push(&session, value("goes-on", None, "{}")).await.is(Pushed::Unchanged, 1);
    remove(&session, "takes-back", None).await.is(Removed::Gone, 3);
    remove(&session, "takes-one-back", Some("a")).await.is(Removed::Gone, 3);
    for key in ["takes-back", "takes-one-back"] {
        assert_eq!(mount.metadata(key).await, None, "{key}");
    }
}

#[tokio::test]
async fn a_mount_that_demands_check_and_set_gets_it() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    bao.call(Method::POST, &format!("{}/config", mount.path()), Some(&json!({"cas_required": true}))).await.unwrap();
    let session = writer(bao, &mount).await;
    push(&session, value("a", Some("p"), "1")).await.is(Pushed::Written, 4);
    push(&session, value("a", Some("q"), "1")).await.is(Pushed::Written, 2);
    remove(&session, "a", Some("q")).await.is(Removed::Gone, 2);
}

/// Waits until a request was sent, which then takes its time to arrive.
async fn is_under_way(recorder: &Recorder, method: &str, part: &str) {
    eventually(SOON, &format!("{method} of {part}"), async || {
        let requests = recorder.requests();
        let found = requests.iter().any(|request| request.method == method && request.path.contains(part));
        if found { Ok(()) } else { Err(format!("{} requests", requests.len())) }
    })
    .await;
}

#[tokio::test]
async fn nothing_that_others_write_in_the_same_moment_is_lost() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let recorder = Recorder::proxy(bao.url()).await;
    let session = writer_at(&recorder.url(), bao, &mount, "vault").await;
    push(&session, value("a", Some("p"), "1")).await.is(Pushed::Written, 4);

    recorder.forget();
    recorder.answer(Answer::Late(LATE, bao.url().to_owned()));
    let ours = push(&session, value("a", Some("q"), "ours"));
    let theirs = async {
        is_under_way(&recorder, "POST", "/data/a").await;
        mount.put("a", &[("p", "theirs")]).await;
    };
    let (ours, ()) = tokio::join!(ours, theirs);
    ours.fails(&PushError::Changed, 2);
    assert_eq!(mount.get("a").await, Some(json!({"p": "theirs"})));
    recorder.answer(Answer::From(bao.url().to_owned()));
    push(&session, value("a", Some("q"), "ours")).await.is(Pushed::Written, 2);
    assert_eq!(mount.get("a").await, Some(json!({"p": "theirs", "q": "ours"})));

    // Theirs comes between the look and the mark, which is taken off again.
    recorder.forget();
    recorder.answer(Answer::Late(LATE, bao.url().to_owned()));
    let ours = push(&session, value("new", None, r#"{"p":"ours"}"#));
    let theirs = async {
        is_under_way(&recorder, "POST", "/metadata/new").await;
        mount.put("new", &[("p", "theirs")]).await;
    };
    let (ours, ()) = tokio::join!(ours, theirs);
    ours.fails(&PushError::Changed, 6);
    recorder.answer(Answer::From(bao.url().to_owned()));
    push(&session, value("new", None, r#"{"p":"ours"}"#)).await.fails(&PushError::NotPushed, 1);
    remove(&session, "new", None).await.is(Removed::NotPushed, 1);
    assert_eq!(mount.get("new").await, Some(json!({"p": "theirs"})));
}

#[tokio::test]
async fn two_of_ours_that_write_one_object_wait_for_each_other() {
    let bao = Bao::shared().await;
    for version in [1, 2] {
        let mount = bao.mount("", "push", version).await;
        let (one, other) = (writer(bao, &mount).await, writer(bao, &mount).await);
        let pushes = (0..16).map(|n| {
            let session = if n % 2 == 0 { &one } else { &other };
            async move { session.push(&value("a", Some(&format!("p{n}")), "x")).await }
        });
        let outcomes = futures::future::join_all(pushes).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(Pushed::Written)), "{outcomes:?}");
        let held = mount.get("a").await.unwrap();
        assert_eq!(held.as_object().unwrap().keys().filter(|name| name.starts_with('p')).count(), 16);
    }
}

#[tokio::test]
async fn version_1_keeps_the_mark_inside() {
    let bao = Bao::shared().await;
    let mount = bao.kv1("push").await;
    let session = writer(bao, &mount).await;
    push(&session, value("a", None, r#"{"p":"1","n":12345678901234567890}"#)).await.is(Pushed::Written, 2);
    let held = read(&session, "a").await.unwrap();
    assert_eq!(text(&held, None), r#"{"custom_metadata":{"managed-by":"external-secrets"},"n":12345678901234567890,"p":"1"}"#);
    push(&session, value("a", None, r#"{"n":12345678901234567890,"p":"1"}"#)).await.is(Pushed::Unchanged, 1);
    push(&session, value("a", None, r#"{"n":12345678901234567891,"p":"1"}"#)).await.is(Pushed::Written, 2);
    push(&session, value("a", Some("q"), "2")).await.is(Pushed::Written, 2);
    push(&session, value("a", Some("q"), "2")).await.is(Pushed::Unchanged, 1);
    remove(&session, "a", Some("n")).await.is(Removed::Gone, 2);
    assert_eq!(mount.get("a").await, Some(json!({"p": "1", "q": "2", "custom_metadata": marked()})));
    remove(&session, "a", Some("p")).await.is(Removed::Gone, 2);
    remove(&session, "a", Some("q")).await.is(Removed::Gone, 2);
    assert_eq!(mount.get("a").await, None, "with the last one the whole");
    remove(&session, "a", None).await.is(Removed::Gone, 1);

    mount.put("theirs", &[("p", "1")]).await;
    push(&session, value("theirs", Some("p"), "1")).await.fails(&PushError::NotPushed, 1);
    remove(&session, "theirs", None).await.is(Removed::NotPushed, 1);

    let inside = push(&session, value("b", None, r#"{"custom_metadata":{}}"#)).await;
    assert!(matches!(inside.outcome, Err(PushError::Unfit(_))) && inside.requests == 0);
    let named = push(&session, value("b", Some("custom_metadata"), "x")).await;
    assert!(matches!(named.outcome, Err(PushError::Invalid { .. })) && named.requests == 0);
}

#[tokio::test]
async fn what_a_key_cannot_hold_is_refused_before_the_store_is_asked() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let session = writer(bao, &mount).await;
    let mut with_metadata = value("a", None, "{}");
    with_metadata.metadata = Some(json!({"spec": {}}));
    let mut native = value("native", None, "{}");
    native.pusher = Pusher::Native;
    for (refused, words) in [
        (value("a", None, "canary"), "name a property"),
        (value("a", None, r#"["canary"]"#), "name a property"),
        (value("a", None, b"{\"canary\":\"\xff\"}"), "name a property"),
        (value("a", Some("p"), b"canary\xff"), "base64"),
        (value("a/../b", None, "{}"), "'..'"),
        (value("", None, "{}"), "empty"),
        (with_metadata, "metadata: "),
    ] {
        let refused = push(&session, refused).await;
        let error = refused.outcome.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("; ") && !error.contains("canary"), "{error}");
        assert_eq!(refused.requests, 0, "{error}");
    }
    push(&session, native).await.is(Pushed::Written, 4);
    assert_eq!(mount.metadata("native").await.unwrap()["custom_metadata"], json!({"managed-by": "sealbridge"}));
    push(&session, value("native", Some("p"), "{}")).await.is(Pushed::Written, 2);
}

#[tokio::test]
async fn whoever_may_not_write_is_told_so_and_a_missing_mount_is_no_missing_key() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    let policy = mount.read_policy().await;
    let token = bao.token("", &[&policy], json!({})).await;
    let auth = json!({"tokenSecretRef": {"name": "creds", "key": "token"}});
    let spec = |path: &str, version: &str| json!({"vault": {"server": bao.url(), "path": path, "version": version, "auth": auth}});
    let surroundings = Surroundings::default().entry("creds", "token", &token);
    let session = surroundings.clone().session(spec(mount.path(), "v2")).await;
    let refused = push(&session, value("a", Some("p"), "canary")).await;
    assert!(matches!(refused.outcome, Err(PushError::Denied(_))) && refused.requests == 3);
    assert_eq!(mount.metadata("a").await, None);

    mount.put("b", &[("p", "1")]).await;
    mount.put_custom_metadata("b", &marked()).await;
    for at in [None, Some("p")] {
        assert!(matches!(remove(&session, "b", at).await.outcome, Err(PushError::Denied(_))));
    }
    assert_eq!(session.circuit().failure(), None, "others go on");

    let elsewhere = surroundings.clone().session(spec("no-such-mount", "v2")).await;
    let refused = push(&elsewhere, value("a", Some("p"), "x")).await.outcome;
    assert!(matches!(refused, Err(PushError::Store(ReadError::Denied | ReadError::Misconfigured(_)))), "{refused:?}");
    let logical = surroundings.session(spec(mount.path(), "logical")).await;
    assert!(matches!(push(&logical, value("a", None, "{}")).await.outcome, Err(PushError::ReadOnly(_))));

    mount.disable().await;
    let refused = push(&session, value("a", Some("p"), "x")).await.outcome;
    assert!(matches!(refused, Err(PushError::Store(ReadError::Misconfigured(_)))), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_is_down_or_lies_is_not_written_to() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("push").await;
    for (answer, wanted) in [
        (Answer::HangUp, ReadError::Unavailable),
        (Answer::Json(503, "{}".to_owned()), ReadError::Unavailable),
        (Answer::Html, ReadError::BadAnswer),
        (Answer::Json(200, r#"{"data":{"data":{"p":"canary"}}}"#.to_owned()), ReadError::BadAnswer),
    ] {
        let recorder = Recorder::answering(answer.clone()).await;
        let session = writer_at(&recorder.url(), bao, &mount, "vault").await;
        push(&session, value("a", Some("p"), "canary")).await.fails(&PushError::Store(wanted.clone()), 1);
        assert_eq!(session.circuit().failure().is_some(), wanted.concerns_whole_store(), "{answer:?}");
        assert!(recorder.requests().iter().all(|request| request.method == "GET"), "{answer:?}");
    }
}
