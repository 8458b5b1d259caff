//! Logging in with passwords, certificates and wrapped secret ids to a real `OpenBao`, with a real slapd behind it; and
//! what goes with each request beside the login.

use std::sync::Arc;

use sealbridge_provider::{ReadError, Session, Traffic};
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, IssuedCertificate, Ldap, Recorder, TestCa};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, read, read_all, text};

async fn mount_with_a_value(bao: &Bao) -> (Mount<'_>, String) {
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let policy = mount.read_policy().await;
    (mount, policy)
}

fn vault(server: &str, mount: &Mount<'_>, auth: &Value) -> Value {
    json!({"server": server, "path": mount.path(), "auth": auth})
}

async fn reads(session: &Arc<Session>) {
    assert_eq!(text(&read(session, "a").await.unwrap(), Some("p")), "value");
}

fn with_certificate(certificate: &IssuedCertificate) -> Surroundings {
    Surroundings::default().entry("login", "tls.crt", &certificate.certificate).entry("login", "tls.key", &certificate.key)
}

#[tokio::test]
async fn a_person_of_a_directory_logs_in_once() {
    let bao = Bao::private_with_ldap().await;
    let (mount, policy) = mount_with_a_value(&bao).await;
    let directory = Ldap::private(&[("app", "pass word, with ümlaut"), ("stranger", "other")]).await;
    let login = bao.ldap(&directory, "app", &[&policy]).await;
    let auth = |user: &str| json!({"ldap": {"path": login, "username": user, "secretRef": {"name": "creds", "key": "password"}}});
    let surroundings = Surroundings::default().entry("creds", "password", "pass word, with ümlaut\n");
    let recorder = Recorder::proxy(bao.url()).await;
    let session = surroundings.clone().session(json!({"vault": vault(&recorder.url(), &mount, &auth("app"))})).await;
    read_all(&session, &["a".to_owned(), "b".to_owned(), "c".to_owned()]).await;
    reads(&session).await;
    session.close().await;
    let count = |path: &str| recorder.requests().iter().filter(|request| request.path == path).count();
    assert_eq!(count(&format!("/v1/auth/{login}/login/app")), 1);
    assert_eq!(count("/v1/auth/token/revoke-self"), 1);

    let stranger = surroundings.clone().entry("creds", "password", "other");
    let session = stranger.session(json!({"vault": vault(bao.url(), &mount, &auth("stranger"))})).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Denied, "let in, but with no leave to read");
    let wrong = surroundings.entry("creds", "password", "canary");
    let session = wrong.session(json!({"vault": vault(bao.url(), &mount, &auth("app"))})).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
}

