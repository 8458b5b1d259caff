//! The operator's rights as `deploy/` grants them, moved to a namespace of the test's own so that operators on
//! one cluster do not share a lease. It must never grant anything that `deploy/` does not.

use std::fs;
use std::path::Path;

use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// Folders that together are what the cluster-wide installation with all dialects, and with other kinds as targets,
/// applies.
const FOLDERS: &[&str] = &[
    "deploy/base",
    "deploy/overlays/cluster-wide",
    "deploy/dialects/sealed-secrets",
    "deploy/dialects/external-secrets",
    "deploy/target-kinds",
];

/// Kinds that make up the identity and its rights.
const KINDS: &[&str] = &["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];

pub(super) async fn apply(cluster: &Cluster, namespace: &str) {
    let mut items = Vec::new();
    for folder in FOLDERS {
        items.extend(documents(&workspace_root().join(folder)));
    }
    items.retain(|item| KINDS.contains(&kind(item)));
    assert!(!items.is_empty(), "no RBAC in {FOLDERS:?}");
    for item in &mut items {
        settle_in(item, namespace);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    cluster.apply(&list.to_string()).await;
}

/// Every document of the YAML files of a folder.
fn documents(folder: &Path) -> Vec<Value> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .flat_map(|path| {
            let text = fs::read_to_string(&path).expect("readable");
            serde_saphyr::from_multiple::<Value>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect()
}

fn settle_in(item: &mut Value, namespace: &str) {
    let kind = kind(item).to_owned();
    if kind == "ClusterRoleBinding" {
        // Bindings of several operators stand side by side; the roles that they bind are the same.
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        item["metadata"]["name"] = json!(format!("{name}-{namespace}"));
    } else if kind != "ClusterRole" {
        item["metadata"]["namespace"] = json!(namespace);
    }
    for subject in item.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        if subject["kind"] == "ServiceAccount" {
            subject["namespace"] = json!(namespace);
        }
    }
}

fn kind(item: &Value) -> &str {
    item["kind"].as_str().unwrap_or_default()
}
