//! Whether what is there is what a case expects, in words. It must never read the cluster itself.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::DynamicObject;
use serde_json::Value;

use super::case::Expect;

/// Labels and annotations that tell nothing of the case: who manages the Secret, and the runner's own request.
const BOOKKEEPING: [&str; 3] = ["sealbridge.dev/", "reconcile.external-secrets.io/", "force-sync"];

/// The label of every Secret that is made for an ExternalSecret, and that of one that it owns.
const MANAGED: &str = "reconcile.external-secrets.io/managed";
const CREATED_BY: &str = "reconcile.external-secrets.io/created-by";

/// What differs from the expectation at the object and its Secret.
pub(crate) fn differences(expect: &Expect, secret: Option<&Secret>, object: Option<&DynamicObject>) -> Vec<String> {
    let status = object.and_then(|object| object.data.get("status"));
    let marks = Marks {
        owners: secret.and_then(|secret| secret.metadata.owner_references.as_ref()),
        labels: secret.and_then(|secret| secret.metadata.labels.as_ref()),
    };
    if expect.untouched {
        let is_touched = secret.is_some() || status.is_some();
        return if is_touched { vec![format!("it was to be left alone; found {secret:?} and {status:?}")] } else { Vec::new() };
    }
    let mut differences = told(expect, status, "Secret");
    let must_be_absent = expect.absent || expect.fails.is_some() && expect.data.is_none();
    match secret {
        Some(secret) if must_be_absent => differences.push(format!("expected no Secret; found one with {:?}", shown(secret))),
        None if expect.data.is_some() => differences.push("expected a Secret; found none".to_owned()),
        Some(secret) => differences.extend(of_secret(expect, secret)),
        None => {}
    }
    if let (Some(wanted), Some(_)) = (expect.owned, secret) {
        differences.extend(marks.differences(wanted));
    }
    differences
}

/// What differs where something else than a Secret is written.
pub(crate) fn of_other(expect: &Expect, other: Option<&DynamicObject>, object: Option<&DynamicObject>) -> Vec<String> {
    let mut differences = told(expect, object.and_then(|object| object.data.get("status")), "Resource");
    let Some(other) = other else {
        if expect.content.is_some() {
            differences.push("expected an object; found none".to_owned());
        }
        return differences;
    };
    if expect.absent || expect.fails.is_some() && expect.content.is_none() {
        differences.push(format!("expected no object; found one with {}", other.data));
    }
    differences.extend(of_content(expect, &serde_json::to_value(other).unwrap()));
    if let Some(wanted) = expect.owned {
        let marks = Marks { owners: other.metadata.owner_references.as_ref(), labels: other.metadata.labels.as_ref() };
        differences.extend(marks.differences(wanted));
    }
    differences
}

/// What differs at such an object alone, which may be one that is only rendered.
pub(crate) fn of_content(expect: &Expect, other: &Value) -> Vec<String> {
    let mut content = other.clone();
    content.as_object_mut().unwrap().retain(|field, _| !["apiVersion", "kind", "metadata", "status"].contains(&field.as_str()));
    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: String, found: String| {
        if expected != found {
            differences.push(format!("{what}: expected {expected}; found {found}"));
        }
    };
    if let Some(wanted) = &expect.content {
        compare("content", wanted.to_string(), content.to_string());
    }
    for (field, wanted) in [("labels", &expect.labels), ("annotations", &expect.annotations)] {
        if let Some(wanted) = wanted {
            let found: Option<BTreeMap<String, String>> = serde_json::from_value(other["metadata"][field].clone()).unwrap();
            compare(field, format!("{wanted:?}"), format!("{:?}", asked(found.as_ref())));
        }
    }
    differences
}

/// What differs at the condition. `what` begins its reasons.
fn told(expect: &Expect, status: Option<&Value>, what: &str) -> Vec<String> {
    let (synced, failed) = (format!("{what}Synced"), format!("{what}SyncedError"));
    let (wanted, reason, words) = match (&expect.fails, &expect.ready) {
        (Some(words), _) => ("False", failed.as_str(), words.as_str()),
        (None, Some(ready)) => (ready.status.as_str(), ready.reason.as_str(), ready.message.as_str()),
        (None, None) => ("True", synced.as_str(), ""),
    };
    let ready = status.map_or(&Value::Null, |status| &status["conditions"][0]);
    let message = ready["message"].as_str().unwrap_or_default();
    if ready["status"] == wanted && ready["reason"] == reason && message.contains(words) {
        return Vec::new();
    }
    let found = format!("{}, {}: {message}", ready["status"], ready["reason"]);
    vec![format!("Ready: expected {wanted}, {reason}: …{words}…; found {found}")]
}

/// What tells whose an object is.
struct Marks<'a> {
    owners: Option<&'a Vec<OwnerReference>>,
    labels: Option<&'a BTreeMap<String, String>>,
}

impl Marks<'_> {
    fn differences(&self, wanted: bool) -> Vec<String> {
        let mut differences = Vec::new();
        let found = self.owners.into_iter().flatten().any(|owner| owner.kind == "ExternalSecret" && owner.controller == Some(true));
        if found != wanted {
            differences.push(format!("owned: expected {wanted}; found {found}"));
        }
        let has = |label: &str| self.labels.and_then(|labels| labels.get(label));
        if has(MANAGED).map(String::as_str) != Some("true") || has(CREATED_BY).is_some() != wanted {
            differences.push(format!("labels of who manages it: found {:?}", self.labels));
        }
        differences
    }
}

/// What differs at the Secret alone, which may be one that is only rendered.
pub(crate) fn of_secret(expect: &Expect, secret: &Secret) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: String, found: String| {
        if expected != found {
            differences.push(format!("{what}: expected {expected}; found {found}"));
        }
    };
    if let Some(data) = &expect.data {
        compare("data", format!("{:?}", normal(data)), format!("{:?}", shown(secret)));
    }
    if let Some(labels) = &expect.labels {
        compare("labels", format!("{labels:?}"), format!("{:?}", asked(secret.metadata.labels.as_ref())));
    }
    if let Some(annotations) = &expect.annotations {
        compare("annotations", format!("{annotations:?}"), format!("{:?}", asked(secret.metadata.annotations.as_ref())));
    }
    if let Some(type_) = &expect.type_ {
        compare("type", type_.clone(), secret.type_.clone().unwrap_or_default());
    }
    if let Some(immutable) = expect.immutable {
        compare("immutable", immutable.to_string(), secret.immutable.unwrap_or_default().to_string());
    }
    differences
}

fn asked(pairs: Option<&BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter().flatten();
    let asked = pairs.filter(|(name, _)| !BOOKKEEPING.iter().any(|prefix| name.starts_with(prefix)));
    asked.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Expected entries, with texts that are no bytes written as texts.
fn normal(data: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let one = |value: &String| match value.strip_prefix("base64:") {
        Some(bytes) => printed(&BASE64_STANDARD.decode(bytes).unwrap()),
        None => value.clone(),
    };
    data.iter().map(|(key, value)| (key.clone(), one(value))).collect()
}

fn shown(secret: &Secret) -> BTreeMap<String, String> {
    secret.data.iter().flatten().map(|(key, value)| (key.clone(), printed(&value.0))).collect()
}

fn printed(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| format!("base64:{}", BASE64_STANDARD.encode(bytes)))
}
