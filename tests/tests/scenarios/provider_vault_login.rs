//! Logging in to a real `OpenBao`: each method, and the life of a token.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{ObjectMeta, PostParams};
use sealbridge_provider::{ReadError, Session, Traffic};
use sealbridge_tests::bao::{AppRole, Mount};
use sealbridge_tests::{Bao, Cluster, Issuer, Namespace, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, read, read_all, text};

const SOON: Duration = Duration::from_secs(30);

async fn mount_with_a_value(bao: &'static Bao) -> (Mount<'static>, String) {
    let mount = bao.kv2("kv").await;
    mount.put("a", &[("p", "value")]).await;
    let policy = mount.read_policy().await;
    (mount, policy)
}

/// Requests about the asking token itself: the audit log has those of other scenarios too, this has not.
fn about_itself(recorder: &Recorder, verb: &str) -> usize {
    let path = format!("/v1/auth/token/{verb}");
    recorder.requests().iter().filter(|request| request.path.starts_with(&path)).count()
}

fn vault(server: &str, mount: &Mount<'_>, auth: &Value) -> Value {
    json!({"vault": {"server": server, "path": mount.path(), "auth": auth}})
}

async fn by_approle(server: &str, mount: &Mount<'_>, role: &AppRole) -> Arc<Session> {
    let auth = json!({"appRole": {"path": role.mount, "roleId": role.role_id, "secretRef": {"name": "creds", "key": "id"}}});
    Surroundings::default().entry("creds", "id", &role.secret_id).session(vault(server, mount, &auth)).await
}

async fn account(namespace: &Namespace<'_>, name: &str) {
    let account = ServiceAccount {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        ..ServiceAccount::default()
    };
    namespace.api::<ServiceAccount>().create(&PostParams::default(), &account).await.expect("an account");
}

#[tokio::test]
async fn many_reads_take_one_login_which_ends_with_the_session() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    for index in 0..60 {
        mount.put(&format!("k{index}"), &[("p", "value")]).await;
    }
    let role = bao.approle("", &[&policy], json!({"token_ttl": "1h"})).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let session = by_approle(&recorder.url(), &mount, &role).await;
    let before = bao.mark();
    let names: Vec<String> = (0..60).map(|index| format!("k{index}")).collect();
    let results = read_all(&session, &names).await;
    assert!(results.values().all(Result::is_ok));
    assert_eq!(session.traffic(), Traffic { logins: 1, requests: 60 });
    assert_eq!(bao.requests(before).logins(&role.mount).count(), 1);
    assert_eq!(bao.requests(before).reads(mount.path()).count(), 60);
    // Sixteen requests are under way at a time. A connection that goes back a moment late is made once more.
    assert!(recorder.connections_accepted() <= 32, "connections are shared and bounded");

    session.close().await;
    assert_eq!(about_itself(&recorder, "revoke-self"), 1);
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Unavailable);
    assert_eq!(bao.requests(before).logins(&role.mount).count(), 1, "a closed session logs in no more");
}

#[tokio::test]
async fn a_kubernetes_service_account_logs_in() {
    let bao = Bao::shared().await;
    let cluster = Cluster::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let namespace = cluster.namespace("login").await;
    account(&namespace, "reader").await;
    let login = bao.kubernetes(cluster, &namespace, "reader", "vault", &[&policy], json!({})).await;
    let surroundings = Surroundings::default().accounts(&namespace);

    let auth = json!({"kubernetes": {"mountPath": login, "role": "role", "serviceAccountRef": {"name": "reader"}}});
    let session = surroundings.clone().session(vault(bao.url(), &mount, &auth)).await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");

    // The operator's own account, where that is allowed, with a token for the store alone.
    let ambient = json!({"kubernetes": {"mountPath": login, "role": "role"}});
    let session = surroundings.clone().ambient("reader").session(vault(bao.url(), &mount, &ambient)).await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");

    // A token that stands in a Secret, in the entry where Kubernetes itself writes one.
    let token = cluster.service_account_token(namespace.name(), "reader", &["vault"]).await;
    let in_secret = json!({"kubernetes": {"mountPath": login, "role": "role", "secretRef": {"name": "reader-token"}}});
    let session = surroundings.clone().entry("reader-token", "token", &token).session(vault(bao.url(), &mount, &in_secret)).await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");

    account(&namespace, "stranger").await;
    let auth = json!({"kubernetes": {"mountPath": login, "role": "role", "serviceAccountRef": {"name": "stranger"}}});
    let session = surroundings.session(vault(bao.url(), &mount, &auth)).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
}

