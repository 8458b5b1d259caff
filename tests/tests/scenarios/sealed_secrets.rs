//! SealedSecrets that kubeseal made become the Secrets that their own controller would make.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use sealbridge_tests::{Cluster, Kubeseal, Namespace, Operator, SealedSecretsKey, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, documents, has_text};

/// The SealedSecrets of a namespace.
pub(crate) fn sealed_secrets(namespace: &Namespace<'_>) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("bitnami.com", "v1alpha1", "SealedSecret"));
    Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

/// A Secret as a developer has it before sealing.
pub(crate) fn plain(namespace: &str, name: &str, entries: &[(&str, &str)]) -> Value {
    let entries: serde_json::Map<String, Value> = entries.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": entries})
}

/// Waits until `Synced` has this status for the present generation; answers the condition.
pub(crate) async fn is_synced(namespace: &Namespace<'_>, name: &str, status: &str) -> Value {
    let objects = sealed_secrets(namespace);
    eventually(SOON, &format!("{name} is told to be Synced={status}"), async || {
        let object = objects.get(name).await.map_err(|error| error.to_string())?;
        let told = &object.data["status"];
        let condition = &told["conditions"][0];
        let is_present = told["observedGeneration"] == json!(object.metadata.generation);
        if condition["type"] == "Synced" && condition["status"] == status && is_present {
            Ok(condition.clone())
        } else {
            Err(told.to_string())
        }
    })
    .await
}

/// An operator that serves SealedSecrets of a namespace with these keys.
pub(crate) async fn operator<'a>(cluster: &'a Cluster, namespace: &Namespace<'_>, keys: &[&SealedSecretsKey]) -> Operator<'a> {
    let operator = Operator::of(cluster).watch(namespace).flag("--dialect=sealed-secrets").start().await;
    for (position, key) in keys.iter().enumerate() {
        cluster.apply(&key.secret(&format!("sealed-secrets-key{position}"), operator.namespace()).to_string()).await;
    }
    operator
}

#[tokio::test]
async fn what_kubeseal_sealed_becomes_the_secret_that_it_was() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("bitnami").await;
    let (old, new) = (SealedSecretsKey::since(2021), SealedSecretsKey::since(2024));
    let _operator = operator(cluster, &namespace, &[&old, &new]).await;
    let kubeseals = [Kubeseal::with(&old).await, Kubeseal::with(&new).await];
    for (position, scope) in ["strict", "namespace-wide", "cluster-wide"].into_iter().enumerate() {
        let kubeseal = &kubeseals[position % 2];
        let mut secret = plain(namespace.name(), scope, &[("USER", "shop"), ("PASSWORD", "line one\nline two\n")]);
        secret["type"] = json!("kubernetes.io/basic-auth-like");
        secret["metadata"]["labels"] = json!({"tier": "web"});
        secret["stringData"]["EMPTY"] = json!("");
        let sealed = kubeseal.seal(&secret, scope).await;
        namespace.apply(&sealed.to_string()).await;
        is_synced(&namespace, scope, "True").await;

        let made = has_text(&namespace, scope, "USER", "shop").await;
        let mut theirs = kubeseal.unseal(&sealed.to_string()).await;
        // It prints an empty value as null.
        theirs["data"]["EMPTY"] = json!("");
        assert_eq!(serde_json::to_value(&made.data).unwrap(), theirs["data"], "{scope}");
        assert_eq!(made.type_.as_deref(), theirs["type"].as_str());
        assert_eq!(made.labels().get("tier").map(String::as_str), Some("web"));
        let owner = made.owner_references().first().unwrap();
        assert_eq!((owner.kind.as_str(), owner.name.as_str(), owner.controller), ("SealedSecret", scope, Some(true)));
    }
}

