//! `SealedSecret` of `bitnami.com/v1alpha1` into a [`Plan`].
//!
//! Owns: which fields of that kind are understood, and what its annotations ask for. What is not understood is
//! refused by its path. Must never: open a value, or take from an annotation of the template what only one of the
//! object itself decides.

mod spec;

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{CreationPolicy, DEFAULT_REFRESH_INTERVAL, DeletionPolicy};
use sealbridge_api::{keys, labels};
use sealbridge_sealed_secrets::{Scope, ensure_is_sealed};

pub use spec::{SealedSecretSpec, Template, TemplateMetadata};

use crate::plan::{AbsentValue, DataTemplate, Entry, Plan, PlanError, Refresh, TargetPlan, Unowned, ensure_usable};

/// `apiVersion` of the kind.
pub const API_VERSION: &str = "bitnami.com/v1alpha1";
/// The kind.
pub const KIND: &str = "SealedSecret";

/// What annotations of the sealed-secrets controller begin with.
pub const MARKS: &str = "sealedsecrets.bitnami.com/";
/// Annotation on a live Secret: a SealedSecret of its name may take it over.
pub const MANAGED: &str = "sealedsecrets.bitnami.com/managed";
/// Annotation on a live Secret: entries, labels and annotations are added to it; its own stay.
pub const PATCH: &str = "sealedsecrets.bitnami.com/patch";
/// Annotation of the template: the Secret is not owned by the SealedSecret and outlives it.
pub const SKIP_OWNER_REFERENCES: &str = "sealedsecrets.bitnami.com/skip-set-owner-references";

/// Reads a SealedSecret's spec; `namespace`, `name` and `annotations` are the object's own.
///
/// # Errors
/// [`PlanError`] for the first thing that cannot be acted upon.
pub fn plan(
    namespace: &str,
    name: &str,
    annotations: &BTreeMap<String, String>,
    spec: &SealedSecretSpec,
) -> Result<Plan, PlanError> {
    if spec.data.is_some() {
        return Err(PlanError::Field {
            path: "spec.data",
            problem: "the form with one value for the whole Secret is not read; seal it again with kubeseal 0.6 or later",
        });
    }
    let template = spec.template.clone().unwrap_or_default();
    let label = Scope::of_annotations(|key| annotations.get(key).map(String::as_str)).label(namespace, name);
    let mut entries = BTreeMap::new();
    for (key, text) in spec.encrypted_data.iter().flatten() {
        if !keys::is_valid_data_key(key) {
            return Err(PlanError::KeyName { entries: "spec.encryptedData", key: key.clone() });
        }
        ensure_is_sealed(text).map_err(|problem| PlanError::SealedSecretValue { key: key.clone(), problem })?;
        entries.insert(key.clone(), Entry::SealedSecretValue { text: text.clone(), label: label.clone() });
    }
    Ok(Plan {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        refresh_interval: DEFAULT_REFRESH_INTERVAL,
        windows: None,
        refresh: Refresh::WithTheObject,
        entries,
        from: Vec::new(),
        target: plan_target(name, template)?,
        rollout: Vec::new(),
    })
}

/// Templates over the opened values, which stay beside what is made from them. A name that is not there is no value, as
/// for the other controller.
fn data_template(entries: BTreeMap<String, String>) -> Result<DataTemplate, PlanError> {
    ensure_usable("spec.template.data", &entries)?;
    Ok(DataTemplate { entries, further: Vec::new(), keeps_values: true, absent: AbsentValue::IsNoValue })
}

fn plan_target(name: &str, template: Template) -> Result<TargetPlan, PlanError> {
    let metadata = template.metadata.unwrap_or_default();
    if metadata.finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty()) {
        return Err(PlanError::Field {
            path: "spec.template.metadata.finalizers",
            problem: "a Secret with a finalizer could not be deleted by anybody here; remove it",
        });
    }
    let annotations = metadata.annotations.unwrap_or_default();
    let is_orphan = annotations.get(SKIP_OWNER_REFERENCES).is_some_and(|value| value == "true");
    Ok(TargetPlan {
        name: name.to_owned(),
        manifest: None,
        type_: template.type_.filter(|type_| !type_.is_empty()),
        creation_policy: if is_orphan { CreationPolicy::Orphan } else { CreationPolicy::Owner },
        deletion_policy: DeletionPolicy::Retain,
        immutable: template.immutable.unwrap_or_default(),
        labels: labels::permitted(metadata.labels.unwrap_or_default()),
        annotations: labels::permitted(annotations),
        template: data_template(template.data.unwrap_or_default())?,
        has_metadata_templates: false,
        adopt: None,
        unowned: Unowned::OpensItself,
    })
}

#[cfg(test)]
mod tests;
