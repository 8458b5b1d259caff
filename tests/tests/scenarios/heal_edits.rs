//! Every foreign edit of an owned Secret is healed once, what is not ours is left alone, and nothing loops.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use sealbridge_tests::{Cluster, Namespace, Operator, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, is_told, message};

/// How a Secret is edited.
enum Edit {
    /// A merge patch by this field manager.
    Patch(&'static str, Value),
    /// kubectl with these arguments before `-f -`, and a Secret with this data.
    Apply(&'static [&'static str], Value),
    /// A PUT of the whole object with this data.
    Replace(Value),
    /// Its deletion.
    Delete,
}

/// Each on a Secret of its own, since edits by one manager that follow each other quickly are a contest.
fn edits_to_heal() -> Vec<(&'static str, Edit)> {
    let marks = |marks: Value| Edit::Patch("kubectl-patch", json!({"metadata": marks}));
    let data = |data: Value| Edit::Patch("kubectl-patch", json!({"data": data}));
    vec![
        ("as-kubectl-edit", Edit::Patch("kubectl-edit", json!({"data": {"A": "OQ=="}}))),
        ("deleted-key", data(json!({"A": null}))),
        ("data-null", data(json!(null))),
        ("added-key", data(json!({"C": "OQ=="}))),
        ("string-data", Edit::Patch("kubectl-patch", json!({"stringData": {"A": "9"}}))),
        ("our-manager", Edit::Patch("sealbridge", json!({"data": {"A": "OQ=="}}))),
        ("no-label", marks(json!({"labels": {"sealbridge.dev/managed": null}}))),
        ("no-owner", marks(json!({"ownerReferences": null}))),
        ("no-digest", marks(json!({"annotations": {"sealbridge.dev/digest": null}}))),
        ("no-revision", marks(json!({"annotations": {"sealbridge.dev/revision": null}}))),
        ("client-side-apply", Edit::Apply(&["apply"], json!({"A": "OQ=="}))),
        ("server-side-apply", Edit::Apply(&["apply", "--server-side"], json!({"C": "OQ=="}))),
        ("forced-apply", Edit::Apply(&["apply", "--server-side", "--force-conflicts"], json!({"A": "OQ=="}))),
        ("replaced", Edit::Replace(json!({"A": "OQ=="}))),
        ("deleted", Edit::Delete),
    ]
}

fn edits_to_leave() -> Vec<(&'static str, Edit)> {
    vec![
        ("co-owner", Edit::Apply(&["apply", "--server-side", "--force-conflicts"], json!({"A": "MQ=="}))),
        ("managed-fields", Edit::Patch("kubectl-patch", json!({"metadata": {"managedFields": [{}]}}))),
        ("foreign-label", Edit::Patch("kubectl-patch", json!({"metadata": {"labels": {"team": "shop"}}}))),
    ]
}

async fn edit(namespace: &Namespace<'_>, name: &str, edit: Edit) {
    let secrets: Api<Secret> = namespace.api();
    match edit {
        Edit::Patch(manager, patch) => {
            let parameters = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
            secrets.patch(name, &parameters, &Patch::Merge(&patch)).await.unwrap();
        }
        Edit::Apply(arguments, data) => {
            let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data});
            let arguments = [&["--namespace", namespace.name()], arguments, &["-f", "-"]].concat();
            namespace.cluster().kubectl_with_input(&arguments, &secret.to_string()).await.ok();
        }
        Edit::Replace(data) => {
            let mut secret = secrets.get(name).await.unwrap();
            secret.data = serde_json::from_value(data).unwrap();
            secrets.replace(name, &PostParams::default(), &secret).await.unwrap();
        }
        Edit::Delete => drop(secrets.delete(name, &DeleteParams::default()).await.unwrap()),
    }
}

/// Whether the Secret has exactly the declared data and all our marks.
fn is_true(secret: &Secret) -> Result<(), String> {
    let wanted = [("A", "1"), ("B", "2")].map(|(key, value)| (key.to_owned(), ByteString(value.into())));
    if secret.data != Some(BTreeMap::from(wanted)) {
        return Err(format!("{:?}", secret.data));
    }
    let marks = ["sealbridge.dev/digest", "sealbridge.dev/revision", "sealbridge.dev/owner"];
    let marked = marks.iter().all(|mark| secret.annotations().contains_key(*mark));
    let managed = secret.labels().get("sealbridge.dev/managed").is_some_and(|value| value == "true");
    let owned = secret.owner_references().len() == 1;
    (marked && managed && owned).then_some(()).ok_or_else(|| format!("{:?}", secret.metadata))
}

fn revision(secret: &Secret) -> String {
    secret.annotations()["sealbridge.dev/revision"].clone()
}

/// Objects with two plain entries, and their Secrets.
async fn plain_objects(namespace: &Namespace<'_>, names: &[&str]) -> BTreeMap<String, Secret> {
    let spec = json!({"data": {"A": {"plain": "1"}, "B": {"plain": "2"}}});
    let objects: Vec<Value> = names.iter().map(|name| bridged_secret(name, &spec)).collect();
    namespace.apply(&documents(&objects)).await;
    let secrets: Api<Secret> = namespace.api();
    let mut made = BTreeMap::new();
    for name in names {
        is_told(namespace, name, "Synced").await;
        made.insert((*name).to_owned(), secrets.get(name).await.unwrap());
    }
    made
}

