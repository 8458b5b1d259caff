//! Objects that are no Secrets as targets: followed, healed and removed as Secrets are, and only of kinds that whoever runs
//! the operator allows.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, is_told, message, other_kinds, remote, rounds_pass, vault_store};

const TARGET_KINDS: &str = "--target-kinds=ConfigMap,traefik.io/v1alpha1/Middleware";

fn config_map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap"})
}

fn middleware() -> Value {
    json!({"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware"})
}

fn middlewares(namespace: &Namespace<'_>) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("traefik.io", "v1alpha1", "Middleware"));
    Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

/// Waits until the ConfigMap has exactly these entries.
async fn holds(namespace: &Namespace<'_>, name: &str, wanted: &[(&str, &str)]) -> ConfigMap {
    let maps: Api<ConfigMap> = namespace.api();
    eventually(SOON, &format!("ConfigMap {name} holds {wanted:?}"), async || {
        let map = maps.get(name).await.map_err(|error| error.to_string())?;
        let found: Vec<(&str, &str)> = map.data.iter().flatten().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        if found == wanted { Ok(map.clone()) } else { Err(format!("{found:?}")) }
    })
    .await
}

#[tokio::test]
async fn other_kinds_follow_their_sources_and_a_quiet_round_touches_nothing() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    other_kinds(cluster).await;
    let (namespace, mount) = (cluster.namespace("target").await, bao.kv2("target").await);
    mount.put("app", &[("a", "one")]).await;
    vault_store(&namespace, bao, &mount).await;
    let mut operator = Operator::of(cluster).watch(&namespace).flag(TARGET_KINDS).start().await;
    for (name, manifest) in [("map", config_map()), ("route", middleware())] {
        let spec = json!({
            "refreshInterval": "10s",
            "secretStoreRef": {"name": "vault"},
            "data": {"A": remote("app", "a")},
            "target": {"manifest": manifest},
        });
        namespace.apply(&bridged_secret(name, &spec).to_string()).await;
    }
    let map = holds(&namespace, "map", &[("A", "one")]).await;
    assert_eq!((map.owner_references()[0].kind.as_str(), map.owner_references()[0].controller), ("BridgedSecret", Some(true)));
    is_told(&namespace, "map", "Synced").await;
    is_told(&namespace, "route", "Synced").await;

    mount.put("app", &[("a", "two")]).await;
    holds(&namespace, "map", &[("A", "two")]).await;
    eventually(SOON, "the Middleware holds the new value", async || {
        let found =
            middlewares(&namespace).get("route").await.map_err(|error| error.to_string())?.data["spec"]["data"]["A"].clone();
        if found == "two" { Ok(()) } else { Err(found.to_string()) }
    })
    .await;
    rounds_pass(&operator, 1).await;

    let mark = cluster.audit().mark();
    rounds_pass(&operator, 2).await;
    let touched = operator.requests_since(mark).await.in_namespace(namespace.name());
    let touched: Vec<_> = touched.iter().map(|request| request.uri.clone()).filter(|uri| !uri.contains("watch=")).collect();
    assert!(touched.is_empty(), "{touched:?}");

    operator.stop().await;
    let mark = cluster.audit().mark();
    operator.start_again().await;
    rounds_pass(&operator, 2).await;
    let requests = operator.requests_since(mark).await;
    let writes = requests.clone().in_namespace(namespace.name()).writes();
    let writes: Vec<_> =
        writes.iter().filter(|request| ["map", "route"].contains(&request.name())).map(|request| request.uri.clone()).collect();
    assert!(writes.is_empty(), "after a start: {writes:?}");
    let looks = requests.iter().filter(|request| request.uri.trim_end_matches('?') == "/apis/traefik.io/v1alpha1").count();
    assert!(looks <= 1, "{looks} looks for one kind");
}

#[tokio::test]
async fn a_kind_that_is_not_allowed_is_refused_and_nothing_is_written() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("target").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let spec = json!({"data": {"A": {"plain": "x"}}, "target": {"manifest": config_map()}});
    namespace.apply(&bridged_secret("map", &spec).to_string()).await;
    let told = message(&is_told(&namespace, "map", "TargetInvalid").await);
    assert!(told.contains("--target-kinds=ConfigMap"), "{told}");
    assert!(namespace.api::<ConfigMap>().get_opt("map").await.unwrap().is_none());
    assert!(namespace.api::<Secret>().get_opt("map").await.unwrap().is_none());
}

