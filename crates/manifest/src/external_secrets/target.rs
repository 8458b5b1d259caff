//! `spec.target` of an `ExternalSecret`.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{CreationPolicy, DeletionPolicy, MergePolicy};
use sealbridge_api::labels;
use sha3::{Digest as _, Sha3_224};

use super::spec::{self, Target, Template, TemplateFrom};
use super::{Around, wrong};
use crate::plan::{
    AbsentValue, DataTemplate, Further, FurtherText, PlanError, TargetKind, TargetPlan, TemplateInputKind, Unowned,
    ensure_fits_kind, ensure_steady, ensure_usable, further_target, in_object, judge_steady_template, judge_template,
};

const TEMPLATE_FROM: &str = "spec.target.template.templateFrom";
const NO_NAME: &str = "an object and an entry of it are named by what Kubernetes accepts as names";
/// Label of every Secret that is written for an ExternalSecret.
const MANAGED: &str = "reconcile.external-secrets.io/managed";
/// Label of a Secret that an ExternalSecret owns: the SHA3-224 of `<namespace>/<name>` of the object, in hex.
const CREATED_BY: &str = "reconcile.external-secrets.io/created-by";

/// The Secret.
pub(super) fn plan(around: Around<'_>, target: Option<&Target>) -> Result<TargetPlan, PlanError> {
    let target = target.cloned().unwrap_or_default();
    let manifest = target.manifest.as_ref().map(|manifest| TargetKind::read(&manifest.api_version, &manifest.kind)).transpose()?;
    let creation_policy = match target.creation_policy.unwrap_or_default() {
        spec::CreationPolicy::Owner => CreationPolicy::Owner,
        spec::CreationPolicy::Orphan => CreationPolicy::Orphan,
        spec::CreationPolicy::Merge => CreationPolicy::Merge,
        spec::CreationPolicy::CreateOrMerge => CreationPolicy::CreateOrMerge,
        spec::CreationPolicy::None => CreationPolicy::None,
    };
    let deletion_policy = target.deletion_policy.unwrap_or_default();
    ensure_policies_go_together(creation_policy, deletion_policy)?;
    let template = target.template;
    let is_templated = template.is_some();
    let metadata = template.as_ref().and_then(|template| template.metadata.clone()).unwrap_or_default();
    if metadata.finalizers.is_some_and(|finalizers| !finalizers.is_empty()) {
        let problem = "a Secret with a finalizer could not be deleted by anybody here; remove it";
        return Err(wrong("spec.target.template.metadata.finalizers", problem));
    }
    let (labels, annotations) = if is_templated {
        (metadata.labels.unwrap_or_default(), metadata.annotations.unwrap_or_default())
    } else {
        (around.labels.clone(), around.annotations.clone())
    };
    for (path, pairs) in
        [("spec.target.template.metadata.labels", &labels), ("spec.target.template.metadata.annotations", &annotations)]
    {
        if is_templated {
            ensure_steady(path, pairs)?;
        }
    }
    let type_ = template.as_ref().and_then(|template| template.type_.clone()).filter(|type_| !type_.is_empty());
    let plan = TargetPlan {
        name: target.name.filter(|name| !name.is_empty()).unwrap_or_else(|| around.name.to_owned()),
        manifest,
        type_,
        creation_policy,
        deletion_policy,
        immutable: target.immutable.unwrap_or_default(),
        labels: marked(around, creation_policy, labels::permitted(labels)),
        annotations: labels::permitted(annotations),
        has_metadata_templates: is_templated,
        template: template.map_or_else(|| Ok(DataTemplate::default()), data_template)?,
        adopt: None,
        unowned: Unowned::TakenOver,
    };
    ensure_fits_kind(&plan)?;
    Ok(plan)
}

/// Labels by which that controller's users find Secrets and the objects that made them. Its annotation with an unkeyed
/// hash of the values is not one of them.
fn marked(around: Around<'_>, policy: CreationPolicy, mut labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    labels.insert(MANAGED.to_owned(), "true".to_owned());
    if policy == CreationPolicy::Owner {
        let name = format!("{}/{}", around.namespace, around.name);
        labels.insert(CREATED_BY.to_owned(), hex::encode(Sha3_224::digest(name.as_bytes())));
    }
    labels
}

fn ensure_policies_go_together(creation: CreationPolicy, deletion: DeletionPolicy) -> Result<(), PlanError> {
    let problem = match (creation, deletion) {
        (CreationPolicy::Merge | CreationPolicy::None | CreationPolicy::CreateOrMerge, DeletionPolicy::Delete) => {
            "Delete goes only with creationPolicy Owner and Orphan; use Retain or Merge"
        }
        (CreationPolicy::None, DeletionPolicy::Merge) => "Merge does not go with creationPolicy None; use Retain",
        _ => return Ok(()),
    };
    Err(wrong("spec.target.deletionPolicy", problem))
}

/// Without data and templateFrom the values are the entries, whatever mergePolicy says.
fn data_template(template: Template) -> Result<DataTemplate, PlanError> {
    if template.engine_version.is_some_and(|version| version != "v2") {
        return Err(wrong("spec.target.template.engineVersion", "only v2 is there; rewrite the templates for v2"));
    }
    let entries = template.data.unwrap_or_default();
    ensure_usable("spec.target.template.data", &entries)?;
    let from = template.template_from.unwrap_or_default();
    let further: Vec<Vec<_>> = from.iter().map(further).collect::<Result<_, _>>()?;
    let further = further.into_iter().flatten().collect();
    let keeps_values = template.merge_policy.unwrap_or_default() == MergePolicy::Merge;
    Ok(DataTemplate { entries, further, keeps_values, absent: AbsentValue::Fails })
}

/// The templates of one item, in the order in which they count.
fn further(from: &TemplateFrom) -> Result<Vec<Further>, PlanError> {
    let target = further_target(from.target.as_deref().unwrap_or_default())?;
    let decoding = from.values_decoding_strategy.unwrap_or_default();
    let mut all = Vec::new();
    for (kind, object) in [(TemplateInputKind::ConfigMap, &from.config_map), (TemplateInputKind::Secret, &from.secret)] {
        for (object, item) in object.iter().flat_map(|object| object.items.iter().map(move |item| (object, item))) {
            let text = in_object(kind, object, item).ok_or_else(|| wrong(TEMPLATE_FROM, NO_NAME))?;
            all.push(Further { text, target: target.clone(), decoding });
        }
    }
    if let Some(text) = from.literal.clone() {
        let judged = if target.is_content() { judge_template } else { judge_steady_template };
        judged("literal", &text).map_err(|problem| PlanError::Template {
            path: TEMPLATE_FROM,
            key: "literal".to_owned(),
            problem: Box::new(problem),
        })?;
        all.push(Further { text: FurtherText::Literal(text), target, decoding });
    }
    if all.is_empty() {
        return Err(wrong(TEMPLATE_FROM, "each needs literal, or a configMap or secret with items"));
    }
    Ok(all)
}
