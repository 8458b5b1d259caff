//! The Lua that Argo CD runs on our kinds, run by Lua 5.1, Argo CD's language level, with the libraries that Argo CD
//! gives it, on objects as the real API server returns them.

use std::fs;

use mlua::serde::SerializeOptions;
use mlua::{Lua, LuaOptions, LuaSerdeExt, StdLib};
use rstest::rstest;
use sealbridge_tests::{Cluster, Namespace};
use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

const SINCE: &str = "2026-11-21T10:00:00Z";

fn file(name: &str) -> String {
    fs::read_to_string(workspace_root().join("deploy/argocd").join(name)).unwrap()
}

/// Runs one of Argo CD's scripts with `obj` set.
fn run(script: &str, object: &Value) -> Value {
    let lua = Lua::new_with(StdLib::TABLE | StdLib::OS, LuaOptions::default()).unwrap();
    let options = SerializeOptions::new().serialize_none_to_null(false).serialize_unit_to_null(false);
    lua.globals().set("obj", lua.to_value_with(object, options).unwrap()).unwrap();
    let result = lua.load(script).eval().unwrap();
    lua.from_value(result).unwrap()
}

/// A BridgedSecret with a status, as the API server returns it. `generation` is relative to the object's own.
async fn observed(namespace: &Namespace<'_>, behind: i64, conditions: Value) -> Value {
    namespace
        .apply("{apiVersion: sealbridge.dev/v1, kind: BridgedSecret, metadata: {name: checkout}, spec: {data: {LEVEL: {plain: info}}}}")
        .await;
    let generation = read(namespace).await["metadata"]["generation"].as_i64().unwrap();
    let patch = json!({"status": {"observedGeneration": generation - behind, "conditions": conditions}}).to_string();
    namespace.kubectl(&["patch", "bridgedsecret", "checkout", "--subresource=status", "--type=merge", "-p", &patch]).await.ok();
    read(namespace).await
}

async fn read(namespace: &Namespace<'_>) -> Value {
    let text = namespace.kubectl(&["get", "bridgedsecret", "checkout", "-o", "json"]).await.ok();
    serde_json::from_str(&text).unwrap()
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": SINCE, "observedGeneration": 1})
}

#[rstest]
#[case::synced(0, json!([condition("Ready", "True", "Synced", "3 entries")]), "Healthy", "3 entries")]
#[case::of_an_older_generation(1, json!([condition("Ready", "True", "Synced", "3 entries")]), "Progressing", "generation")]
#[case::failed(0, json!([condition("Ready", "False", "SourceDenied", "entry A")]), "Degraded", "SourceDenied: entry A")]
#[case::failed_for_good(0, json!([condition("Ready", "False", "NoKey", "m"), condition("Stalled", "True", "NoKey", "key 3f9c")]), "Degraded", "key 3f9c")]
#[case::at_work(0, json!([condition("Ready", "False", "Progressing", "m"), condition("Reconciling", "True", "Progressing", "first read")]), "Progressing", "first read")]
#[case::held(0, json!([condition("Ready", "False", "DeletionHeld", "confirm it")]), "Suspended", "confirm it")]
#[case::a_workload_is_not_there_yet(0, json!([condition("Ready", "True", "Synced", "s"), condition("RolledOut", "False", "WorkloadNotFound", "w")]), "Healthy", "s")]
#[case::without_conditions(0, json!([]), "Progressing", "Ready")]
#[tokio::test]
async fn health(#[case] behind: i64, #[case] conditions: Value, #[case] status: &str, #[case] message: &str) {
    let namespace = Cluster::shared().await.namespace("argocd").await;
    let object = observed(&namespace, behind, conditions).await;
    let health = run(&file("health.lua"), &object);
    assert_eq!(health["status"], status);
    assert!(health["message"].as_str().unwrap().contains(message), "{health:?}");
}

#[tokio::test]
async fn an_object_that_nobody_saw_is_not_healthy() {
    let namespace = Cluster::shared().await.namespace("argocd").await;
    namespace
        .apply("{apiVersion: sealbridge.dev/v1, kind: BridgedSecret, metadata: {name: checkout}, spec: {data: {LEVEL: {plain: info}}}}")
        .await;
    let health = run(&file("health.lua"), &read(&namespace).await);
    assert_eq!(health["status"], "Progressing");
}

#[tokio::test]
async fn the_refresh_action_changes_the_annotation_and_nothing_else() {
    let namespace = Cluster::shared().await.namespace("argocd").await;
    let object = observed(&namespace, 0, json!([])).await;
    let offered = run(&file("actions/discovery.lua"), &object);
    assert_eq!(offered["refresh"]["disabled"], false);

    let changed = run(&file("actions/refresh/action.lua"), &object);
    let asked = changed["metadata"]["annotations"]["sealbridge.dev/refresh"].as_str().unwrap();
    assert!(asked.ends_with('Z') && asked.len() == SINCE.len(), "{asked}");

    let patch = json!({"metadata": {"annotations": {"sealbridge.dev/refresh": asked}}}).to_string();
    namespace.kubectl(&["patch", "bridgedsecret", "checkout", "--type=merge", "-p", &patch]).await.ok();
    assert_eq!(read(&namespace).await["metadata"]["generation"], object["metadata"]["generation"]);
}

#[test]
fn the_config_map_holds_the_files() {
    let config_map: Value = serde_saphyr::from_str(&file("argocd-cm.yaml")).unwrap();
    let data = config_map["data"].as_object().unwrap();
    for kind in ["BridgedSecret", "SecretStore", "ClusterSecretStore", "SealingKey"] {
        assert_eq!(data[&format!("resource.customizations.health.sealbridge.dev_{kind}")], file("health.lua"), "{kind}");
    }
    let actions = data["resource.customizations.actions.sealbridge.dev_BridgedSecret"].as_str().unwrap();
    let actions: Value = serde_saphyr::from_str(actions).unwrap();
    assert_eq!(actions["discovery.lua"], file("actions/discovery.lua"));
    assert_eq!(actions["definitions"][0]["name"], "refresh");
    assert_eq!(actions["definitions"][0]["action.lua"], file("actions/refresh/action.lua"));
    assert_eq!(data.len(), 5);
}
