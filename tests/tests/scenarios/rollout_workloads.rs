//! Workloads follow the data of their Secrets: once for a change, never for anything else.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, is_told};

const PREFIX: &str = "revision.sealbridge.dev/";

/// The manifest as it stands in Git.
fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}, "annotations": {"note": "from Git"}},
                "spec": {
                    "automountServiceAccountToken": false,
                    "containers": [{"name": "web", "image": "example.invalid/web"}],
                },
            },
        },
    })
}

fn secret_of_web(name: &str, value: &str) -> Value {
    let rollout = json!([{"kind": "Deployment", "name": "web"}]);
    bridged_secret(name, &json!({"data": {"A": {"plain": value}}, "rollout": rollout}))
}

async fn web(namespace: &Namespace<'_>) -> Deployment {
    namespace.api::<Deployment>().get("web").await.unwrap()
}

/// The revisions that the pod template carries, by Secret.
fn carried(web: &Deployment) -> Vec<(String, String)> {
    let template = &web.spec.as_ref().unwrap().template;
    let annotations = template.metadata.as_ref().and_then(|metadata| metadata.annotations.clone()).unwrap_or_default();
    annotations.into_iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value))).collect()
}

/// Waits until the pod template carries the present revisions of these Secrets and no others.
async fn carries(namespace: &Namespace<'_>, secrets: &[&str]) -> Deployment {
    let api: Api<Secret> = namespace.api();
    let mut wanted = Vec::new();
    for name in secrets {
        let revision = api.get(name).await.unwrap().annotations()["sealbridge.dev/revision"].clone();
        wanted.push(((*name).to_owned(), revision));
    }
    eventually(SOON, &format!("the pod template carries the revisions of {secrets:?}"), async || {
        let web = web(namespace).await;
        if carried(&web) == wanted { Ok(web) } else { Err(format!("{:?} instead of {wanted:?}", carried(&web))) }
    })
    .await
}

async fn pods_are_ready(namespace: &Namespace<'_>, generation: i64) {
    eventually(SOON, "the pods of this generation are ready", async || {
        let status = web(namespace).await.status.unwrap_or_default();
        let observed = status.observed_generation >= Some(generation);
        let ready = observed && status.updated_replicas == Some(1) && status.available_replicas == Some(1);
        ready.then_some(()).ok_or_else(|| format!("{status:?}"))
    })
    .await;
}

/// Makes one more object and waits for it: what the operator had to do before is done then.
async fn after_another_object(namespace: &Namespace<'_>, name: &str) {
    namespace.apply(&documents(&[bridged_secret(name, &json!({"data": {"A": {"plain": "1"}}}))])).await;
    is_told(namespace, name, "Synced").await;
}

#[tokio::test]
async fn secrets_that_change_together_restart_a_workload_once() {
    let cluster = Cluster::shared().await.with_nodes().await;
    let namespace = cluster.namespace("rollout").await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&[deployment(), secret_of_web("a", "1"), secret_of_web("b", "1")])).await;
    is_told(&namespace, "a", "Synced").await;
    is_told(&namespace, "b", "Synced").await;
    pods_are_ready(&namespace, 1).await;
    after_another_object(&namespace, "first").await;
    assert_eq!(carried(&web(&namespace).await), [], "nothing is restarted by a first sync");

    namespace.apply(&documents(&[secret_of_web("a", "2"), secret_of_web("b", "2")])).await;
    has_text(&namespace, "a", "A", "2").await;
    has_text(&namespace, "b", "A", "2").await;
    let restarted = carries(&namespace, &["a", "b"]).await;
    assert_eq!(restarted.metadata.generation, Some(2), "one change of the workload");
    pods_are_ready(&namespace, 2).await;

    operator.stop().await;
    let mark = cluster.audit().mark();
    operator.start_again().await;
    let mut labelled = secret_of_web("a", "2");
    labelled["spec"]["target"] = json!({"template": {"metadata": {"labels": {"only": "metadata"}}}});
    namespace.apply(&documents(&[labelled])).await;
    is_told(&namespace, "a", "Synced").await;
    after_another_object(&namespace, "second").await;
    let patches = operator.requests_since(mark).await.of("deployments", &["patch", "update"]);
    assert_eq!(patches.count(), 0, "neither a restart of the operator nor metadata restarts a workload: {patches:?}");
}

#[tokio::test]
async fn git_sees_no_drift() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("drift").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let create = ["--namespace", namespace.name(), "apply", "-f", "-"];
    cluster.kubectl_with_input(&create, &deployment().to_string()).await.ok();
    namespace.apply(&documents(&[secret_of_web("a", "1")])).await;
    is_told(&namespace, "a", "Synced").await;
    namespace.apply(&documents(&[secret_of_web("a", "2")])).await;
    has_text(&namespace, "a", "A", "2").await;
    let live = carries(&namespace, &["a"]).await;

    let ours: Vec<_> =
        live.managed_fields().iter().filter(|entry| entry.manager.as_deref() == Some("sealbridge-rollout")).collect();
    let fields = serde_json::to_value(&ours[0].fields_v1).unwrap();
    let only = json!({"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:revision.sealbridge.dev/a": {}}}}}});
    assert_eq!((ours.len(), fields), (1, only), "the operator owns its annotation and nothing else");

    for apply in [&["apply"][..], &["apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts"]] {
        let arguments = [&["--namespace", namespace.name()], apply, &["--dry-run=server", "-o", "json", "-f", "-"]].concat();
        let dry = cluster.kubectl_with_input(&arguments, &deployment().to_string()).await.ok();
        let dry: Deployment = serde_json::from_str(&dry).unwrap();
        assert_eq!(dry.spec, live.spec, "{apply:?}: a sync from Git changes nothing");
    }
}

#[tokio::test]
async fn a_rollout_that_was_pending_at_a_crash_is_caught_up() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("crash").await;
    let mut first = Operator::of(cluster).watch(&namespace).flag("--rollout-window=1h").start().await;
    namespace.apply(&documents(&[deployment(), secret_of_web("a", "1")])).await;
    is_told(&namespace, "a", "Synced").await;
    namespace.apply(&documents(&[secret_of_web("a", "2")])).await;
    has_text(&namespace, "a", "A", "2").await;
    first.kill().await;
    assert_eq!(carried(&web(&namespace).await), []);

    let _second = Operator::of(cluster).watch(&namespace).beside(&first).start().await;
    let web = carries(&namespace, &["a"]).await;
    assert_eq!(web.metadata.generation, Some(2));
}

#[tokio::test]
async fn a_workload_that_does_not_exist_is_named_and_not_created() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("no-workload").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(&[secret_of_web("a", "1")])).await;
    is_told(&namespace, "a", "Synced").await;
    namespace.apply(&documents(&[secret_of_web("a", "2")])).await;
    has_text(&namespace, "a", "A", "2").await;
    let objects: Api<BridgedSecret> = namespace.api();
    eventually(SOON, "the missing workload is named", async || {
        let object = objects.get("a").await.map_err(|error| error.to_string())?;
        let conditions = object.status.map(|status| status.conditions).unwrap_or_default();
        let told = conditions.iter().find(|condition| condition.type_ == "RolledOut").ok_or("no RolledOut")?;
        let named = told.reason == "WorkloadNotFound" && told.message.contains("Deployment web does not exist");
        named.then_some(()).ok_or_else(|| format!("{}: {}", told.reason, told.message))
    })
    .await;
    assert_eq!(namespace.api::<Deployment>().get_opt("web").await.unwrap(), None);
}