#[tokio::test]
async fn edits_are_healed_and_a_target_of_another_name_or_kind_takes_the_place_of_the_former() {
    let cluster = Cluster::shared().await;
    other_kinds(cluster).await;
    let namespace = cluster.namespace("target").await;
    let operator = Operator::of(cluster).watch(&namespace).flag(TARGET_KINDS).start().await;
    let apply = async |target: Value| {
        let spec = json!({"refreshInterval": "10s", "data": {"A": {"plain": "1"}, "B": {"plain": "2"}}, "target": target});
        namespace.apply(&bridged_secret("app", &spec).to_string()).await;
    };
    apply(json!({})).await;
    is_told(&namespace, "app", "Synced").await;
    apply(json!({"manifest": config_map()})).await;
    holds(&namespace, "app", &[("A", "1"), ("B", "2")]).await;
    let (secrets, maps): (Api<Secret>, Api<ConfigMap>) = (namespace.api(), namespace.api());
    eventually(SOON, "the Secret in whose place the ConfigMap is goes", async || {
        if secrets.get_opt("app").await.unwrap().is_none() { Ok(()) } else { Err("it is there".to_owned()) }
    })
    .await;

    let mark = cluster.audit().mark();
    let edits = [
        ("kubectl-edit", json!({"data": {"A": "9"}})),
        ("kubectl-patch", json!({"data": {"B": null}})),
        ("helm", json!({"data": {"C": "3"}})),
        ("somebody", json!({"binaryData": {"D": "AAAA"}})),
        ("another", json!({"metadata": {"labels": {"sealbridge.dev/managed": null}}})),
    ];
    for (manager, edit) in edits {
        let before = maps.get("app").await.unwrap().metadata.resource_version;
        let parameters = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        maps.patch("app", &parameters, &Patch::Merge(&edit)).await.unwrap();
        eventually(SOON, &format!("{edit} is healed"), async || {
            let map = maps.get("app").await.map_err(|error| error.to_string())?;
            let is_whole = map.data.as_ref().is_some_and(|data| data.len() == 2 && data["A"] == "1" && data["B"] == "2");
            let is_ours = map.labels().contains_key("sealbridge.dev/managed") && !map.owner_references().is_empty();
            let is_new = map.metadata.resource_version != before;
            if is_whole && is_ours && is_new && map.binary_data.is_none() { Ok(()) } else { Err(format!("{map:?}")) }
        })
        .await;
    }
    let writes = operator.requests_since(mark).await.of("configmaps", &["create", "patch", "update", "delete"]).named("app");
    assert_eq!(writes.clone().filter(|request| request.code() < 300).count(), 5, "one write for each edit: {writes:?}");

    apply(json!({"name": "renamed", "manifest": config_map()})).await;
    holds(&namespace, "renamed", &[("A", "1"), ("B", "2")]).await;
    apply(json!({"name": "renamed", "manifest": middleware()})).await;
    eventually(SOON, "only the Middleware is left", async || {
        let is_made = middlewares(&namespace).get_opt("renamed").await.unwrap().is_some();
        let left = (maps.get_opt("app").await.unwrap().is_some(), maps.get_opt("renamed").await.unwrap().is_some());
        if is_made && left == (false, false) { Ok(()) } else { Err(format!("{is_made} {left:?}")) }
    })
    .await;
}

#[tokio::test]
async fn two_objects_share_a_config_map_and_each_keeps_its_entries() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("target").await;
    let _operator = Operator::of(cluster).watch(&namespace).flag(TARGET_KINDS).start().await;
    let apply = async |name: &str, data: Value, labels: Value| {
        let target = json!({"name": "shared", "manifest": config_map(), "creationPolicy": "CreateOrMerge", "template": {"metadata": {"labels": labels}}});
        namespace
            .apply(&bridged_secret(name, &json!({"refreshInterval": "10s", "data": data, "target": target})).to_string())
            .await;
    };
    apply("one", json!({"A": {"plain": "1"}, "A2": {"plain": "1"}}), json!({"of": "both", "one": "x"})).await;
    is_told(&namespace, "one", "Synced").await;
    apply("two", json!({"B": {"plain": "2"}}), json!({"of": "both"})).await;
    is_told(&namespace, "two", "Synced").await;
    let parameters = PatchParams { field_manager: Some("rival".to_owned()), ..PatchParams::default() };
    let edit = json!({"data": {"THEIRS": "kept", "A": "9"}});
    namespace.api::<ConfigMap>().patch("shared", &parameters, &Patch::Merge(&edit)).await.unwrap();
    holds(&namespace, "shared", &[("A", "1"), ("A2", "1"), ("B", "2"), ("THEIRS", "kept")]).await;

    apply("three", json!({"B": {"plain": "3"}}), json!({"of": "both"})).await;
    let told = message(&is_told(&namespace, "three", "TargetNotOwned").await);
    assert!(told.starts_with("entry data/B of ConfigMap shared is already set by BridgedSecret two"), "{told}");

    apply("one", json!({"A": {"plain": "1"}}), json!({"of": "both"})).await;
    let map = holds(&namespace, "shared", &[("A", "1"), ("B", "2"), ("THEIRS", "kept")]).await;
    assert_eq!((map.labels().get("of").map(String::as_str), map.labels().get("one")), (Some("both"), None));
    assert!(map.owner_references().is_empty());
}
