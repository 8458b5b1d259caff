//! What runs in a cluster and takes values from Secrets.
//!
//! Owns: in which places a pod names a Secret, and who stands for a pod: the object that a person wrote, not what
//! a controller made of it. Must never: read a Secret.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use sealbridge_api::labels::ROLLOUT_PREFIX;
use serde_json::Value;

use super::Cluster;
use super::objects::listed;
use crate::error::Error;

/// A kind of which pods are made.
struct Kind {
    group: &'static str,
    name: &'static str,
    /// Where the pod stands in it: its metadata and its spec are below.
    pod: &'static str,
    /// An object that one of these controls is told by that one.
    controllers: &'static [&'static str],
}

const KINDS: [Kind; 7] = [
    Kind { group: "apps", name: "Deployment", pod: "/spec/template", controllers: &[] },
    Kind { group: "apps", name: "StatefulSet", pod: "/spec/template", controllers: &[] },
    Kind { group: "apps", name: "DaemonSet", pod: "/spec/template", controllers: &[] },
    Kind { group: "apps", name: "ReplicaSet", pod: "/spec/template", controllers: &["Deployment"] },
    Kind { group: "batch", name: "CronJob", pod: "/spec/jobTemplate/spec/template", controllers: &[] },
    Kind { group: "batch", name: "Job", pod: "/spec/template", controllers: &["CronJob"] },
    Kind { group: "", name: "Pod", pod: "", controllers: &["StatefulSet", "DaemonSet", "ReplicaSet", "Job"] },
];

/// Something that runs.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// Its kind.
    pub(crate) kind: &'static str,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it names Secrets, by the Secret's name: `env NAME`, `envFrom`, `volume NAME`, `imagePullSecrets`.
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// Revisions of Secrets that its pods were told.
    pub(crate) revisions: Vec<String>,
}

impl Workload {
    /// Where it names a Secret; nothing if it does not.
    pub(crate) fn uses(&self, secret: &str) -> Vec<String> {
        self.secrets.get(secret).into_iter().flatten().cloned().collect()
    }

    /// An object of a kind, for tests of what is made of it.
    #[cfg(test)]
    pub(crate) fn of_kind(kind: &str, object: DynamicObject) -> Option<Self> {
        KINDS.iter().find(|known| known.name == kind).and_then(|kind| Self::of(kind, object))
    }

    fn of(kind: &Kind, object: DynamicObject) -> Option<Self> {
        let owners = object.metadata.owner_references.unwrap_or_default();
        let controller = owners.into_iter().find(|owner| owner.controller == Some(true));
        if controller.is_some_and(|owner| kind.controllers.contains(&owner.kind.as_str())) {
            return None;
        }
        let template = object.data.pointer(kind.pod)?;
        let annotations = template.pointer("/metadata/annotations").and_then(Value::as_object);
        let told = annotations.into_iter().flatten().filter(|(name, _)| name.starts_with(ROLLOUT_PREFIX));
        Some(Self {
            kind: kind.name,
            namespace: object.metadata.namespace?,
            name: object.metadata.name?,
            secrets: secrets_of(template.get("spec")?),
            revisions: told.filter_map(|(_, revision)| revision.as_str().map(str::to_owned)).collect(),
        })
    }
}

/// What runs in a namespace, or in all, and the kinds that could not be listed.
pub(crate) async fn workloads(cluster: &Cluster, namespace: Option<&str>) -> (Vec<Workload>, Vec<Error>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(kind.group, "v1", kind.name));
        match listed(cluster, &resource, namespace).await {
            Ok(objects) => found.extend(objects.into_iter().filter_map(|object| Workload::of(&kind, object))),
            Err(error) => failures.push(error),
        }
    }
    (found, failures)
}

/// Every place in which a pod names a Secret.
fn secrets_of(pod: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |secret: Option<&Value>, place: String| {
        if let Some(secret) = secret.and_then(Value::as_str) {
            found.entry(secret.to_owned()).or_default().insert(place);
        }
    };
    for container in ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|field| items(pod, field)) {
        for variable in items(container, "env") {
            let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
            add(variable.pointer("/valueFrom/secretKeyRef/name"), format!("env {name}"));
        }
        items(container, "envFrom").for_each(|from| add(from.pointer("/secretRef/name"), "envFrom".to_owned()));
    }
    for volume in items(pod, "volumes") {
        let place = || format!("volume {}", volume.get("name").and_then(Value::as_str).unwrap_or_default());
        let sources = items(volume.get("projected").unwrap_or(&Value::Null), "sources");
        sources.for_each(|source| add(source.pointer("/secret/name"), place()));
        // Each kind of volume names its Secret, if it has one, in one of these fields.
        for source in volume.as_object().into_iter().flatten().map(|(_, source)| source) {
            for field in ["/secretName", "/secretRef/name", "/nodePublishSecretRef/name"] {
                add(source.pointer(field), place());
            }
        }
    }
    items(pod, "imagePullSecrets").for_each(|secret| add(secret.get("name"), "imagePullSecrets".to_owned()));
    found
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::variable(json!({"containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x", "key": "k"}}}]}]}), "env A")]
    #[case::of_an_init_container(
        json!({"initContainers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x"}}}]}]}),
        "env A"
    )]
    #[case::all_variables(json!({"containers": [{"envFrom": [{"configMapRef": {"name": "y"}}, {"secretRef": {"name": "x"}}]}]}), "envFrom")]
    #[case::volume(json!({"volumes": [{"name": "v", "secret": {"secretName": "x"}}]}), "volume v")]
    #[case::projected(json!({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "x"}}]}}]}), "volume v")]
    #[case::csi(json!({"volumes": [{"name": "v", "csi": {"nodePublishSecretRef": {"name": "x"}}}]}), "volume v")]
    #[case::other_driver(json!({"volumes": [{"name": "v", "cephfs": {"secretRef": {"name": "x"}}}]}), "volume v")]
    #[case::registry(json!({"imagePullSecrets": [{"name": "x"}]}), "imagePullSecrets")]
    fn places_that_name_a_secret(#[case] pod: Value, #[case] place: &str) {
        let found = secrets_of(&pod);
        assert_eq!(found, BTreeMap::from([("x".to_owned(), BTreeSet::from([place.to_owned()]))]));
    }

    #[test]
    fn what_a_controller_made_is_told_by_the_controller() {
        let pod = |owner: Value| {
            let object = json!({"metadata": {"name": "p", "namespace": "n", "ownerReferences": [owner]}, "spec": {}});
            Workload::of_kind("Pod", serde_json::from_value(object).expect("an object")).is_some()
        };
        let owner = |kind: &str| json!({"apiVersion": "v", "kind": kind, "name": "o", "uid": "u", "controller": true});
        assert!(!pod(owner("ReplicaSet")));
        assert!(pod(owner("SomebodysOwnKind")), "nothing else would tell of it");
    }
}