#[tokio::test]
async fn a_jwt_logs_in() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let issuer = Issuer::new();
    let login = bao.jwt(&issuer, "ci", "vault", &[&policy], json!({})).await;
    let auth = json!({"jwt": {"path": login, "role": "role", "secretRef": {"name": "creds", "key": "jwt"}}});
    let good = Surroundings::default().entry("creds", "jwt", &issuer.token("ci", "ci", "vault"));
    let session = good.session(vault(bao.url(), &mount, &auth)).await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");

    let wrong = Surroundings::default().entry("creds", "jwt", &issuer.token("ci", "ci", "another audience"));
    let session = wrong.session(vault(bao.url(), &mount, &auth)).await;
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
}

#[tokio::test]
async fn a_service_accounts_own_jwt_logs_in_for_the_audiences_that_the_store_names() {
    let bao = Bao::shared().await;
    let cluster = Cluster::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let namespace = cluster.namespace("login-jwt").await;
    account(&namespace, "reader").await;
    let subject = format!("system:serviceaccount:{}:reader", namespace.name());
    let login = bao.jwt_by_key(&cluster.service_account_key(), &subject, "vault.example", &[&policy], json!({})).await;
    let surroundings = Surroundings::default().accounts(&namespace);
    let cases = [
        (json!({"serviceAccountRef": {"name": "reader", "audiences": ["vault.example"]}}), true),
        (json!({"serviceAccountRef": {"name": "reader"}, "audiences": ["vault.example"], "expirationSeconds": 600}), true),
        (json!({"serviceAccountRef": {"name": "reader"}}), false),
    ];
    for (token, is_let_in) in cases {
        let auth = json!({"jwt": {"path": login, "role": "role", "kubernetesServiceAccountToken": token}});
        let session = surroundings.clone().session(vault(bao.url(), &mount, &auth)).await;
        match read(&session, "a").await {
            Ok(payload) => assert!(is_let_in && text(&payload, Some("p")) == "value", "{token}"),
            Err(error) => assert!(!is_let_in && error == ReadError::LoginRefused, "{token}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_role_id_may_stand_in_a_secret_too() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({})).await;
    let surroundings = Surroundings::default().entry("creds", "role", &role.role_id).entry("creds", "id", &role.secret_id);
    let auth = json!({"appRole": {"path": role.mount, "roleRef": {"name": "creds", "key": "role"}, "secretRef": {"name": "creds", "key": "id"}}});
    for provider in ["vault", "openBao"] {
        let spec = json!({provider: {"server": bao.url(), "path": mount.path(), "auth": auth}});
        let session = surroundings.clone().session(spec).await;
        assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");
    }
}

#[tokio::test]
async fn wrong_credentials_and_a_missing_method_are_refused() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let mut role = bao.approle("", &[&policy], json!({})).await;
    role.secret_id = "not-the-secret-id".to_owned();
    let session = by_approle(bao.url(), &mount, &role).await;
    let before = bao.mark();
    let names: Vec<String> = (0..40).map(|index| format!("k{index}")).collect();
    let results = read_all(&session, &names).await;
    assert!(results.values().all(|outcome| outcome.as_ref().is_err_and(|error| *error == ReadError::LoginRefused)));
    assert_eq!(bao.requests(before).logins(&role.mount).count(), 1, "a refused login is not tried for each key");

    role.mount = "no-such-method".to_owned();
    let session = by_approle(bao.url(), &mount, &role).await;
    // Without a token the server says the same of a method that is missing as of credentials that are wrong.
    assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::LoginRefused);
}

#[tokio::test]
async fn a_token_of_few_uses_is_replaced_before_it_is_used_up() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({"token_num_uses": 3, "token_ttl": "1h"})).await;
    let session = by_approle(bao.url(), &mount, &role).await;
    for _ in 0..7 {
        assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");
    }
    assert_eq!(session.traffic(), Traffic { logins: 3, requests: 7 });
}

