//! Reading Secrets of another namespace from the real API server: as whom, what is gone, and what is found.

use sealbridge_provider::{Absence, ReadError, RemoteKey};
use sealbridge_tests::{Cluster, Namespace, Operator, TestCa};
use serde_json::{Value, json};

use crate::provider_scope::{Surroundings, found, names, read, read_at, read_key, search, text};
use crate::stage::{bridged_secret, documents, has_text, is_told, remote};

const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);

const SECRETS: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: db, labels: {team: shop, tier: "1"}, annotations: {note: "<x>"}}
stringData: {user: app, password: "p<w>", conf: '{"port":5432,"host":"db"}', a.b: dotted}
data: {bin: /wA=}
---
apiVersion: v1
kind: Secret
metadata: {name: db-web, labels: {team: shop}}
stringData: {user: web}
---
apiVersion: v1
kind: Secret
metadata: {name: empty}
"#;

/// What the identity `reader` may do in a namespace, as a ServiceAccount and as a user.
pub(crate) fn rights(resources_and_verbs: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: ServiceAccount
metadata: {{name: reader}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader}}
rules: [{{apiGroups: [""], resources: {resources_and_verbs}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
subjects: [{{kind: ServiceAccount, name: reader}}, {{kind: User, name: reader, apiGroup: rbac.authorization.k8s.io}}]
"#
    )
}

/// Resources and verbs of a rule.
const EVERYTHING: &str = "[secrets, namespaces], verbs: [get, list]";
const SECRETS_ONE_BY_ONE: &str = "[secrets], verbs: [get]";

pub(crate) fn store(namespace: &Namespace<'_>, auth: &Value) -> Value {
    json!({"kubernetes": {
        "server": {"url": namespace.cluster().url(), "caProvider": {"type": "ConfigMap", "name": "ca", "key": "ca.crt"}},
        "remoteNamespace": namespace.name(), "auth": auth,
    }})
}

pub(crate) fn by_token() -> Value {
    json!({"token": {"bearerToken": {"name": "reader", "key": "token"}}})
}

pub(crate) async fn with_token(namespace: &Namespace<'static>) -> Surroundings {
    let token = namespace.cluster().service_account_token(namespace.name(), "reader", &[]).await;
    Surroundings::default().entry("ca", "ca.crt", TestCa::shared().pem()).entry("reader", "token", &format!("{token}\n"))
}

async fn prepared(resources_and_verbs: &str) -> Namespace<'static> {
    let namespace = Cluster::shared().await.namespace("kubernetes-store").await;
    namespace.apply(SECRETS).await;
    namespace.apply(&rights(resources_and_verbs)).await;
    namespace
}

