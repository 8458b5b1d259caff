//! What the API server accepts and refuses by the CRDs alone, on the manifests under `tests/manifests`, and what
//! its answers must not repeat.

use std::fs;

use sealbridge_tests::{Cluster, Namespace};
use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

const REFUSED: &str = "# refused: ";

/// The API server's answer to a create that is not carried out: `Err` holds what it says.
pub(crate) async fn create(namespace: &Namespace<'_>, manifest: &Value) -> Result<Value, String> {
    let place = match manifest["kind"].as_str().unwrap() {
        "BridgedSecret" => format!("namespaces/{}/bridgedsecrets", namespace.name()),
        "SecretStore" => format!("namespaces/{}/secretstores", namespace.name()),
        "ClusterSecretStore" => "clustersecretstores".to_owned(),
        "PushSecret" => format!("namespaces/{}/pushsecrets", namespace.name()),
        "ClusterBridgedSecret" => "clusterbridgedsecrets".to_owned(),
        "SealingKey" => "sealingkeys".to_owned(),
        kind => panic!("a manifest of kind {kind}"),
    };
    let path = format!("/apis/sealbridge.dev/v1/{place}?dryRun=All&fieldValidation=Strict");
    let body = serde_json::to_vec(manifest).unwrap();
    let request = http::Request::post(path).header("content-type", "application/json").body(body).unwrap();
    namespace.client().request(request).await.map_err(|error| error.to_string())
}

pub(crate) fn manifests(folder: &str) -> Vec<(String, String, Value)> {
    let files = fs::read_dir(workspace_root().join("tests/manifests").join(folder)).unwrap();
    files
        .map(|file| {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let manifest = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().unwrap().to_string_lossy().into_owned(), text, manifest)
        })
        .collect()
}

#[tokio::test]
async fn accepted_manifests_are_accepted() {
    let namespace = Cluster::shared().await.namespace("admission").await;
    let mut wrong = Vec::new();
    for (file, _, manifest) in manifests("accepted") {
        if let Err(answer) = create(&namespace, &manifest).await {
            wrong.push(format!("{file}: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn refused_manifests_are_refused_with_the_words_that_help() {
    let namespace = Cluster::shared().await.namespace("admission").await;
    let mut wrong = Vec::new();
    for (file, text, manifest) in manifests("refused") {
        let expected =
            text.lines().next().and_then(|line| line.strip_prefix(REFUSED)).unwrap_or_else(|| panic!("{file}: no {REFUSED}"));
        match create(&namespace, &manifest).await {
            Ok(_) => wrong.push(format!("{file}: was accepted")),
            Err(answer) if answer.contains(expected) => {}
            Err(answer) => wrong.push(format!("{file}: expected {expected:?} in {answer}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_answer_never_repeats_what_may_be_a_secret() {
    const CANARY: &str = "canary-5d1e0a9c";
    let namespace = Cluster::shared().await.namespace("admission").await;
    let bridged = |data: Value| json!({"apiVersion": "sealbridge.dev/v1", "kind": "BridgedSecret", "metadata": {"name": "canary"}, "spec": {"data": data}});
    let url = format!("https://user:{CANARY}@vault.example");
    let vault = json!({"server": url, "auth": {"tokenSecretRef": {"name": "vault", "key": "token"}}});
    let long = CANARY.repeat(110_000);
    let refused = [
        bridged(json!({"A": {"sealed": CANARY}})),
        bridged(json!({"A": {"sealed": format!("sb1:{CANARY}"), "plain": CANARY}})),
        bridged(json!({"A": {"plain": CANARY, "secretStoreRef": {"name": "vault"}}})),
        bridged(json!({"A": {"plain": long}})),
        bridged(json!({"A": {"sealed": long}})),
        bridged(json!({"A": {"plain": {"nested": CANARY}}})),
        bridged(json!({"A": {"plain": CANARY, "unknown": CANARY}})),
        json!({
            "apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "canary"},
            "spec": {"provider": {"vault": vault}},
        }),
    ];
    for manifest in refused {
        let answer = create(&namespace, &manifest).await.expect_err("refused");
        assert!(!answer.contains(CANARY), "{answer}");
    }
}

#[tokio::test]
async fn an_overlay_replaces_a_reference_only_with_a_null() {
    let namespace = Cluster::shared().await.namespace("admission").await;
    namespace
        .apply("{apiVersion: sealbridge.dev/v1, kind: BridgedSecret, metadata: {name: promoted}, spec: {secretStoreRef: {name: vault}, data: {TOKEN: {remoteRef: {key: shop/token}}}}}")
        .await;
    let patch = async |entry: &str| {
        let patch = format!(r#"{{"spec":{{"data":{{"TOKEN":{entry}}}}}}}"#);
        namespace.kubectl(&["patch", "bridgedsecret", "promoted", "--type=merge", "-p", &patch]).await
    };
    let without = patch(r#"{"plain":"info"}"#).await;
    assert!(!without.success && without.stderr.contains("must also set `remoteRef: null`"), "{without}");
    patch(r#"{"remoteRef":null,"plain":"info"}"#).await.ok();
}

#[tokio::test]
async fn the_api_server_adds_nothing_to_a_spec() {
    let namespace = Cluster::shared().await.namespace("admission").await;
    for (file, _, mut manifest) in manifests("accepted") {
        let created = create(&namespace, &manifest).await.unwrap_or_else(|answer| panic!("{file}: {answer}"));
        drop_nulls(&mut manifest["spec"]);
        assert_eq!(created["spec"], manifest["spec"], "{file}: GitOps tools would report drift");
        assert_eq!(created["status"]["observedGeneration"], -1, "{file}: counts as current before anybody saw it");
    }
}

/// The API server takes a null for "absent".
fn drop_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_nulls);
    }
}
