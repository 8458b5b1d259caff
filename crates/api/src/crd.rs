//! The CustomResourceDefinitions as they are applied.
//!
//! Owns: what the generated schemas lack: bounds on embedded Kubernetes types, annotations against pruning,
//! the default of `status`. Must never: add a default under `spec`.

mod lean;

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

use crate::{BridgedSecret, ClusterBridgedSecret, ClusterSecretStore, PushSecret, SealingKey, SecretStore};

/// Deleting a CRD deletes every object of its kind, and with the BridgedSecrets every Secret that they own.
/// These annotations make Argo CD, Flux and Helm leave the CRDs alone when they are taken out of Git or when
/// the application that brought them is deleted.
const KEEP: [(&str, &str); 3] = [
    ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];
const LABELS: [(&str, &str); 1] = [("app.kubernetes.io/part-of", "sealbridge")];

/// The native kinds, in the order in which people meet them.
#[must_use]
pub fn all() -> Vec<CustomResourceDefinition> {
    [
        BridgedSecret::crd(),
        ClusterBridgedSecret::crd(),
        PushSecret::crd(),
        SecretStore::crd(),
        ClusterSecretStore::crd(),
        SealingKey::crd(),
    ]
    .map(finish)
    .into()
}

fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    crd.metadata.annotations = Some(pairs(&KEEP));
    crd.metadata.labels = Some(pairs(&LABELS));
    for version in &mut crd.spec.versions {
        if let Some(root) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            lean::root(root);
        }
    }
    crd
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Bytes of one CRD that still fit an annotation of client-side apply with room for others.
    const MAX_CRD_BYTES: usize = 200 * 1024;

    fn schemas() -> Vec<(String, Value)> {
        all()
            .into_iter()
            .map(|crd| {
                let name = crd.spec.names.kind.clone();
                let crd = serde_json::to_value(crd).unwrap();
                (name, crd.pointer("/spec/versions/0/schema/openAPIV3Schema").unwrap().clone())
            })
            .collect()
    }

    fn visit(value: &Value, path: &str, see: &mut dyn FnMut(&str, &Value)) {
        see(path, value);
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| visit(value, &format!("{path}/{key}"), see)),
            Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| visit(value, &format!("{path}/{at}"), see)),
            _ => {}
        }
    }

    #[test]
    fn no_default_under_spec() {
        for (kind, schema) in schemas() {
            visit(schema.pointer("/properties/spec").unwrap(), &kind, &mut |path, value| {
                // Under `properties` it is the name of a field.
                let has_default = !path.ends_with("/properties") && value.get("default").is_some();
                assert!(!has_default, "{path} has a default, which GitOps tools report as drift");
            });
        }
    }

    #[test]
    fn nothing_is_nullable() {
        for (kind, schema) in schemas() {
            visit(&schema, &kind, &mut |path, value| {
                assert!(value.get("nullable").is_none(), "{path} keeps a null, so that `remoteRef: null` would not remove");
            });
        }
    }

    #[test]
    fn every_map_and_list_under_spec_is_bounded() {
        for (kind, schema) in schemas() {
            visit(schema.pointer("/properties/spec").unwrap(), &kind, &mut |path, value| {
                // Under `properties` it is the name of a field.
                let is_list = !path.ends_with("/properties") && value.get("items").is_some();
                assert!(!is_list || value.get("maxItems").is_some(), "{path} is an unbounded list");
                let is_map = value.get("additionalProperties").is_some();
                assert!(!is_map || value.get("maxProperties").is_some(), "{path} is an unbounded map");
            });
        }
    }

    #[test]
    fn small_enough_for_client_side_apply() {
        for crd in all() {
            let bytes = serde_json::to_vec(&crd).unwrap().len();
            assert!(bytes < MAX_CRD_BYTES, "{} has {bytes} bytes", crd.spec.names.kind);
        }
    }

    #[test]
    fn every_kind_reports_its_generation() {
        for (kind, schema) in schemas() {
            let default = schema.pointer("/properties/status/default/observedGeneration").and_then(Value::as_i64);
            assert_eq!(default, Some(-1), "{kind} looks ready to kstatus before anybody saw it");
        }
    }

    #[test]
    fn kept_by_every_gitops_tool() {
        for crd in all() {
            let annotations = crd.metadata.annotations.unwrap();
            assert_eq!(annotations.len(), KEEP.len());
            assert_eq!(annotations["argocd.argoproj.io/sync-options"], "Prune=false,Delete=false");
            assert_eq!(annotations["kustomize.toolkit.fluxcd.io/prune"], "disabled");
            assert_eq!(annotations["helm.sh/resource-policy"], "keep");
        }
    }
}
