//! Every manifest under `deploy/` is taken by a real API server, and gives the operator the rights that it needs and
//! no others.

use sealbridge_tests::Cluster;
use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

const OPERATOR: &str = "--as=system:serviceaccount:sealbridge-system:sealbridge-operator";
const PRUNING: [(&str, &str); 3] = [
    ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

async fn built(cluster: &Cluster, overlay: &str) -> String {
    let folder = workspace_root().join("deploy/overlays").join(overlay);
    cluster.kubectl(&["kustomize", folder.to_str().unwrap()]).await.ok()
}

async fn allowed(cluster: &Cluster, question: &[&str]) -> bool {
    let ran = cluster.kubectl(&[&["auth", "can-i", OPERATOR], question].concat()).await;
    match ran.stdout.trim() {
        "yes" => true,
        "no" => false,
        _ => panic!("{ran}"),
    }
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

#[tokio::test]
async fn single_namespace_reads_secrets_there_and_nowhere_else() {
    let cluster = Cluster::private().await;
    for name in ["shop", "other"] {
        cluster.kubectl(&["create", "namespace", name]).await.ok();
    }
    cluster.apply(&built(&cluster, "single-namespace").await).await;

    for question in [
        ["get", "secrets", "-n", "shop"],
        ["patch", "bridgedsecrets", "--subresource=status", "-nshop"],
        ["create", "serviceaccounts", "--subresource=token", "-nshop"],
        ["create", "secrets", "-n", "sealbridge-system"],
        ["update", "leases", "-n", "sealbridge-system"],
        ["patch", "configmaps/sealbridge-recipients", "-n", "sealbridge-system"],
        ["list", "sealingkeys", "-n", "shop"],
    ] {
        assert!(allowed(&cluster, &question).await, "{question:?} is refused");
    }
    for question in [
        ["list", "secrets", "-n", "other"],
        ["list", "secrets", "-n", "kube-system"],
        ["list", "configmaps", "-n", "other"],
        ["create", "serviceaccounts", "--subresource=token", "-nother"],
        ["list", "bridgedsecrets", "-n", "other"],
        ["update", "secrets", "-n", "shop"],
        ["create", "deployments", "-n", "shop"],
        ["delete", "secrets", "-n", "sealbridge-system"],
        ["patch", "configmaps/other", "-n", "sealbridge-system"],
        ["create", "sealingkeys", "-n", "shop"],
        ["patch", "bridgedsecrets", "-n", "shop"],
    ] {
        assert!(!allowed(&cluster, &question).await, "{question:?} is allowed");
    }
    let everybody = ["auth", "can-i", "get", "configmaps/sealbridge-recipients", "-n", "sealbridge-system", "--as=somebody"];
    let everybody = cluster.kubectl(&[&everybody[..], &["--as-group=system:authenticated"]].concat()).await;
    assert_eq!(everybody.stdout.trim(), "yes", "{everybody}");

    // The same cluster, served whole: the flag for the one namespace goes, the rights reach everywhere.
    cluster
        .kubectl_with_input(&["delete", "--wait=false", "-f", "-"], &rights(&built(&cluster, "single-namespace").await))
        .await
        .ok();
    cluster.apply(&built(&cluster, "cluster-wide").await).await;
    assert!(allowed(&cluster, &["list", "secrets", "-n", "other"]).await);
    assert!(!allowed(&cluster, &["create", "sealingkeys"]).await);
    assert!(!allowed(&cluster, &["create", "deployments", "-n", "other"]).await);
    cluster.apply(&built(&cluster, "dev").await).await;
    assert!(allowed(&cluster, &["create", "sealingkeys"]).await);
}

#[tokio::test]
async fn other_kinds_are_written_only_with_the_component_that_allows_them() {
    let cluster = Cluster::private().await;
    cluster.apply(&built(&cluster, "cluster-wide").await).await;
    for question in [["create", "configmaps", "-nother"], ["patch", "configmaps", "-nother"], ["delete", "configmaps", "-nother"]] {
        assert!(!allowed(&cluster, &question).await, "{question:?} is allowed by the base");
    }
    // kubectl asks about kinds that it knows.
    crate::stage::other_kinds(&cluster).await;
    let folder = workspace_root().join("tests/fixtures/target-kinds");
    let text = cluster.kubectl(&["kustomize", folder.to_str().unwrap()]).await.ok();
    cluster.apply(&text).await;
    for resource in ["configmaps", "middlewares.traefik.io"] {
        for verb in ["get", "list", "watch", "create", "patch", "delete"] {
            assert!(allowed(&cluster, &[verb, resource, "-nother"]).await, "{verb} {resource} is refused");
        }
        assert!(!allowed(&cluster, &["update", resource, "-nother"]).await);
    }
    let deployment = documents(&text).into_iter().find(|item| item["kind"] == "Deployment").unwrap();
    let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().clone();
    assert!(arguments.contains(&json!("--target-kinds=ConfigMap,traefik.io/v1alpha1/Middleware")), "{arguments:?}");
}

/// The Role and `RoleBinding` of the watched namespace.
fn rights(text: &str) -> String {
    let items = documents(text).into_iter().filter(|item| item["metadata"]["namespace"] == "shop");
    json!({"apiVersion": "v1", "kind": "List", "items": items.collect::<Vec<_>>()}).to_string()
}

#[tokio::test]
async fn the_pod_fits_the_restricted_profile() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("pod-security").await;
    namespace.kubectl(&["label", "namespace", namespace.name(), "pod-security.kubernetes.io/enforce=restricted"]).await.ok();
    let text = built(cluster, "cluster-wide").await;
    let deployment = documents(&text).into_iter().find(|item| item["kind"] == "Deployment").unwrap();
    let mut spec = deployment["spec"]["template"]["spec"].clone();
    let container = spec["containers"][0].clone();
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert!(container["resources"]["limits"]["memory"].is_string());
    spec["serviceAccountName"] = json!("default");
    spec["automountServiceAccountToken"] = json!(false);
    let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "operator"}, "spec": spec}).to_string();
    namespace.try_apply(&pod(spec.clone())).await.ok();
    // The profile is enforced here: a pod that asks for more is refused.
    spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let refused = namespace.try_apply(&pod(spec).replace("\"operator\"", "\"other\"")).await;
    assert!(!refused.success && refused.stderr.contains("restricted"), "{refused}");
}

#[tokio::test]
async fn overlays_differ_in_their_flags_only_where_they_say() {
    let cluster = Cluster::shared().await;
    for (overlay, last) in
        [("cluster-wide", "--listen=0.0.0.0:8080"), ("single-namespace", "--watch-namespace=shop"), ("dev", "--create-key")]
    {
        let text = built(cluster, overlay).await;
        let deployment = documents(&text).into_iter().find(|item| item["kind"] == "Deployment").unwrap();
        let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().clone();
        assert_eq!(arguments.last().unwrap(), last, "{overlay}");
    }
}

#[tokio::test]
async fn nothing_that_would_take_secrets_with_it_is_pruned() {
    let cluster = Cluster::shared().await;
    let text = built(cluster, "cluster-wide").await;
    let kept: Vec<Value> = documents(&text)
        .into_iter()
        .filter(|item| item["kind"] == "CustomResourceDefinition" || item["kind"] == "Namespace")
        .collect();
    assert_eq!(kept.len(), sealbridge_api::crd::all().len() + 1, "every kind, and the namespace");
    for item in kept {
        for (annotation, value) in PRUNING {
            assert_eq!(item["metadata"]["annotations"][annotation], value, "{}", item["metadata"]["name"]);
        }
    }
}