#[tokio::test]
async fn an_edit_is_healed_a_late_key_opens_and_a_restart_writes_nothing() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("bitnami").await;
    let key = SealedSecretsKey::since(2024);
    let mut operator = operator(cluster, &namespace, &[]).await;
    let sealed = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "app", &[("TOKEN", "hunter2")]), "strict").await;
    namespace.apply(&sealed.to_string()).await;
    let told = is_synced(&namespace, "app", "False").await;
    assert!(told["message"].as_str().unwrap().contains("entry TOKEN: none of the 0 RSA keys"), "{told}");

    cluster.apply(&key.secret("late", operator.namespace()).to_string()).await;
    is_synced(&namespace, "app", "True").await;
    has_text(&namespace, "app", "TOKEN", "hunter2").await;

    let edit = r#"{"stringData":{"TOKEN":"edited","MORE":"x"}}"#;
    namespace.kubectl(&["patch", "secret", "app", "--type=merge", "-p", edit]).await.ok();
    let healed = has_text(&namespace, "app", "TOKEN", "hunter2").await;
    eventually(SOON, "the foreign entry is gone", async || {
        let secret = namespace.api::<Secret>().get("app").await.map_err(|error| error.to_string())?;
        if secret.data.as_ref().is_some_and(|data| data.len() == 1) { Ok(()) } else { Err(format!("{:?}", secret.data)) }
    })
    .await;
    assert_eq!(healed.data.unwrap().len(), 1, "the whole data is replaced in one write");

    operator.stop().await;
    let mark = cluster.audit().mark();
    operator.start_again().await;
    // What is applied after the restart is served after what the restart found.
    let later = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "later", &[("A", "1")]), "strict").await;
    namespace.apply(&later.to_string()).await;
    is_synced(&namespace, "later", "True").await;
    let requests = operator.requests_since(mark).await.in_namespace(namespace.name());
    let writes: Vec<_> = requests
        .iter()
        .filter(|request| request.name() == "app" && !matches!(request.verb.as_str(), "get" | "list" | "watch"))
        .map(|request| format!("{} {}", request.verb, request.resource()))
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn templates_are_made_from_the_opened_values_which_stay() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("bitnami").await;
    let key = SealedSecretsKey::since(2024);
    let _operator = operator(cluster, &namespace, &[&key]).await;
    let mut sealed = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "app", &[("user", "shop")]), "strict").await;
    sealed["spec"]["template"]["data"] = json!({"url": "db://{{ .user | upper }}/{{ .nobody }}"});
    namespace.apply(&documents(&[sealed.clone()])).await;
    is_synced(&namespace, "app", "True").await;
    let made = has_text(&namespace, "app", "url", "db://SHOP/<no value>").await;
    assert_eq!(made.data.as_ref().unwrap().len(), 2);
    has_text(&namespace, "app", "user", "shop").await;

    let refused = [("{{ env `HOME` }}", "env"), ("{{ fail .user }}", "fail failed")];
    for (template, words) in refused {
        sealed["spec"]["template"]["data"] = json!({"url": template});
        namespace.apply(&documents(&[sealed.clone()])).await;
        eventually(SOON, words, async || {
            let told = is_synced(&namespace, "app", "False").await["message"].as_str().unwrap().to_owned();
            if told.contains(words) && !told.contains("shop") { Ok(()) } else { Err(told) }
        })
        .await;
    }
    has_text(&namespace, "app", "url", "db://SHOP/<no value>").await;
}

#[tokio::test]
async fn a_changed_annotation_changes_what_the_object_means() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("bitnami").await;
    let key = SealedSecretsKey::since(2024);
    let _operator = operator(cluster, &namespace, &[&key]).await;
    let mut sealed = Kubeseal::with(&key).await.seal(&plain(namespace.name(), "app", &[("A", "1")]), "cluster-wide").await;
    sealed["metadata"]["annotations"] = json!({});
    namespace.apply(&documents(&[sealed])).await;
    is_synced(&namespace, "app", "False").await;
    namespace.kubectl(&["annotate", "sealedsecret", "app", "sealedsecrets.bitnami.com/cluster-wide=true"]).await.ok();
    is_synced(&namespace, "app", "True").await;
    has_text(&namespace, "app", "A", "1").await;
}