async fn is_healed(namespace: &Namespace<'_>, name: &str) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("{name} is healed"), async || {
        let secret = secrets.get(name).await.map_err(|error| error.to_string())?;
        is_true(&secret).map(|()| secret)
    })
    .await
}

#[tokio::test]
async fn each_foreign_edit_is_healed_once() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("heal").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    let names: Vec<&str> = edits_to_heal().iter().map(|(name, _)| *name).collect();
    let before = plain_objects(&namespace, &names).await;
    let mark = cluster.audit().mark();
    for (name, foreign) in edits_to_heal() {
        edit(&namespace, name, foreign).await;
    }
    for name in &names {
        let healed = is_healed(&namespace, name).await;
        assert_eq!(revision(&healed), revision(&before[*name]), "{name}: equal data restarts nothing");
        eventually(SOON, &format!("the status of {name} knows the healed Secret"), async || {
            let object = is_told(&namespace, name, "Synced").await;
            let known = object.status.and_then(|status| status.target).map(|target| target.resource_version);
            if known == healed.metadata.resource_version { Ok(()) } else { Err(format!("{known:?}")) }
        })
        .await;
    }
    // Without our label the Secret looks deleted, and its creation is refused before it is looked at.
    let writes = operator.requests_since(mark).await.of("secrets", &["create", "patch", "update", "delete"]);
    let writes = writes.filter(|request| request.code() < 300);
    for name in names.iter().filter(|name| **name != "deleted") {
        assert_eq!(writes.clone().named(name).count(), 1, "{name}: {writes:?}");
    }
    assert_eq!(writes.count(), names.len(), "one write for each edit");
}

#[tokio::test]
async fn what_is_not_ours_is_looked_at_and_left() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("leave").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    let names: Vec<&str> = edits_to_leave().iter().map(|(name, _)| *name).collect();
    plain_objects(&namespace, &names).await;
    let mark = cluster.audit().mark();
    for (name, foreign) in edits_to_leave() {
        edit(&namespace, name, foreign).await;
    }
    for name in &names {
        eventually(SOON, &format!("{name} was looked at"), async || {
            let looks = operator.requests_since(mark).await.of("secrets", &["get"]).named(name).count();
            (looks > 0).then_some(()).ok_or_else(|| "no look yet".to_owned())
        })
        .await;
    }
    let requests = operator.requests_since(mark).await;
    let writes = requests.clone().writes().in_namespace(namespace.name());
    assert_eq!(writes.count(), 0, "{writes:?}");
    assert_eq!(requests.of("secrets", &["get"]).in_namespace(namespace.name()).count(), names.len(), "one look for each edit");
}

#[tokio::test]
async fn a_secret_that_was_made_immutable_is_told_and_left() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("immutable").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    plain_objects(&namespace, &["app"]).await;
    edit(&namespace, "app", Edit::Patch("kubectl-patch", json!({"immutable": true}))).await;
    let told = message(&is_told(&namespace, "app", "TargetInvalid").await);
    assert!(told.contains("Secret app was made immutable") && told.contains("delete the Secret"), "{told}");

    edit(&namespace, "app", Edit::Delete).await;
    is_healed(&namespace, "app").await;
    is_told(&namespace, "app", "Synced").await;
}

#[tokio::test]
async fn a_fight_is_given_up_and_told() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("fight").await;
    let operator = Operator::of(cluster).watch(&namespace).start().await;
    plain_objects(&namespace, &["app"]).await;
    let mark = cluster.audit().mark();
    for round in 0..3 {
        edit(&namespace, "app", Edit::Patch("rival", json!({"data": {"A": "OQ=="}}))).await;
        if round < 2 {
            is_healed(&namespace, "app").await;
        }
    }
    let told = message(&is_told(&namespace, "app", "Contested").await);
    assert!(told.contains("data") && told.contains("rival"), "{told}");
    let writes = operator.requests_since(mark).await.of("secrets", &["patch"]).named("app").count();
    assert_eq!(writes, 2, "two heals, then the operator backs off");
}

#[tokio::test]
async fn a_secret_that_appears_meanwhile_is_not_overwritten() {
    const PAIRS: usize = 20;
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("race").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let secrets: Api<Secret> = namespace.api();
    let spec = json!({"data": {"A": {"plain": "1"}, "B": {"plain": "2"}}});
    let names: Vec<String> = (0..PAIRS).map(|number| format!("race-{number}")).collect();
    let objects: Vec<Value> = names.iter().map(|name| bridged_secret(name, &spec)).collect();
    let text = documents(&objects);
    let foreign = async {
        let mut made = Vec::new();
        for name in &names {
            let secret: Secret =
                serde_json::from_value(json!({"metadata": {"name": name}, "stringData": {"THEIRS": "kept"}})).unwrap();
            if secrets.create(&PostParams::default(), &secret).await.is_ok() {
                made.push(name.clone());
            }
        }
        made
    };
    let ((), foreign) = tokio::join!(namespace.apply(&text), foreign);
    for name in &names {
        if !foreign.contains(name) {
            is_told(&namespace, name, "Synced").await;
            continue;
        }
        let told = message(&is_told(&namespace, name, "TargetNotOwned").await);
        assert!(told.contains(name.as_str()) && told.contains("spec.target.adopt"), "{told}");
        let secret = secrets.get(name).await.unwrap();
        assert_eq!(secret.data.unwrap().into_keys().collect::<Vec<_>>(), ["THEIRS"]);
        assert_eq!(secret.metadata.labels, None);
    }
}
