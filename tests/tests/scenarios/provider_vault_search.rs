//! Searches and metadata on a real `OpenBao`: what is found, with how many requests, and when there is no answer at all.

use reqwest::Method;
use sealbridge_provider::{Absence, ReadError, RemoteKey};
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Recorder};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, found, names, read_key, search, text};
use crate::provider_vault_read::reader;

const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);

async fn put_all(mount: &Mount<'_>, secrets: &[&str]) {
    for secret in secrets {
        mount.put(secret, &[("at", secret)]).await;
    }
}

async fn tag(bao: &Bao, mount: &Mount<'_>, secret: &str, tags: Value) {
    let path = format!("{}/metadata/{secret}", mount.path());
    bao.call(Method::POST, &path, Some(&json!({"custom_metadata": tags}))).await.expect("tagged");
}

#[tokio::test]
async fn everything_below_a_path_is_found_by_its_full_name() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    put_all(&mount, &["shop", "shop/db", "shop/eu/db", "shop/eu/deep/er/db", "shop/eu/web", "shop/gone", "shopping/db", "top"])
        .await;
    mount.delete("shop/gone").await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.session(json!({"vault": vault})).await;

    let mark = bao.mark();
    let below_shop = found(&session, search("shop", Some("db$"), &[])).await.unwrap();
    let wanted = ["shop/db", "shop/eu/db", "shop/eu/deep/er/db"].map(|name| (name.to_owned(), format!("{{\"at\":\"{name}\"}}")));
    assert_eq!(below_shop, wanted);
    let asked = bao.requests(mark).under(&format!("{}/", mount.path()));
    assert_eq!(asked.clone().filter(|request| request.operation == "list").count(), 4, "one list for each folder");
    assert_eq!(asked.reads(mount.path()).count(), 3, "one read for each key that is wanted");

    let everything = ["shop", "shop/db", "shop/eu/db", "shop/eu/deep/er/db", "shop/eu/web", "shopping/db", "top"];
    assert_eq!(names(&session, search("", None, &[])).await.unwrap(), everything);
    for spelling in [format!("{}/shop/eu", mount.path()), format!("{}/data/shop/eu", mount.path()), "shop/eu/".to_owned()] {
        assert_eq!(names(&session, search(&spelling, Some("^shop/eu/web$"), &[])).await.unwrap(), ["shop/eu/web"]);
    }
    for (path, name) in [("shop/eu", Some("^web")), ("shop/gone", None), ("absent", None), ("", Some("^gone$"))] {
        let nothing = search(path, name, &[]);
        assert_eq!(names(&session, nothing.clone()).await, Err(NOT_FOUND), "{path} {name:?}");
        assert_eq!(session.confirm_absence(&nothing).await, Ok(()));
    }
}

