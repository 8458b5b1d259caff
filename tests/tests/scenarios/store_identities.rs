//! As whom the operator reads: one login for all objects of a store, another one at once when a `ServiceAccount` gets
//! another role, a session of its own for each namespace where it is tagged with that, and the pod's own identity only
//! where the operator is allowed to use it.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Patch, PatchParams};
use sealbridge_tests::{Answer, Cluster, Moto, Namespace, Operator, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_aws_identity::{ROLE, claims, form};
use crate::stage::{SOON, bridged_secret, documents, has_text, is_told};

const OTHER_ROLE: &str = "arn:aws:iam::123456789012:role/other";

fn store(kind: &str, spec: &Value) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": kind, "metadata": {"name": "aws"}, "spec": spec})
}

fn reader(name: &str, kind: &str, key: &str) -> Value {
    bridged_secret(
        name,
        &json!({"secretStoreRef": {"name": "aws", "kind": kind}, "refreshInterval": "1h", "data": {"A": {"remoteRef": {"key": key}}}}),
    )
}

async fn annotate(namespace: &Namespace<'_>, role: &str) {
    let patch = Patch::Merge(json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": role}}}));
    namespace.api::<ServiceAccount>().patch("reader", &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test]
async fn all_objects_share_one_exchange_and_another_role_is_taken_at_once() {
    let cluster = Cluster::shared().await;
    let moto = Moto::shared().await;
    moto.put("identities/a", "value").await;
    let (secrets, sts) = (moto.recorded().await, moto.recorded().await);
    let namespace = cluster.namespace("irsa-role").await;
    // Addresses by the operator's environment, as in a network that has no way to AWS but its own.
    let _operator = Operator::of(cluster)
        .watch(&namespace)
        .env("AWS_SECRETSMANAGER_ENDPOINT", secrets.url())
        .env("AWS_STS_ENDPOINT", sts.url())
        .start()
        .await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}});
    namespace.apply(&account.to_string()).await;
    annotate(&namespace, ROLE).await;
    let auth = json!({"jwt": {"serviceAccountRef": {"name": "reader"}}});
    let spec = json!({"provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1", "auth": auth}}});
    let mut objects = vec![store("SecretStore", &spec)];
    let names: Vec<String> = (0..20).map(|index| format!("app-{index}")).collect();
    objects.extend(names.iter().map(|name| reader(name, "SecretStore", "identities/a")));
    namespace.apply(&documents(&objects)).await;
    for name in &names {
        has_text(&namespace, name, "A", "value").await;
    }
    let exchanges = sts.requests();
    assert_eq!(exchanges.len(), 1, "one exchange for twenty objects");
    let exchange = form(&exchanges[0]);
    assert_eq!(exchange["RoleArn"], ROLE);
    let claims = claims(&exchange["WebIdentityToken"]);
    assert_eq!(claims["aud"], json!(["sts.amazonaws.com"]));
    assert_eq!(claims["sub"], json!(format!("system:serviceaccount:{}:reader", namespace.name())));

    annotate(&namespace, OTHER_ROLE).await;
    eventually(SOON, "the other role is used", async || {
        let last = sts.requests().last().map(form).ok_or("none")?;
        if last["RoleArn"] == OTHER_ROLE { Ok(()) } else { Err(last["RoleArn"].clone()) }
    })
    .await;
}

#[tokio::test]
async fn a_session_is_tagged_with_the_namespace_that_uses_it_and_used_for_no_other() {
    let cluster = Cluster::private().await;
    let moto = Moto::shared().await;
    moto.put("tagged/a", "value").await;
    let sts = moto.recorded().await;
    let (shop, bank) = (cluster.namespace("shop").await, cluster.namespace("bank").await);
    let _operator = Operator::of(&cluster).watch(&shop).watch(&bank).start().await;
    let keys = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"},
        "stringData": {"id": "AKIAIOSFODNN7EXAMPLE", "key": "example-secret-key"}});
    shop.apply(&keys.to_string()).await;
    let key = |entry: &str| json!({"name": "keys", "key": entry, "namespace": shop.name()});
    let auth = json!({"secretRef": {"accessKeyIDSecretRef": key("id"), "secretAccessKeySecretRef": key("key")}});
    let spec = json!({"provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1", "role": ROLE, "sessionTagsPolicy": "Simple",
        "endpoint": moto.url(), "stsEndpoint": sts.url(), "auth": auth}}});
    shop.apply(&store("ClusterSecretStore", &spec).to_string()).await;
    for namespace in [&shop, &bank] {
        let objects = ["one", "two"].map(|name| reader(name, "ClusterSecretStore", "tagged/a"));
        namespace.apply(&documents(&objects)).await;
        for name in ["one", "two"] {
            has_text(namespace, name, "A", "value").await;
        }
    }
    let tagged: Vec<String> = sts
        .requests()
        .iter()
        .map(|request| {
            let form = form(request);
            assert_eq!((form["Tags.member.1.Key"].as_str(), form["Tags.member.3.Value"].as_str()), ("esoNamespace", "aws"));
            form["Tags.member.1.Value"].clone()
        })
        .collect();
    assert_eq!(tagged.len(), 2, "one session for each namespace: {tagged:?}");
    let wanted: BTreeSet<_> = [shop.name().to_owned(), bank.name().to_owned()].into();
    assert_eq!(tagged.into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[tokio::test]
async fn the_pods_identity_is_used_where_the_operator_may_and_nowhere_else() {
    let cluster = Cluster::private().await;
    let moto = Moto::shared().await;
    moto.put("pod/a", "value").await;
    let granted = json!({"AccessKeyId": "ASIAOFTHEPOD", "SecretAccessKey": "of-the-pod", "Token": "session-of-the-pod",
        "Expiration": "2099-01-01T00:00:00Z"});
    let (agent, secrets) = (Recorder::answering(Answer::Json(200, granted.to_string())).await, moto.recorded().await);
    let namespace = cluster.namespace("pod").await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token-of-the-pod").unwrap();
    let operator = || {
        Operator::of(&cluster)
            .watch(&namespace)
            .env("AWS_SECRETSMANAGER_ENDPOINT", secrets.url())
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", agent.url()))
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.display().to_string())
    };
    let spec = json!({"provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1"}}, "conditions": [{"namespaces": [namespace.name()]}]});
    namespace.apply(&documents(&[store("ClusterSecretStore", &spec), reader("app", "ClusterSecretStore", "pod/a")])).await;

    let mut without = operator().start().await;
    is_told(&namespace, "app", "AmbientIdentityRefused").await;
    without.stop().await;
    assert!(agent.requests().is_empty() && secrets.requests().is_empty());

    let _operator = operator().flag("--allow-ambient-identity").start().await;
    has_text(&namespace, "app", "A", "value").await;
    let asked = agent.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.path == "/v1/credentials" && request.header("authorization") == Some("token-of-the-pod"))
    );
    assert_eq!(asked.len(), 1, "the agent is asked once");
    for request in secrets.requests() {
        assert!(request.header("authorization").is_some_and(|value| value.contains("ASIAOFTHEPOD")));
        assert_eq!(request.header("x-amz-security-token"), Some("session-of-the-pod"));
    }
}
