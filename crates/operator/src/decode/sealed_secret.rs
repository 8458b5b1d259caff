//! What a SealedSecret declares, and what its status says in the terms of the native kind.
//!
//! Must never: take the status of another controller for one of ours.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use sealbridge_api::{BridgedSecretStatus, labels};
use sealbridge_manifest::{Plan, sealed_secrets};
use sealbridge_sealed_secrets::{CLUSTER_WIDE, NAMESPACE_WIDE};
use serde::Deserialize;

use super::foreign_condition::ForeignCondition;
use super::{SpecError, decoded_strictly};
use crate::identity::ObjectId;
use crate::status;

/// Annotations that decide what the object means; a change of them changes no generation.
pub(super) const MEANINGFUL_ANNOTATIONS: &[&str] = &[labels::ADOPT, NAMESPACE_WIDE, CLUSTER_WIDE];

pub(super) fn plan(id: &ObjectId, annotations: Option<&BTreeMap<String, String>>, spec: &str) -> Result<Plan, SpecError> {
    let spec: sealed_secrets::SealedSecretSpec = decoded_strictly(spec, "sealedsecret")?;
    let none = BTreeMap::new();
    Ok(sealed_secrets::plan(&id.namespace, &id.name, annotations.unwrap_or(&none), &spec)?)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    observed_generation: Option<i64>,
    conditions: Vec<ForeignCondition>,
}

/// Its condition `Synced` stands for `Ready`.
pub(super) fn status(text: Option<&str>) -> BridgedSecretStatus {
    let status: Status = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let synced = status.conditions.into_iter().find(|condition| condition.type_ == status::SYNCED);
    let ready = synced.map(|synced| synced.into_ready(status.observed_generation));
    BridgedSecretStatus {
        observed_generation: status.observed_generation,
        conditions: ready.into_iter().collect(),
        ..BridgedSecretStatus::default()
    }
}

/// Whether the last write of the status was somebody else's. Each controller's writes are kept apart by name, and
/// the sealed-secrets controller uses another name than ours.
pub(super) fn is_answered_by_another(managers: &[ManagedFieldsEntry]) -> bool {
    let of_status = managers.iter().filter(|entry| entry.subresource.as_deref() == Some("status"));
    let last =
        of_status.max_by_key(|entry| (entry.time.as_ref().map(|time| time.0), entry.manager.as_deref() != Some(status::MANAGER)));
    last.is_some_and(|entry| entry.manager.as_deref() != Some(status::MANAGER))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::super::object;
    use super::*;
    use crate::identity::Kind;

    fn entry(manager: &str, subresource: Option<&str>, second: i64) -> ManagedFieldsEntry {
        ManagedFieldsEntry {
            manager: Some(manager.to_owned()),
            subresource: subresource.map(str::to_owned),
            time: Some(Time(jiff::Timestamp::from_second(second).unwrap())),
            ..ManagedFieldsEntry::default()
        }
    }

    #[rstest]
    #[case::nobody(vec![], false)]
    #[case::who_applied_it(vec![entry("kubectl", None, 9)], false)]
    #[case::another(vec![entry("controller", Some("status"), 1)], true)]
    #[case::ours_after_it(vec![entry("controller", Some("status"), 1), entry("sealbridge", Some("status"), 2)], false)]
    #[case::another_after_ours(vec![entry("sealbridge", Some("status"), 1), entry("controller", Some("status"), 2)], true)]
    #[case::in_one_second(vec![entry("sealbridge", Some("status"), 1), entry("controller", Some("status"), 1)], true)]
    fn the_last_to_answer(#[case] managers: Vec<ManagedFieldsEntry>, #[case] another: bool) {
        assert_eq!(is_answered_by_another(&managers), another);
    }

    #[test]
    fn synced_stands_for_ready() {
        let text = r#"{"metadata":{"name":"a","namespace":"n","generation":3},"spec":{"encryptedData":{}},"status":{
            "observedGeneration":3,"conditions":[{"type":"Synced","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"#;
        let loaded = object(Kind::SealedSecret, text).unwrap();
        assert!(crate::status::is_ready(&loaded.status) && loaded.plan.is_ok());
        assert_eq!(loaded.status.observed_generation, Some(3));
    }

    #[test]
    fn a_misspelt_field_is_named_by_its_path() {
        let text = r#"{"metadata":{"name":"a","namespace":"n"},"spec":{"encryptedDatas":{"K":"canary"}}}"#;
        let error = object(Kind::SealedSecret, text).unwrap().plan.unwrap_err().to_string();
        assert!(error.starts_with("spec.encryptedDatas is unknown") && !error.contains("canary"), "{error}");
    }
}
