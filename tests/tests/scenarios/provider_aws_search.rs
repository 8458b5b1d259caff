//! Searches and tags of Secrets Manager as moto serves it: what is found, and with how many calls.

use aws_sdk_secretsmanager::types::Tag;
use sealbridge_provider::{Absence, ReadError, RemoteKey};
use sealbridge_tests::{Answer, Moto, Recorder};
use serde_json::json;

use crate::provider_aws::{aws, counted, operations, with_keys};
use crate::provider_scope::{found, names, read_key, search, text};

const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);

async fn put_tagged(moto: &Moto, name: &str, tags: &[(&str, &str)]) {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
    let create = moto.secrets_manager().create_secret().name(name).secret_string(format!("value of {name}"));
    create.set_tags(Some(tags)).send().await.expect("stored");
}

#[tokio::test]
async fn a_thousand_secrets_take_ten_lists_and_fifty_batches() {
    let moto = Moto::private().await;
    let many: Vec<String> = (0..1000).map(|index| format!("many/{index:04}")).collect();
    for chunk in many.chunks(16) {
        futures::future::join_all(chunk.iter().map(|name| moto.put(name, name))).await;
    }
    let recorder = moto.recorded().await;
    let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
    let all = found(&session, search("", Some("^many/[0-9]+$"), &[])).await.unwrap();
    assert_eq!(all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), many);
    assert!(all.iter().all(|(name, value)| name == value));
    assert_eq!(operations(&recorder), counted(&[("BatchGetSecretValue", 50), ("ListSecrets", 10)]));

    // One more is too many, and none of them is read.
    moto.put("many/1000", "one more").await;
    recorder.forget();
    let error = names(&session, search("many/", None, &[])).await.unwrap_err();
    assert!(error.to_string().contains("1000 keys"), "{error}");
    assert_eq!(operations(&recorder), counted(&[("ListSecrets", 11)]));
}

#[tokio::test]
async fn names_are_whole_and_prefix_and_path_both_count() {
    let moto = Moto::shared().await;
    for name in ["find/prod/db", "find/prod/web", "find/prod-2/db", "find/dev/db", "other/find/prod/db"] {
        moto.put(name, name).await;
    }
    let mut spec = aws(moto.url());
    spec["prefix"] = json!("find/");
    let session = with_keys().session(json!({"aws": spec})).await;
    let of = async |path: &str, name: Option<&str>| names(&session, search(path, name, &[])).await;
    assert_eq!(of("", Some("/db$")).await.unwrap(), ["find/dev/db", "find/prod-2/db", "find/prod/db"]);
    assert_eq!(of("prod/", None).await.unwrap(), ["find/prod/db", "find/prod/web"]);
    assert_eq!(of("prod", Some("db")).await.unwrap(), ["find/prod-2/db", "find/prod/db"]);
    assert_eq!(of("prod/", Some("^prod/db$")).await, Err(NOT_FOUND));
    assert_eq!(of("absent/", None).await, Err(NOT_FOUND));
    assert_eq!(session.confirm_absence(&search("absent/", None, &[])).await, Ok(()));
    assert!(matches!(of("no such*", None).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn each_tag_goes_with_its_own_value() {
    let moto = Moto::shared().await;
    put_tagged(moto, "tags/both", &[("a", "1"), ("b", "2"), ("c", "3")]).await;
    put_tagged(moto, "tags/swapped", &[("a", "2"), ("b", "1")]).await;
    put_tagged(moto, "tags/longer", &[("a", "10"), ("b", "20")]).await;
    put_tagged(moto, "tags/one", &[("a", "1")]).await;
    let session = with_keys().session(json!({"aws": aws(moto.url())})).await;
    let tags = [("a", "1"), ("b", "2")];
    assert_eq!(names(&session, search("tags/", None, &tags)).await.unwrap(), ["tags/both"]);
    assert_eq!(names(&session, search("tags/", Some("one$"), &[("a", "1")])).await.unwrap(), ["tags/one"]);
    assert_eq!(names(&session, search("tags/", None, &[("a", "3")])).await, Err(NOT_FOUND));
}

#[tokio::test]
async fn tags_are_the_metadata() {
    let moto = Moto::shared().await;
    put_tagged(moto, "described/a", &[("team", "<shop>"), ("app.kubernetes.io/name", "db")]).await;
    moto.put("described/bare", "value").await;
    moto.put("described/deleted", "value").await;
    moto.secrets_manager().delete_secret().secret_id("described/deleted").send().await.expect("marked for deletion");
    let mut spec = aws(moto.url());
    spec["prefix"] = json!("described/");
    let session = with_keys().session(json!({"aws": spec})).await;
    let of = |name: &str| read_key(&session, RemoteKey::metadata(name, None));
    let tagged = of("a").await.unwrap();
    assert_eq!(text(&tagged, None), r#"{"app.kubernetes.io/name":"db","team":"\u003cshop\u003e"}"#);
    assert_eq!(text(&tagged, Some("team")), "<shop>");
    assert_eq!(text(&tagged, Some("app.kubernetes.io/name")), "db");
    assert_eq!(text(&of("bare").await.unwrap(), None), "{}");
    assert_eq!(of("never").await.unwrap_err(), NOT_FOUND);
    assert_eq!(of("deleted").await.unwrap_err(), ReadError::Absent(Absence::Deleted));
}

#[tokio::test]
async fn one_secret_without_a_value_is_the_failure_of_the_search_and_no_absence() {
    let moto = Moto::shared().await;
    moto.put("holes/a", "value").await;
    moto.secrets_manager().create_secret().name("holes/empty").send().await.expect("a secret without a value");
    let session = with_keys().session(json!({"aws": aws(moto.url())})).await;
    let error = names(&session, search("holes/", None, &[])).await.unwrap_err();
    assert!(matches!(error, ReadError::Misconfigured(_)), "{error:?}");
    assert_eq!(names(&session, search("holes/", Some("a$"), &[])).await.unwrap(), ["holes/a"]);
}

#[tokio::test]
async fn an_endpoint_that_lists_without_end_or_not_at_all() {
    let list = |secrets: usize, next: Option<&str>| {
        let secrets: Vec<_> = (0..secrets).map(|index| json!({"Name": format!("s{index}"), "Tags": []})).collect();
        Answer::Json(200, json!({"SecretList": secrets, "NextToken": next}).to_string())
    };
    let denied = json!({"__type": "AccessDeniedException", "Message": "canary"}).to_string();
    let cases = [
        (list(0, Some("again")), "without naming", 200),
        (list(100, Some("again")), "10000", 101),
        (list(100, None), "", 6),
        (Answer::Json(400, denied), "refused", 1),
        // The client asks again by itself.
        (Answer::Endless, "larger", 3),
    ];
    for (answer, words, most_calls) in cases {
        let endpoint = Recorder::answering(answer).await;
        let session = with_keys().session(json!({"aws": aws(&endpoint.url())})).await;
        let error = names(&session, search("s", None, &[("a", "1")])).await;
        if words.is_empty() {
            assert_eq!(error, Err(NOT_FOUND), "none of them has the tag");
        } else {
            let error = error.unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("canary"), "{error}");
        }
        let calls = operations(&endpoint);
        assert!(calls.values().sum::<usize>() <= most_calls, "{words}: {calls:?}");
    }
}