#[tokio::test]
async fn a_store_without_a_mount_finds_names_that_it_reads() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    put_all(&mount, &["shop/db"]).await;
    let (surroundings, mut vault) = reader(bao, &mount).await;
    vault.as_object_mut().unwrap().remove("path");
    let session = surroundings.session(json!({"vault": vault})).await;
    let full_name = format!("{}/shop/db", mount.path());
    assert_eq!(names(&session, search(mount.path(), None, &[])).await.unwrap(), [full_name.as_str()]);
    let read = read_key(&session, RemoteKey::value(full_name, None)).await.unwrap();
    assert_eq!(text(&read, Some("at")), "shop/db");
    assert!(matches!(names(&session, search("", None, &[])).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn all_tags_have_to_be_there_and_the_name_too() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    put_all(&mount, &["a/both", "a/swapped", "a/one", "a/none", "b/both"]).await;
    tag(bao, &mount, "a/both", json!({"team": "shop", "tier": "1", "more": "x"})).await;
    tag(bao, &mount, "a/swapped", json!({"team": "1", "tier": "shop"})).await;
    tag(bao, &mount, "a/one", json!({"team": "shop"})).await;
    tag(bao, &mount, "b/both", json!({"team": "shop", "tier": "1"})).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.session(json!({"openBao": vault})).await;
    let tags = [("team", "shop"), ("tier", "1")];
    assert_eq!(names(&session, search("", None, &tags)).await.unwrap(), ["a/both", "b/both"]);
    let mark = bao.mark();
    assert_eq!(names(&session, search("", Some("^a/"), &tags)).await.unwrap(), ["a/both"]);
    let reads = bao.requests(mark).reads(mount.path());
    assert_eq!(reads.clone().under(&format!("{}/metadata/", mount.path())).count(), 4, "one for each name that is wanted");
    assert_eq!(reads.under(&format!("{}/data/", mount.path())).count(), 1);
    assert_eq!(names(&session, search("", None, &[("team", "sho")])).await, Err(NOT_FOUND));
}

#[tokio::test]
async fn kv1_is_searched_by_name_and_has_neither_tags_nor_metadata() {
    let bao = Bao::shared().await;
    let mount = bao.kv1("kv").await;
    put_all(&mount, &["shop/db", "shop/eu/db", "metadata/odd"]).await;
    let (surroundings, mut vault) = reader(bao, &mount).await;
    vault["version"] = json!("v1");
    let session = surroundings.session(json!({"vault": vault})).await;
    assert_eq!(names(&session, search("", None, &[])).await.unwrap(), ["metadata/odd", "shop/db", "shop/eu/db"]);
    assert_eq!(names(&session, search("shop", Some("eu"), &[])).await.unwrap(), ["shop/eu/db"]);
    assert!(matches!(names(&session, search("shop", None, &[("a", "1")])).await, Err(ReadError::InvalidKey(_))));
    assert!(matches!(read_key(&session, RemoteKey::metadata("shop/db", None)).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn one_key_or_folder_that_may_not_be_seen_is_the_failure_of_the_search() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    put_all(&mount, &["a/db", "b/db", "b/secret/db"]).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let allowed = |path: &str| format!("path \"{}/{path}\" {{ capabilities = [\"read\", \"list\"] }}\n", mount.path());
    let denied = |path: &str| format!("path \"{}/{path}\" {{ capabilities = [\"deny\"] }}\n", mount.path());
    for closed in ["data/b/db", "metadata/b/secret/", "metadata/b/secret/db"] {
        let policy = bao.policy("", &(allowed("*") + &denied(closed))).await;
        let token = bao.token("", &[&policy], json!({})).await;
        let session = surroundings.clone().entry("creds", "token", &token).session(json!({"vault": vault.clone()})).await;
        let outcome = names(&session, search("", None, &[])).await;
        if closed == "metadata/b/secret/db" {
            // What a key's tags are may not be seen: a search by name needs only values.
            assert_eq!(outcome.unwrap(), ["a/db", "b/db", "b/secret/db"]);
            assert_eq!(names(&session, search("", None, &[("a", "1")])).await, Err(ReadError::Denied));
        } else {
            assert_eq!(outcome, Err(ReadError::Denied), "{closed}");
        }
        assert_eq!(names(&session, search("a", None, &[])).await.unwrap(), ["a/db"]);
    }
}

#[tokio::test]
async fn a_search_of_the_wrong_mount_proves_nothing() {
    let bao = Bao::shared().await;
    let mount = bao.kv1("kv").await;
    put_all(&mount, &["a"]).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.clone().session(json!({"vault": vault.clone()})).await;
    let everything = search("", None, &[]);
    // The mount is of version 1 and version 2 is declared: nothing is where the names would be.
    assert_eq!(names(&session, everything.clone()).await, Err(NOT_FOUND));
    assert!(matches!(session.confirm_absence(&everything).await, Err(ReadError::Misconfigured(_))));

    let mut elsewhere = vault;
    elsewhere["path"] = json!("no-such-mount");
    let session = surroundings.session(json!({"vault": elsewhere})).await;
    assert_eq!(names(&session, everything).await, Err(ReadError::Denied));
}

#[tokio::test]
async fn metadata_is_an_object_with_properties() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("shop/db", &[("p", "1")]).await;
    mount.put("shop/db", &[("p", "2")]).await;
    tag(bao, &mount, "shop/db", json!({"owner": "<team>", "a.b": "dotted"})).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    for kind in ["vault", "openBao"] {
        let session = surroundings.clone().session(json!({kind: vault.clone()})).await;
        let at = |key: &str| read_key(&session, RemoteKey::metadata(key, None));
        let metadata = at(&format!("{}/shop/db", mount.path())).await.unwrap();
        assert_eq!(text(&metadata, Some("owner")), "<team>");
        assert_eq!(text(&metadata, Some("a.b")), "dotted");
        assert_eq!(text(&metadata, Some("current_version")), "2");
        let members: Vec<String> = metadata.members(None).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(members, ["a.b", "created_time", "current_version", "delete_version_after", "owner"]);
        let whole = text(&metadata, None);
        assert!(whole.starts_with(r#"{"a.b":"dotted","created_time":"#), "{whole}");
        assert!(whole.ends_with(r#","owner":"\u003cteam\u003e"}"#), "{whole}");
        assert_eq!(at("absent").await.unwrap_err(), NOT_FOUND);
        assert_eq!(session.confirm_absence(&RemoteKey::metadata("absent", None)).await, Ok(()));
    }
}

#[tokio::test]
async fn a_server_that_lists_without_end_or_elsewhere_is_not_followed() {
    let listing = |names: &[&str]| Answer::Json(200, json!({"data": {"keys": names}}).to_string());
    let many: Vec<String> = (0..10_001).map(|index| format!("key-{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let some: Vec<&str> = many.iter().copied().take(1001).collect();
    let cases = [
        (listing(&["deeper/"]), "32 deep", 33),
        (listing(&many), "10000", 1),
        (listing(&some), "1000 keys", 1),
        (listing(&["../../sys/"]), "'..'", 1),
        (listing(&["good", ".."]), "'..'", 1),
        (Answer::Endless, "10000", 1),
        (listing(&["a/", "b/"]), "10000", 10_000),
    ];
    for (answer, words, most_requests) in cases {
        let server = Recorder::answering(answer).await;
        let vault = json!({"server": server.url(), "path": "kv", "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}});
        let session = Surroundings::default().entry("creds", "token", "canary").session(json!({"vault": vault})).await;
        let error = names(&session, search("", None, &[])).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(server.requests().len() <= most_requests, "{words}: {} requests", server.requests().len());
        assert!(server.requests().iter().all(|request| request.path.starts_with("/v1/kv/metadata")), "{words}");
    }
}
