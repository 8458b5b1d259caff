//! Runs cases: all of one kind of store in one namespace, by one operator, applied in one go. What is wrong comes back by
//! the name of the case, all of it. It must never stop at the first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use sealbridge_tests::{Cluster, Namespace, Operator, Seal, try_eventually};
use serde_json::{Value, json};

use super::case::{Case, Expect, Kind, Words};
use super::source::{Source, store};
use super::{judge, migrate};
use crate::stage::documents;

/// Kinds that may be written beside Secrets; of the last one there is no CRD.
const TARGET_KINDS: &str = "--target-kinds=ConfigMap,traefik.io/v1alpha1/Middleware,traefik.io/v1alpha1/Absent";
const API_VERSION: &str = "external-secrets.io/v1";
/// How long all objects together may take until each is told something.
const TOLD: Duration = Duration::from_mins(3);

/// What is wrong with one case.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) case: String,
    pub(crate) how: String,
}

/// Runs the cases, which all read a store of one kind; `patience` is how long their results may take after each object
/// was told something.
pub(crate) async fn run(kind: Kind, cases: &[Case], patience: Duration) -> Vec<Wrong> {
    let cases: Vec<&Case> = cases.iter().filter(|case| case.store == Some(kind)).collect();
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("conformance").await;
    crate::stage::other_kinds(cluster).await;
    let source = Source::new(kind, &namespace).await;
    let words = source.words(&namespace);
    source.fill(cases.iter().map(|case| (*case, &case.seed, case.also.as_slice())), &words).await;
    let mut stores = source.objects(&cases, &namespace);
    stores.extend(other_stores(namespace.name()));
    let _operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").flag(TARGET_KINDS).start().await;
    let before = cases.iter().flat_map(|case| case.objects.iter().map(|object| case.spelt_value(object, &words)));
    let objects: Vec<Value> = stores.iter().cloned().chain(before).collect();
    apply(&namespace, &objects).await;
    let declared: Vec<Value> = cases.iter().map(|case| object(case, &case.spec, None, &words)).collect();
    apply(&namespace, &declared).await;

    let mut now: BTreeMap<&str, (&Case, &Expect)> = cases.iter().map(|case| (case.name.as_str(), (*case, &case.expect))).collect();
    let mut wrong = judged(&namespace, &now, patience).await;
    wrong.extend(rendered(&source, &cases, &stores, &namespace).await);
    let last = cases.iter().map(|case| case.then.len()).max().unwrap_or_default();
    for step in 0..last {
        // A case that went wrong is not led further, which would only say so again.
        now.retain(|name, _| !wrong.iter().any(|wrong| wrong.case == *name));
        let led: Vec<&Case> = now.values().map(|(case, _)| *case).filter(|case| case.then.len() > step).collect();
        change(&namespace, &source, &led, step).await;
        for case in led {
            now.insert(&case.name, (case, &case.then[step].expect));
        }
        wrong.extend(judged(&namespace, &now, patience).await);
    }
    wrong
}