#[tokio::test]
async fn a_user_of_the_servers_own_logs_in_from_another_namespace_than_that_of_the_data() {
    let bao = Bao::shared().await;
    let team = bao.namespace("team").await;
    let mount = bao.mount(&team, "kv", 2).await;
    mount.put("a", &[("p", "value")]).await;
    // A policy of the parent namespace may name paths of its children.
    let rules = format!("path \"{team}/{}/data/*\" {{ capabilities = [\"read\"] }}", mount.path());
    let policy = bao.policy("", &rules).await;
    let login = bao.user_pass("", "app", "s3cret", &[&policy]).await;
    let user = json!({"path": login, "username": "app", "secretRef": {"name": "creds", "key": "password"}});
    let surroundings = Surroundings::default().entry("creds", "password", "s3cret");
    for provider in ["vault", "openBao"] {
        let mut spec = vault(bao.url(), &mount, &json!({"userPass": user, "namespace": "root"}));
        spec["namespace"] = json!(team);
        let session = surroundings.clone().session(json!({provider: spec})).await;
        reads(&session).await;
        session.close().await;
        // Where no namespace is named for the login, it is that of the data, which has no such method.
        let mut spec = vault(bao.url(), &mount, &json!({"userPass": user}));
        spec["namespace"] = json!(team);
        let session = surroundings.clone().session(json!({provider: spec})).await;
        assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
    }
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let ca = TestCa::new("the store's");
    let bao = Bao::private_with_tls(&ca).await;
    let (mount, policy) = mount_with_a_value(&bao).await;
    let login = bao.certificates(&ca, "app", &[&policy]).await;
    let auth = json!({"cert": {"path": login, "vaultRole": "role",
        "clientCert": {"name": "login", "key": "tls.crt"}, "secretRef": {"name": "login", "key": "tls.key"}}});
    for provider in ["vault", "openBao"] {
        let mut spec = vault(bao.url(), &mount, &auth);
        spec["caProvider"] = json!({"type": "ConfigMap", "name": "ca", "key": "ca.crt"});
        let session = with_certificate(&ca.client("app")).entry("ca", "ca.crt", ca.pem());
        let session = session.session(json!({provider: spec})).await;
        reads(&session).await;
        assert_eq!(session.traffic(), Traffic { logins: 1, requests: 1 });
        session.close().await;

        for other in [ca.client("stranger"), TestCa::new("another").client("app")] {
            let session = with_certificate(&other).entry("ca", "ca.crt", ca.pem());
            let session = session.session(json!({provider: spec})).await;
            assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_for_certificates_gets_the_stores() {
    let ca = TestCa::new("the store's");
    let bao = Bao::private_with_client_certificates(&ca).await;
    let (mount, policy) = mount_with_a_value(&bao).await;
    let token = bao.token("", &[&policy], json!({})).await;
    let mut spec = vault(bao.url(), &mount, &json!({"tokenSecretRef": {"name": "creds", "key": "token"}}));
    spec["caProvider"] = json!({"type": "Secret", "name": "ca", "key": "ca.crt"});
    let surroundings = with_certificate(&ca.client("anybody")).entry("creds", "token", &token).entry("ca", "ca.crt", ca.pem());
    let without = surroundings.clone().session(json!({"vault": spec})).await;
    assert_eq!(read(&without, "a").await.unwrap_err(), ReadError::Unavailable);
    // The entries' names are the usual ones, so that they need not be written.
    spec["tls"] = json!({"certSecretRef": {"name": "login"}, "keySecretRef": {"name": "login"}});
    reads(&surroundings.session(json!({"vault": spec})).await).await;
}

#[tokio::test]
async fn a_wrapped_secret_id_is_unwrapped_once_and_not_after_a_restart() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    // Tokens of few uses: several logins with what was unwrapped once.
    let role = bao.approle("", &[&policy], json!({"token_num_uses": 2})).await;
    let wrapped = bao.wrapped_secret_id(&role).await;
    let auth =
        json!({"appRole": {"path": role.mount, "roleId": role.role_id, "wrappedSecretRef": {"name": "creds", "key": "wrapped"}}});
    let surroundings = Surroundings::default().entry("creds", "wrapped", &wrapped);
    let recorder = Recorder::proxy(bao.url()).await;
    let session = surroundings.clone().session(json!({"vault": vault(&recorder.url(), &mount, &auth)})).await;
    for _ in 0..5 {
        reads(&session).await;
    }
    assert_eq!(session.traffic().logins, 3);
    let unwrapped = recorder.requests().iter().filter(|request| request.path == "/v1/sys/wrapping/unwrap").count();
    assert_eq!(unwrapped, 1);

    let again = surroundings.session(json!({"vault": vault(bao.url(), &mount, &auth)})).await;
    let error = read(&again, "a").await.unwrap_err();
    assert!(error.to_string().contains("put a new one there") && !error.to_string().contains(&wrapped), "{error}");
}

#[tokio::test]
async fn a_wrapping_token_of_something_else_is_not_unwrapped() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let (role, other) = (bao.approle("", &[&policy], json!({})).await, bao.approle("", &[&policy], json!({})).await);
    let wrapped = bao.wrapped_secret_id(&other).await;
    let auth =
        json!({"appRole": {"path": role.mount, "roleId": role.role_id, "wrappedSecretRef": {"name": "creds", "key": "wrapped"}}});
    let recorder = Recorder::proxy(bao.url()).await;
    let session = Surroundings::default().entry("creds", "wrapped", &wrapped);
    let session = session.session(json!({"vault": vault(&recorder.url(), &mount, &auth)})).await;
    let error = read(&session, "a").await.unwrap_err();
    assert!(error.to_string().contains("find out who put it there"), "{error}");
    assert!(recorder.requests().iter().all(|request| request.path != "/v1/sys/wrapping/unwrap"), "it is still good for its owner");
}

#[tokio::test]
async fn what_a_store_adds_goes_with_every_request() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let login = bao.user_pass("", "app", "s3cret", &[&policy]).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let auth = json!({"userPass": {"path": login, "username": "app", "secretRef": {"name": "creds", "key": "password"}}});
    let mut spec = vault(&recorder.url(), &mount, &auth);
    spec["headers"] = json!({"X-Team": "shop"});
    spec["readYourWrites"] = json!(true);
    spec["forwardInconsistent"] = json!(true);
    let session = Surroundings::default().entry("creds", "password", "s3cret").session(json!({"vault": spec})).await;
    reads(&session).await;
    session.close().await;
    let requests = recorder.requests();
    assert_eq!(requests.len(), 3, "login, read, revocation");
    assert!(requests.iter().all(|request| request.header("x-team") == Some("shop")));
    assert!(requests.iter().all(|request| request.header("x-vault-inconsistent") == Some("forward-active-node")));
}

#[tokio::test]
async fn a_read_names_the_state_that_the_login_made() {
    let body = json!({"auth": {"client_token": "t", "lease_duration": 3600, "renewable": true},
        "data": {"data": {"p": "value"}, "metadata": {"version": 1}}});
    let headers = vec![("X-Vault-Index".to_owned(), "djE6canary".to_owned())];
    for (asked, wanted) in [(true, Some("djE6canary")), (false, None)] {
        let recorder = Recorder::answering(Answer::With(200, headers.clone(), body.to_string())).await;
        let auth = json!({"userPass": {"username": "app", "secretRef": {"name": "creds", "key": "password"}}});
        let spec = json!({"server": recorder.url(), "path": "kv", "readYourWrites": asked, "auth": auth});
        let session = Surroundings::default().entry("creds", "password", "s3cret").session(json!({"vault": spec})).await;
        reads(&session).await;
        let requests = recorder.requests();
        assert_eq!(requests[0].header("x-vault-index"), None, "nothing was written before the login");
        assert_eq!(requests[1].header("x-vault-index"), wanted);
    }
}
