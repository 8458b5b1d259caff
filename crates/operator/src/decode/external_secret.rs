//! What an ExternalSecret declares, and what its status says in the terms of the native kind.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealbridge_api::bridged_secret::TargetStatus;
use sealbridge_api::{BridgedSecretStatus, ConditionType, Reason};
use sealbridge_manifest::{Plan, StoreName, external_secrets};
use serde::Deserialize;

use super::foreign_condition::ForeignCondition;
use super::{SpecError, decoded_strictly};
use crate::identity::ObjectId;

pub(super) fn plan(id: &ObjectId, metadata: &ObjectMeta, spec: &str) -> Result<Plan, SpecError> {
    let spec: external_secrets::ExternalSecretSpec = decoded_strictly(spec, "externalsecret")?;
    let none = BTreeMap::new();
    let around = external_secrets::Around {
        namespace: &id.namespace,
        name: &id.name,
        labels: metadata.labels.as_ref().unwrap_or(&none),
        annotations: metadata.annotations.as_ref().unwrap_or(&none),
    };
    Ok(external_secrets::plan(around, &spec)?)
}

pub(super) fn stores(spec: &str) -> Vec<StoreName> {
    serde_json::from_str(spec).map(|spec| external_secrets::named_stores(&spec)).unwrap_or_default()
}

/// Whether `spec.target.manifest` says anything.
pub(super) fn has_other_target(spec: &str) -> bool {
    let spec: serde_json::Value = serde_json::from_str(spec).unwrap_or_default();
    spec.pointer("/target/manifest").is_some_and(|manifest| !manifest.is_null())
}

/// A text that changes with the labels and annotations.
pub(super) fn metadata_hash(metadata: &ObjectMeta) -> String {
    let none = BTreeMap::new();
    let (labels, annotations) = (metadata.labels.as_ref(), metadata.annotations.as_ref());
    external_secrets::metadata_hash(labels.unwrap_or(&none), annotations.unwrap_or(&none))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    synced_resource_version: String,
    binding: Binding,
    conditions: Vec<ForeignCondition>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Binding {
    name: String,
}

/// The class in the terms of the native kind; after the words of the other controller a failure says it.
fn native_reason(ready: &ForeignCondition) -> String {
    match ready.reason.as_str() {
        "SecretSynced" | "ResourceSynced" => Reason::Synced.as_str().to_owned(),
        "ResourceMissing" => Reason::SecretMissing.as_str().to_owned(),
        "ResourceDeleted" => Reason::SecretDeleted.as_str().to_owned(),
        "SecretSyncedError" | "ResourceSyncedError" => ready.message.split(": ").nth(1).unwrap_or_default().to_owned(),
        other => other.to_owned(),
    }
}

/// What was synced last is `<generation>-<hash of labels and annotations>`.
pub(super) fn status(text: Option<&str>) -> BridgedSecretStatus {
    let status: Status = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let generation = status.synced_resource_version.split_once('-').and_then(|(generation, _)| generation.parse().ok());
    let ready = status.conditions.into_iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    let ready = ready.map(|ready| ForeignCondition { reason: native_reason(&ready), ..ready }.into_ready(generation));
    let name = Some(status.binding.name).filter(|name| !name.is_empty());
    BridgedSecretStatus {
        target: name.map(|name| TargetStatus { name, uid: String::new(), resource_version: String::new() }),
        observed_generation: generation,
        last_handled_refresh: status.synced_resource_version.split_once('-').map(|(_, hash)| hash.to_owned()),
        conditions: ready.into_iter().collect(),
        ..BridgedSecretStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::object;
    use crate::identity::Kind;

    #[test]
    fn the_status_is_read_as_the_other_controller_writes_it() {
        let text = r#"{"metadata":{"name":"a","namespace":"n","generation":3},"spec":{"data":[]},"status":{
            "syncedResourceVersion":"3-abc","refreshTime":"2026-01-01T00:00:00Z","binding":{"name":"a"},
            "conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"#;
        let loaded = object(Kind::ExternalSecret, text).unwrap();
        assert!(crate::status::is_ready(&loaded.status));
        assert_eq!(loaded.status.observed_generation, Some(3));
        assert_eq!(loaded.status.last_handled_refresh.as_deref(), Some("abc"));
    }

    #[test]
    fn a_misspelt_field_is_named_by_its_path_and_stores_are_known_all_the_same() {
        let text = r#"{"metadata":{"name":"a","namespace":"n"},"spec":{"secretStoreRef":{"name":"vault"},
            "data":[{"secretKey":"K","remoteReff":{"key":"canary"}}]}}"#;
        let loaded = object(Kind::ExternalSecret, text).unwrap();
        let error = loaded.plan.unwrap_err().to_string();
        assert!(error.starts_with("spec.data[0].remoteReff is unknown") && !error.contains("canary"), "{error}");
        assert_eq!(loaded.stores.len(), 1);
    }
}
