//! Two controllers know one kind: an object is served by one of them, and changes hands without a moment in which
//! its Secret is gone. What a live Secret allows by its annotations is done, and no more.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::PostParams;
use sealbridge_tests::{Cluster, Kubeseal, Namespace, SealedSecretsKey, SecretHistory};
use serde_json::{Value, json};

use crate::sealed_secrets::{is_synced, operator, plain, sealed_secrets};
use crate::stage::{has_text, text};

/// What the sealed-secrets controller leaves of an object that it served.
async fn served_by_its_own_controller(namespace: &Namespace<'_>, sealed: &Value, entries: &[(&str, &str)]) {
    namespace.apply(&sealed.to_string()).await;
    let name = sealed["metadata"]["name"].as_str().unwrap();
    let object = sealed_secrets(namespace).get(name).await.unwrap();
    let mut secret = plain(namespace.name(), name, entries);
    secret["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": name, "uid": object.uid(), "controller": true,
    }]);
    let secret: Secret = serde_json::from_value(secret).unwrap();
    namespace.api::<Secret>().create(&PostParams::default(), &secret).await.unwrap();
    let status = json!({"status": {"observedGeneration": 1, "conditions": [{"type": "Synced", "status": "True"}]}});
    let patch = ["patch", "sealedsecret", name, "--subresource=status", "--type=merge", "--field-manager=controller", "-p"];
    namespace.kubectl(&[patch.as_slice(), &[&status.to_string()]].concat()).await.ok();
}

fn is_marked(secret: &Secret) -> bool {
    secret.labels().contains_key("sealbridge.dev/managed")
}

#[tokio::test]
async fn an_object_of_another_controller_is_left_alone_until_it_is_handed_over() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("handover").await;
    let key = SealedSecretsKey::since(2024);
    let kubeseal = Kubeseal::with(&key).await;
    let sealed = kubeseal.seal(&plain(namespace.name(), "app", &[("TOKEN", "hunter2")]), "strict").await;
    served_by_its_own_controller(&namespace, &sealed, &[("TOKEN", "hunter2")]).await;
    let history = SecretHistory::record(&namespace, "app").await;
    let operator = operator(cluster, &namespace, &[&key]).await;

    let beside = kubeseal.seal(&plain(namespace.name(), "beside", &[("A", "1")]), "strict").await;
    namespace.apply(&beside.to_string()).await;
    is_synced(&namespace, "beside", "True").await;
    let untouched = namespace.api::<Secret>().get("app").await.unwrap();
    assert!(!is_marked(&untouched));
    let requests = operator.requests().await.in_namespace(namespace.name());
    let about: Vec<_> = requests.iter().filter(|request| request.name() == "app").map(|request| request.verb.clone()).collect();
    assert!(!about.iter().any(|verb| verb != "get"), "{about:?}");

    namespace.kubectl(&["annotate", "sealedsecret", "app", "sealbridge.dev/adopt=true"]).await.ok();
    let taken = sealbridge_tests::eventually(crate::stage::SOON, "the Secret is ours", async || {
        let secret = namespace.api::<Secret>().get("app").await.map_err(|error| error.to_string())?;
        if is_marked(&secret) { Ok(secret) } else { Err(format!("{:?}", secret.labels())) }
    })
    .await;
    assert_eq!(taken.uid(), untouched.uid());
    assert_eq!(text(&taken, "TOKEN").as_deref(), Some("hunter2"));
    history.reached(&taken).await;
    history.assert_never_without(&["TOKEN"]);
    let owners: Vec<_> = taken.owner_references().iter().map(|owner| (owner.kind.as_str(), owner.name.as_str())).collect();
    assert_eq!(owners, [("SealedSecret", "app")], "the other controller finds its own reference when it is handed back");
}

#[tokio::test]
async fn annotations_of_a_live_secret_open_it() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("invited").await;
    let key = SealedSecretsKey::since(2024);
    let kubeseal = Kubeseal::with(&key).await;
    let _operator = operator(cluster, &namespace, &[&key]).await;
    for (name, annotations) in [
        ("foreign", json!({})),
        ("managed", json!({"sealedsecrets.bitnami.com/managed": "true"})),
        ("patch", json!({"sealedsecrets.bitnami.com/patch": "true"})),
    ] {
        let mut live = plain(namespace.name(), name, &[("THEIRS", "kept"), ("TOKEN", "old")]);
        live["metadata"]["annotations"] = annotations;
        let live: Secret = serde_json::from_value(live).unwrap();
        namespace.api::<Secret>().create(&PostParams::default(), &live).await.unwrap();
        let sealed = kubeseal.seal(&plain(namespace.name(), name, &[("TOKEN", "new")]), "strict").await;
        namespace.apply(&sealed.to_string()).await;
    }

    let told = is_synced(&namespace, "foreign", "False").await;
    assert!(told["message"].as_str().unwrap().contains("Secret foreign exists and was not made by Sealbridge"), "{told}");
    has_text(&namespace, "foreign", "TOKEN", "old").await;

    is_synced(&namespace, "managed", "True").await;
    let managed = has_text(&namespace, "managed", "TOKEN", "new").await;
    assert_eq!(managed.data.as_ref().unwrap().len(), 1, "the whole Secret is taken over");
    assert_eq!(managed.owner_references().len(), 1);

    is_synced(&namespace, "patch", "True").await;
    let patched = has_text(&namespace, "patch", "TOKEN", "new").await;
    assert_eq!(text(&patched, "THEIRS").as_deref(), Some("kept"));
    assert!(patched.owner_references().is_empty(), "what others set must not go when the object does");

    // Entries of others may change; what was added is healed.
    let edit = r#"{"stringData":{"THEIRS":"changed","TOKEN":"edited"}}"#;
    namespace.kubectl(&["patch", "secret", "patch", "--type=merge", "-p", edit]).await.ok();
    let healed = has_text(&namespace, "patch", "TOKEN", "new").await;
    assert_eq!(text(&healed, "THEIRS").as_deref(), Some("changed"));
}

#[tokio::test]
async fn a_secret_without_owner_reference_outlives_its_object() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("orphan").await;
    let key = SealedSecretsKey::since(2024);
    let _operator = operator(cluster, &namespace, &[&key]).await;
    let mut secret = plain(namespace.name(), "app", &[("TOKEN", "value")]);
    secret["metadata"]["annotations"] = json!({"sealedsecrets.bitnami.com/skip-set-owner-references": "true"});
    let sealed = Kubeseal::with(&key).await.seal(&secret, "strict").await;
    namespace.apply(&sealed.to_string()).await;
    is_synced(&namespace, "app", "True").await;
    let made = has_text(&namespace, "app", "TOKEN", "value").await;
    assert!(made.owner_references().is_empty());
    // The next pass meets a Secret that it knows as its own.
    namespace.kubectl(&["label", "sealedsecret", "app", "touched=true"]).await.ok();
    namespace.kubectl(&["patch", "secret", "app", "--type=merge", "-p", r#"{"stringData":{"TOKEN":"edited"}}"#]).await.ok();
    has_text(&namespace, "app", "TOKEN", "value").await;
}