/// Stores that cases name beside their own: `second`, and one of the cluster called as the namespace.
fn other_stores(namespace: &str) -> [Value; 2] {
    let data =
        json!([{"key": "second/value", "value": "of the second"}, {"key": "second/object", "value": r#"{"one":"1","two":"2"}"#}]);
    let mut of_cluster = store(namespace, &json!({"fake": {"data": [{"key": "cluster/value", "value": "of the cluster"}]}}));
    of_cluster["kind"] = json!("ClusterSecretStore");
    of_cluster["spec"]["conditions"] = json!([{"namespaces": [namespace]}]);
    [store("second", &json!({"fake": {"data": data}})), of_cluster]
}

/// The object of a case. `step` is what its refresh is asked for by.
fn object(case: &Case, spec: &Value, step: Option<usize>, words: &Words) -> Value {
    let mut spec = case.spelt_value(spec, words);
    if spec.get("secretStoreRef").is_none() {
        spec["secretStoreRef"] = json!({"name": "store", "kind": "SecretStore"});
    } else if spec["secretStoreRef"].is_null() {
        spec.as_object_mut().unwrap().remove("secretStoreRef");
    }
    let mut annotations = case.metadata.annotations.clone();
    annotations.extend(step.map(|step| ("force-sync".to_owned(), step.to_string())));
    let metadata = json!({"name": case.name, "labels": case.metadata.labels, "annotations": annotations});
    json!({"apiVersion": API_VERSION, "kind": "ExternalSecret", "metadata": metadata, "spec": spec})
}

async fn apply(namespace: &Namespace<'_>, objects: &[Value]) {
    if !objects.is_empty() {
        // What the schema does not know comes through, to be refused by the operator.
        let apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=tests", "--validate=ignore", "-f", "-"];
        namespace.kubectl_with_input(&apply, &documents(objects)).await.ok();
    }
}

async fn change(namespace: &Namespace<'_>, source: &Source, cases: &[&Case], step: usize) {
    let words = source.words(namespace);
    source.fill(cases.iter().map(|case| (*case, &case.then[step].seed, case.then[step].also.as_slice())), &words).await;
    let mut objects = Vec::new();
    for case in cases {
        let change = &case.then[step];
        let is_read_again = !change.seed.is_empty() || !change.also.is_empty();
        if change.spec.is_some() || is_read_again {
            let before = case.then[..step].iter().rev().find_map(|step| step.spec.as_ref()).unwrap_or(&case.spec);
            let spec = change.spec.as_ref().unwrap_or(before);
            objects.push(object(case, spec, is_read_again.then_some(step), &words));
        }
        let targets = targets(namespace, case.target_kind());
        if let Some(patch) = &change.secret {
            targets.patch(case.secret_name(), &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
        }
        if change.delete_secret {
            targets.delete(case.secret_name(), &DeleteParams::default()).await.unwrap();
        }
    }
    apply(namespace, &objects).await;
}

/// Objects of the kind that a case writes.
fn targets(namespace: &Namespace<'_>, (api_version, kind): (&str, &str)) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

/// What stands there of all kinds that cases write beside Secrets, by kind and name.
async fn others(
    namespace: &Namespace<'_>,
    now: &BTreeMap<&str, (&Case, &Expect)>,
) -> Result<BTreeMap<(String, String), DynamicObject>, String> {
    let kinds: BTreeSet<(&str, &str)> =
        now.values().filter(|(case, _)| case.has_manifest()).map(|(case, _)| case.target_kind()).collect();
    let mut all = BTreeMap::new();
    for (api_version, kind) in kinds {
        // Of a kind that is not there nothing is.
        let Ok(list) = targets(namespace, (api_version, kind)).list(&ListParams::default()).await else { continue };
        all.extend(list.items.into_iter().map(|object| ((kind.to_owned(), object.name_any()), object)));
    }
    Ok(all)
}

/// Waits until all is as expected, and answers what is not.
async fn judged(namespace: &Namespace<'_>, now: &BTreeMap<&str, (&Case, &Expect)>, patience: Duration) -> Vec<Wrong> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("external-secrets.io", "v1", "ExternalSecret"));
    let objects: Api<DynamicObject> = Api::namespaced_with(namespace.client(), namespace.name(), &resource);
    let secrets = namespace.api::<Secret>();
    // What is never told is among what is wrong below.
    let _told = try_eventually(TOLD, "each object is told something", async || {
        let objects = objects.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let waits = |object: &&DynamicObject| now.get(object.name_any().as_str()).is_some_and(|(_, expect)| !expect.untouched);
        let untold = objects.items.iter().filter(waits).filter(|object| !is_told(object)).count();
        if untold == 0 { Ok(()) } else { Err(format!("{untold} are not")) }
    })
    .await;
    let mut wrong = Vec::new();
    let _held = try_eventually(patience, "all cases hold", async || {
        let objects = objects.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let secrets = secrets.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let objects: BTreeMap<_, _> = objects.items.iter().map(|object| (object.name_any(), object)).collect();
        let secrets: BTreeMap<_, _> = secrets.items.iter().map(|secret| (secret.name_any(), secret)).collect();
        let others = others(namespace, now).await?;
        wrong.clear();
        for (name, (case, expect)) in now {
            let secret = secrets.get(case.judged_name(expect)).copied();
            let object = objects.get(*name).copied();
            let (_, target) = case.target_kind();
            let mut differences = if case.has_manifest() {
                judge::of_other(expect, others.get(&(target.to_owned(), case.judged_name(expect).to_owned())), object)
            } else {
                judge::differences(expect, secret, object)
            };
            let is_there = |name: &String| secrets.contains_key(name) || others.contains_key(&(target.to_owned(), name.clone()));
            if let Some(gone) = expect.gone.as_ref().filter(|gone| is_there(gone)) {
                differences.push(format!("the Secret {gone} was to be gone; it is there"));
            }
            if !expect.untouched && !object.is_some_and(is_told) {
                differences.push("the object as it stands is told nothing".to_owned());
            }
            if !differences.is_empty() {
                wrong.push(Wrong { case: (*name).to_owned(), how: differences.join("\n    ") });
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(String::new()) }
    })
    .await;
    wrong
}

fn is_told(object: &DynamicObject) -> bool {
    let synced = object.data["status"]["syncedResourceVersion"].as_str().unwrap_or_default();
    synced.starts_with(&format!("{}-", object.metadata.generation.unwrap_or_default()))
}

/// Renders what only reads, all of it at once, and answers what comes out otherwise than expected.
async fn rendered(source: &Source, cases: &[&Case], stores: &[Value], namespace: &Namespace<'_>) -> Vec<Wrong> {
    let Some(environment) = source.environment() else { return Vec::new() };
    let words = source.words(namespace);
    let cases: Vec<&&Case> = cases.iter().filter(|case| case.only_reads()).collect();
    let seal = environment.into_iter().fold(Seal::new(), |seal, (name, value)| seal.env(name, value));
    let stores: Vec<Value> = stores.iter().filter(|object| object["kind"] != "Secret").cloned().collect();
    seal.write("stores.yaml", &documents(&stores));
    for case in &cases {
        let mut objects: Vec<Value> = case.objects.iter().map(|object| case.spelt_value(object, &words)).collect();
        objects.push(object(case, &case.spec, None, &words));
        seal.write(&format!("{}.yaml", case.name), &documents(&objects));
    }
    let render = ["render", ".", "--reveal", "--quiet", "--stores", "live", "-n", namespace.name()];
    let told = seal.run(&render).await;
    let secrets = by_name(&told.stdout);
    if secrets.is_empty() && !cases.is_empty() {
        return vec![Wrong { case: "all".to_owned(), how: format!("rendered: nothing; {}", told.stderr) }];
    }
    let wrong = cases.iter().filter_map(|case| {
        let differences = match secrets.get(case.secret_name()) {
            Some(secret) if secret["kind"] == "Secret" => {
                judge::of_secret(&case.expect, &serde_json::from_value(secret.clone()).unwrap())
            }
            Some(other) => judge::of_content(&case.expect, other),
            None => vec![format!("nothing; all that was told: {}", told.stderr)],
        };
        let how = format!("rendered: {}", differences.join("\n    "));
        (!differences.is_empty()).then(|| Wrong { case: case.name.clone(), how })
    });
    wrong.chain(migrate::migrated(&seal, &cases, &secrets, namespace).await).collect()
}

/// What was rendered, by name.
pub(crate) fn by_name(rendered: &[u8]) -> BTreeMap<String, Value> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(&String::from_utf8_lossy(rendered)).unwrap();
    objects.into_iter().map(|object| (object["metadata"]["name"].as_str().unwrap_or_default().to_owned(), object)).collect()
}
