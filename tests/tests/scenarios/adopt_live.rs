//! A live Secret of another tool is taken over without a moment in which it is gone.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, PostParams};
use kube::{Api, ResourceExt};
use rstest::rstest;
use sealbridge_tests::{Cluster, Namespace, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message};

/// A tool's object `old`, which owns Secrets.
struct Former {
    objects: Api<DynamicObject>,
    reference: Value,
}

impl Former {
    async fn create(namespace: &Namespace<'_>, group: &str, version: &str, kind: &str) -> Self {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let objects: Api<DynamicObject> = Api::namespaced_with(namespace.client(), namespace.name(), &resource);
        let created =
            objects.create(&PostParams::default(), &DynamicObject::new("old", &resource).data(json!({"spec": {}}))).await.unwrap();
        let reference = json!({
            "apiVersion": format!("{group}/{version}"), "kind": kind, "name": "old",
            "uid": created.uid().unwrap(), "controller": true,
        });
        Self { objects, reference }
    }

    async fn owns(&self, namespace: &Namespace<'_>, name: &str) {
        let secret = json!({
            "metadata": {
                "name": name,
                "ownerReferences": [self.reference],
                "labels": {"reconcile.external-secrets.io/managed": "true", "app": "shop"},
                "annotations": {
                    "reconcile.external-secrets.io/data-hash": "0123",
                    "sealedsecrets.bitnami.com/managed": "true",
                },
            },
            "stringData": {"A": "1", "OBSOLETE": "x"},
        });
        let secret: Secret = serde_json::from_value(secret).unwrap();
        namespace.api::<Secret>().create(&PostParams::default(), &secret).await.unwrap();
    }

    /// Deletes the object and waits until the garbage collector has dealt with what it still owned.
    async fn delete(&self, namespace: &Namespace<'_>) {
        let secrets: Api<Secret> = namespace.api();
        self.owns(namespace, "still-theirs").await;
        self.objects.delete("old", &DeleteParams::default()).await.unwrap();
        eventually(SOON, "the garbage collector has come by", async || match secrets.get_opt("still-theirs").await {
            Ok(None) => Ok(()),
            other => Err(format!("{:?}", other.map(|secret| secret.map(|secret| secret.metadata.owner_references)))),
        })
        .await;
    }
}

fn adopting(from: Option<Value>) -> Value {
    let mut target = json!({"name": "live"});
    if let Some(from) = from {
        target["adopt"] = from;
    }
    bridged_secret("app", &json!({"refreshInterval": "10s", "data": {"A": {"plain": "1"}}, "target": target}))
}

#[rstest]
#[case::external_secret("external-secrets.io", "v1", "ExternalSecret")]
#[case::sealed_secret("bitnami.com", "v1alpha1", "SealedSecret")]
#[tokio::test]
async fn a_secret_is_adopted_and_the_old_object_can_go(#[case] group: &str, #[case] version: &str, #[case] kind: &str) {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("adopt").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let former = Former::create(&namespace, group, version, kind).await;
    former.owns(&namespace, "live").await;
    let history = SecretHistory::record(&namespace, "live").await;

    namespace.apply(&documents(&[adopting(None)])).await;
    let told = message(&is_told(&namespace, "app", "TargetNotOwned").await);
    assert!(told.contains(kind) && told.contains("spec.target.adopt"), "{told}");
    namespace.apply(&documents(&[adopting(Some(json!({"from": kind, "name": "another"})))])).await;
    is_told(&namespace, "app", "TargetNotOwned").await;

    namespace.apply(&documents(&[adopting(Some(json!({"from": kind, "name": "old"})))])).await;
    is_told(&namespace, "app", "Synced").await;
    former.delete(&namespace).await;

    let secret = namespace.api::<Secret>().get("live").await.unwrap();
    let owners: Vec<&str> = secret.owner_references().iter().map(|reference| reference.kind.as_str()).collect();
    assert_eq!(owners, ["BridgedSecret"]);
    assert_eq!(secret.labels().get("app").map(String::as_str), Some("shop"), "what others set stays");
    let former_marks = ["reconcile.external-secrets.io/", "sealedsecrets.bitnami.com/"];
    let names: Vec<&String> = secret.labels().keys().chain(secret.annotations().keys()).collect();
    assert!(!names.iter().any(|name| former_marks.iter().any(|mark| name.starts_with(mark))), "{names:?}");
    history.reached(&secret).await;
    history.assert_never_without(&["A"]);
    assert_eq!(history.revisions().len(), 2, "as it was, and after one write");
}

#[tokio::test]
async fn a_secret_whose_old_object_was_pruned_first_is_made_again() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("pruned").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let former = Former::create(&namespace, "external-secrets.io", "v1", "ExternalSecret").await;
    former.owns(&namespace, "live").await;
    namespace.apply(&documents(&[adopting(None)])).await;
    is_told(&namespace, "app", "TargetNotOwned").await;
    former.delete(&namespace).await;
    has_text(&namespace, "live", "A", "1").await;
    is_told(&namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_secret_made_by_hand_is_adopted_from_nobody() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("by-hand").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "live"}, "stringData": {"OLD": "x"}})).unwrap();
    namespace.api::<Secret>().create(&PostParams::default(), &secret).await.unwrap();
    namespace.apply(&documents(&[adopting(Some(json!({"from": "None"})))])).await;
    is_told(&namespace, "app", "Synced").await;
    let secret = has_text(&namespace, "live", "A", "1").await;
    assert_eq!(secret.data.unwrap().into_keys().collect::<Vec<_>>(), ["A"]);
}