#[tokio::test]
async fn a_batch_token_is_neither_renewed_nor_revoked() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({"token_type": "batch", "token_ttl": "3s"})).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let session = by_approle(&recorder.url(), &mount, &role).await;
    eventually(SOON, "the token was replaced by a new login", async || {
        let payload = read(&session, "a").await.map_err(|error| error.to_string())?;
        text(&payload, Some("p"));
        let logins = session.traffic().logins;
        if logins > 1 { Ok(()) } else { Err(format!("{logins} login")) }
    })
    .await;
    session.close().await;
    assert_eq!((about_itself(&recorder, "renew"), about_itself(&recorder, "revoke")), (0, 0));
}

#[tokio::test]
async fn a_token_is_renewed_without_being_asked_for_anything() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({"token_ttl": "3s", "token_max_ttl": "1h"})).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let session = by_approle(&recorder.url(), &mount, &role).await;
    read(&session, "a").await.unwrap();
    eventually(SOON, "the token was renewed twice", async || {
        let renewals = about_itself(&recorder, "renew-self");
        if renewals >= 2 { Ok(()) } else { Err(format!("{renewals} renewals")) }
    })
    .await;
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");
    assert_eq!(session.traffic().logins, 1);
}

#[tokio::test]
async fn a_token_near_its_last_day_is_replaced() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({"token_ttl": "2s", "token_max_ttl": "4s"})).await;
    let session = by_approle(bao.url(), &mount, &role).await;
    eventually(SOON, "the token was replaced by a new login, and no read failed", async || {
        if let Err(error) = read(&session, "a").await {
            panic!("a read failed: {error}");
        }
        let logins = session.traffic().logins;
        if logins > 2 { Ok(()) } else { Err(format!("{logins} logins")) }
    })
    .await;
}

#[tokio::test]
async fn a_token_that_somebody_revoked_is_replaced_once_and_a_refusal_stays_one() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let role = bao.approle("", &[&policy], json!({"token_ttl": "1h"})).await;
    let session = by_approle(bao.url(), &mount, &role).await;
    read(&session, "a").await.unwrap();
    let leases = format!("sys/leases/revoke-prefix/auth/{}", role.mount);
    bao.call(reqwest::Method::PUT, &leases, Some(&json!({}))).await.expect("revoked");
    assert_eq!(text(&read(&session, "a").await.unwrap(), Some("p")), "value");
    assert_eq!(session.traffic().logins, 2);

    let hidden = bao.kv2("kv").await;
    hidden.put("a", &[("p", "hidden")]).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let session = by_approle(&recorder.url(), &hidden, &role).await;
    for _ in 0..5 {
        assert_eq!(read(&session, "a").await.unwrap_err(), ReadError::Denied);
    }
    assert_eq!(session.traffic(), Traffic { logins: 1, requests: 5 });
    assert_eq!(about_itself(&recorder, "lookup-self"), 1, "a token is doubted once, not at each refusal");
}

#[tokio::test]
async fn a_given_token_is_left_alone() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let token = bao.token("", &[&policy], json!({"ttl": "1h"})).await;
    let auth = json!({"tokenSecretRef": {"name": "creds", "key": "token"}});
    let session = Surroundings::default().entry("creds", "token", &token).session(vault(bao.url(), &mount, &auth)).await;
    read(&session, "a").await.unwrap();
    assert_eq!(session.check().await, Ok(()));
    session.close().await;
    assert_eq!(session.traffic().logins, 0);
    let again = Surroundings::default().entry("creds", "token", &token).session(vault(bao.url(), &mount, &auth)).await;
    assert!(read(&again, "a").await.is_ok(), "the token still lives");
    bao.revoke(&token).await;
    assert_eq!(read(&again, "a").await.unwrap_err(), ReadError::Denied);
}
