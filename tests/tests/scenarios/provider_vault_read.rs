//! Reading from a real `OpenBao`: both versions of KV, versions, and every way in which a value can be missing.

use sealbridge_provider::{Absence, ReadError, SelectError};
use sealbridge_tests::Bao;
use sealbridge_tests::bao::Mount;
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, key, read, read_at, text};

const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);
const DELETED: ReadError = ReadError::Absent(Absence::Deleted);

/// A store of kind `vault` on a mount, read with a token that may read just that mount.
pub(crate) async fn reader(bao: &Bao, mount: &Mount<'_>) -> (Surroundings, Value) {
    let policy = mount.read_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    // A line feed at the end is how a token usually comes into a Secret.
    let surroundings = Surroundings::default().entry("creds", "token", &format!("{token}\n"));
    let mut vault = json!({
        "server": bao.url(), "path": mount.path(),
        "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}},
    });
    if !mount.namespace().is_empty() {
        vault["namespace"] = json!(mount.namespace());
    }
    (surroundings, vault)
}

#[tokio::test]
async fn properties_and_versions_of_kv2() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("shop/db", &[("password", "first")]).await;
    mount.put_json("shop/db", &json!({"password": "second", "b": {"c": "<deep>"}, "a.b": "literal"})).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.session(json!({"vault": vault})).await;

    let newest = read(&session, "shop/db").await.unwrap();
    assert_eq!(newest.version(), Some("2"));
    assert_eq!(text(&newest, Some("password")), "second");
    assert_eq!(text(&newest, Some("b.c")), "<deep>");
    assert_eq!(text(&newest, Some("a.b")), "literal");
    assert_eq!(text(&newest, None), r#"{"a.b":"literal","b":{"c":"\u003cdeep\u003e"},"password":"second"}"#);
    assert_eq!(newest.select(Some("absent")).unwrap_err(), SelectError::PropertyNotFound);

    let pinned = read_at(&session, "shop/db", Some("1")).await.unwrap();
    assert_eq!((pinned.version(), text(&pinned, Some("password"))), (Some("1"), "first".to_owned()));
    for spelling in [format!("{}/shop/db", mount.path()), format!("{}/data/shop/db", mount.path())] {
        assert_eq!(text(&read(&session, &spelling).await.unwrap(), Some("password")), "second");
    }
}

#[tokio::test]
async fn openbao_takes_properties_literally() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put_json("a", &json!({"b": {"c": "deep"}, "b.d": "literal"})).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.session(json!({"openBao": vault})).await;
    let payload = read(&session, "a").await.unwrap();
    assert_eq!(text(&payload, Some("b.d")), "literal");
    assert_eq!(payload.select(Some("b.c")).unwrap_err(), SelectError::PropertyNotFound);
}

#[tokio::test]
async fn kv1_has_values_and_no_versions() {
    let bao = Bao::shared().await;
    let mount = bao.kv1("kv").await;
    mount.put("shop/db", &[("password", "only")]).await;
    let (surroundings, mut vault) = reader(bao, &mount).await;
    vault["version"] = json!("v1");
    let session = surroundings.session(json!({"vault": vault})).await;
    let payload = read(&session, "shop/db").await.unwrap();
    assert_eq!((payload.version(), text(&payload, Some("password"))), (None, "only".to_owned()));
    assert_eq!(read(&session, "absent").await.unwrap_err(), NOT_FOUND);
    assert_eq!(session.confirm_absence(&key("absent", None)).await, Ok(()));
    assert!(matches!(read_at(&session, "shop/db", Some("1")).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn a_mount_in_a_namespace() {
    let bao = Bao::shared().await;
    let namespace = bao.namespace("team").await;
    let mount = bao.mount(&namespace, "kv", 2).await;
    mount.put("a", &[("p", "in the namespace")]).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.clone().session(json!({"vault": vault.clone()})).await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "in the namespace");

    let mut elsewhere = vault;
    elsewhere["namespace"] = json!("no-such-namespace");
    let session = surroundings.session(json!({"vault": elsewhere})).await;
    assert!(matches!(read(&session, "a").await, Err(ReadError::Misconfigured(_))));
}

#[tokio::test]
async fn only_a_key_that_is_gone_from_a_mount_that_is_there_is_absent() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "1")]).await;
    mount.put("a", &[("p", "2")]).await;
    mount.put("a", &[("p", "3")]).await;
    mount.destroy("a", &[2]).await;
    mount.delete("a").await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let session = surroundings.clone().session(json!({"vault": vault.clone()})).await;

    assert_eq!(read(&session, "absent").await.unwrap_err(), NOT_FOUND);
    assert_eq!(session.confirm_absence(&key("absent", None)).await, Ok(()));
    assert_eq!(read_at(&session, "a", Some("9")).await.unwrap_err(), NOT_FOUND);
    assert_eq!(read(&session, "a").await.unwrap_err(), DELETED);
    assert_eq!(read_at(&session, "a", Some("2")).await.unwrap_err(), DELETED);
    assert_eq!(text(&read_at(&session, "a", Some("1")).await.unwrap(), Some("p")), "1");

    // What cannot be seen is refused, not missing.
    let hidden = bao.kv2("kv").await;
    hidden.put("a", &[("p", "hidden")]).await;
    let mut other = vault.clone();
    other["path"] = json!(hidden.path());
    let session = surroundings.clone().session(json!({"vault": other})).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Denied);

    // The declared version of KV is another one.
    let mut other = vault;
    other["version"] = json!("v1");
    let session = surroundings.session(json!({"vault": other})).await;
    assert!(matches!(read(&session, "a").await, Err(ReadError::Misconfigured(_))));
}

#[tokio::test]
async fn a_mount_that_is_gone_or_another_one_proves_no_absence() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "1")]).await;
    let (surroundings, vault) = reader(bao, &mount).await;
    let store = async || surroundings.clone().session(json!({"vault": vault.clone()})).await;

    let session = store().await;
    let first = session.store_id().await;
    assert!(first.is_some());
    assert_eq!(store().await.store_id().await, first, "the same store has the same id");

    mount.disable().await;
    let session = store().await;
    let gone = read(&session, "a").await.unwrap_err();
    assert!(matches!(gone, ReadError::Misconfigured(_)), "{gone:?}");
    assert!(matches!(session.confirm_absence(&key("a", None)).await, Err(ReadError::Misconfigured(_))));
    assert_eq!(session.store_id().await, None);

    // KV version 1 answers the path of version 2 as a key that it does not have.
    mount.enable(1).await;
    let session = store().await;
    assert_eq!(read(&session, "a").await.unwrap_err(), NOT_FOUND);
    assert!(matches!(session.confirm_absence(&key("a", None)).await, Err(ReadError::Misconfigured(_))));

    mount.disable().await;
    mount.enable(2).await;
    // A new mount of version 2 takes a moment until it serves; a write waits for that.
    mount.put("b", &[("p", "1")]).await;
    let session = store().await;
    assert_eq!(read(&session, "a").await.unwrap_err(), NOT_FOUND);
    assert_eq!(session.confirm_absence(&key("a", None)).await, Ok(()));
    let second = session.store_id().await;
    assert!(second.is_some() && second != first, "a mount that was made again is another store");
}