#[tokio::test]
async fn values_properties_and_metadata_of_a_secret() {
    let namespace = prepared(EVERYTHING).await;
    let session = with_token(&namespace).await.session(store(&namespace, &by_token())).await;
    assert_eq!(session.check().await, Ok(()));
    assert!(session.store_id().await.is_some());
    let secret = read(&session, "db").await.unwrap();
    assert_eq!(text(&secret, Some("password")), "p<w>");
    assert_eq!(text(&secret, Some("a.b")), "dotted");
    assert_eq!(text(&secret, Some("conf.port")), "5432");
    assert_eq!(secret.select(Some("bin")).unwrap().expose(), [255, 0]);
    let whole: Value = serde_json::from_str(&text(&read(&session, "db-web").await.unwrap(), None)).unwrap();
    assert_eq!(whole, json!({"user": "web"}));
    let members: Vec<_> = secret.members(None).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(members, ["a.b", "bin", "conf", "password", "user"]);
    assert_eq!(text(&read(&session, "empty").await.unwrap(), None), "{}");

    let metadata = read_key(&session, RemoteKey::metadata("db", None)).await.unwrap();
    assert_eq!(text(&metadata, Some("labels.team")), "shop");
    assert_eq!(text(&metadata, Some("annotations.note")), "<x>");
    assert_eq!(text(&metadata, Some("labels")), r#"{"team":"shop","tier":"1"}"#);

    assert!(matches!(read_at(&session, "db", Some("1")).await, Err(ReadError::InvalidKey(_))));
    assert!(matches!(read(&session, "../namespaces").await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn secrets_are_found_by_name_and_labels() {
    let namespace = prepared(EVERYTHING).await;
    let session = with_token(&namespace).await.session(store(&namespace, &by_token())).await;
    let before = session.traffic().requests;
    let by_name = found(&session, search("", Some("^db"), &[])).await.unwrap();
    let by_name: Vec<_> = by_name.iter().map(|(name, value)| (name.as_str(), value.contains("\"user\":"))).collect();
    assert_eq!(by_name, [("db", true), ("db-web", true)]);
    assert_eq!(session.traffic().requests - before, 3, "one list of names and one read for each");
    assert_eq!(names(&session, search("", None, &[("team", "shop"), ("tier", "1")])).await.unwrap(), ["db"]);
    assert_eq!(names(&session, search("", Some("web$"), &[("team", "shop")])).await.unwrap(), ["db-web"]);
    let nothing = search("", Some("^web"), &[]);
    assert_eq!(names(&session, nothing.clone()).await, Err(NOT_FOUND));
    assert_eq!(session.confirm_absence(&nothing).await, Ok(()));
    assert!(matches!(names(&session, search("path", None, &[])).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn only_a_secret_that_is_gone_from_a_namespace_that_is_there_is_absent() {
    let namespace = prepared(EVERYTHING).await;
    let surroundings = with_token(&namespace).await;
    let session = surroundings.clone().session(store(&namespace, &by_token())).await;
    assert_eq!(read(&session, "absent").await.unwrap_err(), NOT_FOUND);
    assert_eq!(read_key(&session, RemoteKey::metadata("absent", None)).await.unwrap_err(), NOT_FOUND);
    assert_eq!(session.confirm_absence(&RemoteKey::value("absent", None)).await, Ok(()));

    // Another namespace, where this identity has no rights.
    let other = Cluster::shared().await.namespace("kubernetes-store").await;
    let session = surroundings.session(store(&other, &by_token())).await;
    assert_eq!(session.check().await, Ok(()), "to be known is enough");
    assert_eq!(read(&session, "db").await.unwrap_err(), ReadError::Denied);

    // Secrets may be read here, and the namespace not be seen: nothing proves that it is there.
    let narrow = prepared(SECRETS_ONE_BY_ONE).await;
    let session = with_token(&narrow).await.session(store(&narrow, &by_token())).await;
    assert_eq!(text(&read(&session, "db-web").await.unwrap(), Some("user")), "web");
    assert_eq!(read(&session, "absent").await.unwrap_err(), NOT_FOUND);
    assert!(matches!(session.confirm_absence(&RemoteKey::value("absent", None)).await, Err(ReadError::Misconfigured(_))));
    assert_eq!(names(&session, search("", None, &[])).await, Err(ReadError::Denied));
}

#[tokio::test]
async fn a_certificate_is_a_login_and_a_wrong_one_or_token_is_none() {
    let namespace = prepared(EVERYTHING).await;
    let cert = json!({"cert": {"clientCert": {"name": "reader", "key": "crt"}, "clientKey": {"name": "reader", "key": "key"}}});
    let ca = Surroundings::default().entry("ca", "ca.crt", TestCa::shared().pem());
    let with = |authority: &TestCa| {
        let issued = authority.client("reader");
        ca.clone().entry("reader", "crt", &issued.certificate).entry("reader", "key", &issued.key)
    };
    let session = with(TestCa::shared()).session(store(&namespace, &cert)).await;
    assert_eq!(text(&read(&session, "db-web").await.unwrap(), Some("user")), "web");

    let stranger = with(&TestCa::new("a stranger")).session(store(&namespace, &cert)).await;
    assert!(read(&stranger, "db").await.is_err());
    let wrong = ca.clone().entry("reader", "token", "canary").session(store(&namespace, &by_token())).await;
    assert_eq!(read(&wrong, "db").await.unwrap_err(), ReadError::LoginRefused);
    let untrusted = TestCa::new("another authority");
    let elsewhere =
        with_token(&namespace).await.entry("ca", "ca.crt", untrusted.pem()).session(store(&namespace, &by_token())).await;
    assert!(matches!(read(&elsewhere, "db").await, Err(ReadError::Misconfigured(_))));
}

#[tokio::test]
async fn an_object_reads_from_another_namespace_as_whom_its_store_names() {
    let source = prepared(EVERYTHING).await;
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("kubernetes-user").await;
    let token = cluster.service_account_token(source.name(), "reader", &[]).await;
    let certificates = json!({"ca.crt": TestCa::shared().pem()});
    namespace
        .apply(&documents(&[
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": certificates}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "reader"}, "stringData": {"token": token}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "platform"},
                "spec": {"provider": store(&source, &by_token())}}),
            bridged_secret(
                "shop",
                &json!({"secretStoreRef": {"name": "platform"}, "data": {
                    "PASSWORD": remote("db", "password"), "PORT": remote("db", "conf.port"),
                }}),
            ),
        ]))
        .await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    is_told(&namespace, "shop", "Synced").await;
    has_text(&namespace, "shop", "PASSWORD", "p<w>").await;
    has_text(&namespace, "shop", "PORT", "5432").await;
}

#[tokio::test]
async fn tokens_of_an_account_are_for_the_audience_that_the_store_names() {
    let namespace = prepared(EVERYTHING).await;
    let account = json!({"serviceAccount": {"name": "reader", "audiences": ["https://other-cluster.example"]}});
    let ca = Surroundings::default().entry("ca", "ca.crt", TestCa::shared().pem()).accounts(&namespace);
    let session = ca.session(store(&namespace, &account)).await;
    // This API server is not the one that such a token is for. A second one is tried, and that is all.
    assert_eq!(read(&session, "db").await.unwrap_err(), ReadError::LoginRefused);
    assert_eq!(session.traffic().logins, 2);
}
