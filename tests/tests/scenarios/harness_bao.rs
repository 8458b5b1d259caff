//! `OpenBao` keeps what it was told over a kill, knows every kind of login, and counts requests.

use std::time::Duration;

use reqwest::{Certificate, Client, Method};
use sealbridge_tests::{Bao, Cluster, Issuer, TestCa, eventually};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_mins(1);

async fn read(bao: &Bao, token: &str, path: &str) -> Result<Value, u16> {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}/v1/{path}", bao.url())).header("X-Vault-Token", token).send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    if status.is_success() { Ok(serde_json::from_str(&body).unwrap()) } else { Err(status.as_u16()) }
}

async fn login(bao: &Bao, mount: &str, body: Value) -> Result<String, u16> {
    bao.call(Method::POST, &format!("auth/{mount}/login"), Some(&body))
        .await
        .map(|answer| answer["auth"]["client_token"].as_str().unwrap().to_owned())
        .map_err(|refusal| refusal.status)
}

#[tokio::test]
async fn versions_deletions_and_counts_of_key_value_mounts() {
    let bao = Bao::shared().await;
    let (two, one) = (bao.kv2("kv").await, bao.kv1("kv").await);
    assert_eq!(two.put("app/db", &[("password", "first")]).await, 1);
    assert_eq!(two.put("app/db", &[("password", "second")]).await, 2);
    one.put("app/db", &[("password", "plain")]).await;
    let mark = bao.mark();
    let policies = [two.read_policy().await, one.read_policy().await];
    let policies: Vec<&str> = policies.iter().map(String::as_str).collect();
    let token = bao.token("", &policies, json!({})).await;
    let (two_path, one_path) = (format!("{}/data/app/db", two.path()), format!("{}/app/db", one.path()));

    let latest = read(bao, &token, &two_path).await.unwrap();
    assert_eq!(latest["data"]["data"]["password"], "second");
    let first = read(bao, &token, &format!("{two_path}?version=1")).await.unwrap();
    assert_eq!(first["data"]["data"]["password"], "first");
    let plain = read(bao, &token, &one_path).await.unwrap();
    assert_eq!(plain["data"]["password"], "plain");
    assert_eq!(bao.requests(mark).reads(two.path()).count(), 2);
    assert_eq!(bao.requests(mark).reads(one.path()).count(), 1);

    two.delete("app/db").await;
    assert_eq!(read(bao, &token, &two_path).await, Err(404));
    two.undelete("app/db", &[2]).await;
    assert!(read(bao, &token, &two_path).await.is_ok());
    two.destroy("app/db", &[1]).await;
    assert_eq!(read(bao, &token, &format!("{two_path}?version=1")).await, Err(404));
    two.delete_metadata("app/db").await;
    assert_eq!(read(bao, &token, &two_path).await, Err(404));
    bao.revoke(&token).await;
    assert_eq!(read(bao, &token, &one_path).await, Err(403));
}

#[tokio::test]
async fn a_killed_server_has_its_data_when_it_is_unsealed_again() {
    let bao = Bao::private().await;
    let mount = bao.kv2("kept").await;
    mount.put("app", &[("key", "kept")]).await;
    let path = format!("{}/data/app", mount.path());
    bao.kill().await;
    let away = bao.call(Method::GET, &path, None).await;
    assert_eq!(away.unwrap_err().status, 0);
    bao.restart().await;
    // Raft serves reads a moment after it says that it is active.
    let kept = eventually(SOON, "the secret is served", async || {
        bao.call(Method::GET, &path, None).await.map_err(|refusal| format!("{refusal:?}"))
    })
    .await;
    assert_eq!(kept["data"]["data"]["key"], "kept");
    bao.seal().await;
    let sealed = bao.call(Method::GET, &path, None).await;
    assert_eq!(sealed.unwrap_err().status, 503);
    bao.unseal().await;
}

#[tokio::test]
async fn namespaces_have_mounts_and_logins_of_their_own() {
    let bao = Bao::shared().await;
    let namespace = bao.namespace("team").await;
    let mount = bao.mount(&namespace, "kv", 2).await;
    mount.put("app", &[("key", "theirs")]).await;
    let policy = mount.read_policy().await;
    let role = bao.approle(&namespace, &[&policy], json!({"token_num_uses": 2})).await;
    let path = format!("{namespace}/{}/data/app", mount.path());
    let mark = bao.mark();
    let body = json!({"role_id": role.role_id, "secret_id": role.secret_id});
    let path_of_login = format!("{namespace}/auth/{}/login", role.mount);
    let answer = bao.call(Method::POST, &path_of_login, Some(&body)).await;
    let token = answer.unwrap()["auth"]["client_token"].as_str().unwrap().to_owned();
    assert_eq!(bao.requests(mark).logins(&role.mount).count(), 1);
    assert!(read(bao, &token, &path).await.is_ok());
    assert!(read(bao, &token, &path).await.is_ok());
    assert_eq!(read(bao, &token, &path).await, Err(403));
}

#[tokio::test]
async fn a_service_account_logs_in_through_the_clusters_token_review() {
    let (bao, cluster) = (Bao::shared().await, Cluster::shared().await);
    let namespace = cluster.namespace("login").await;
    namespace.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: app}}").await;
    let mount = bao.kubernetes(cluster, &namespace, "app", "vault", &["default"], json!({})).await;
    for (audience, expected) in [("vault", Ok(())), ("elsewhere", Err(403))] {
        let jwt = cluster.service_account_token(namespace.name(), "app", &[audience]).await;
        let login = login(bao, &mount, json!({"role": "role", "jwt": jwt})).await;
        assert_eq!(login.map(drop), expected, "audience {audience}");
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_does_not_log_in() {
    let bao = Bao::shared().await;
    let (ours, theirs) = (Issuer::new(), Issuer::new());
    let mount = bao.jwt(&ours, "ci", "vault", &["default"], json!({})).await;
    let attempt = |issuer: &Issuer| {
        let jwt = issuer.token("https://ci.example", "ci", "vault");
        json!({"role": "role", "jwt": jwt})
    };
    assert!(login(bao, &mount, attempt(&ours)).await.is_ok());
    assert_eq!(login(bao, &mount, attempt(&theirs)).await, Err(400));
}

#[tokio::test]
async fn tls_is_trusted_by_its_own_authority_only() {
    let (ours, theirs) = (TestCa::new("ours"), TestCa::new("theirs"));
    let bao = Bao::private_with_tls(&ours).await;
    let health = format!("{}/v1/sys/health", bao.url());
    for (ca, trusted) in [(&ours, true), (&theirs, false)] {
        let ca = Certificate::from_pem(ca.pem().as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
        assert_eq!(client.get(&health).send().await.is_ok(), trusted);
    }
}
