//! `spec.target` of a BridgedSecret.

use sealbridge_api::bridged_secret::{AdoptFrom, DeletionPolicy, MergePolicy, Target, TargetTemplate, TemplateFrom, WorkloadRef};
use sealbridge_api::labels;

use crate::plan::{
    AbsentValue, DataTemplate, Further, FurtherText, PlanError, TargetKind, TargetPlan, TemplateInputKind, Unowned,
    ensure_fits_kind, ensure_steady, ensure_usable, further_target, in_object, is_template, judge_steady_template, judge_template,
};

const TEMPLATE: &str = "spec.target.template";

/// The Secret.
pub(super) fn plan(name: &str, target: Option<&Target>, rollout: &[WorkloadRef]) -> Result<TargetPlan, PlanError> {
    let target = target.cloned().unwrap_or_default();
    let creation_policy = target.creation_policy.unwrap_or_default();
    let deletion_policy = target.deletion_policy.unwrap_or_default();
    if deletion_policy == DeletionPolicy::Delete && !creation_policy.holds_whole() {
        return Err(PlanError::Field {
            path: "spec.target.deletionPolicy",
            problem: "Delete goes only with creationPolicy Owner and Orphan: another Secret belongs to somebody else; use Merge or Retain",
        });
    }
    if let Some(adopt) = &target.adopt
        && (adopt.from == AdoptFrom::None) == adopt.name.is_some()
    {
        return Err(PlanError::Field {
            path: "spec.target.adopt.name",
            problem: "name the ExternalSecret or SealedSecret that owns the Secret; leave it out with from: None",
        });
    }
    let manifest = target.manifest.as_ref().map(|manifest| TargetKind::read(&manifest.api_version, &manifest.kind)).transpose()?;
    if manifest.is_some() && !rollout.is_empty() {
        return Err(PlanError::Field {
            path: "spec.rollout",
            problem: "workloads follow a Secret alone; remove it, or target.manifest",
        });
    }
    let mut template = target.template.unwrap_or_default();
    let metadata = template.metadata.take().unwrap_or_default();
    let (labels, annotations) = (labels::permitted(metadata.labels), labels::permitted(metadata.annotations));
    let has_metadata_templates = labels.values().chain(annotations.values()).any(|text| is_template(text));
    if has_metadata_templates {
        ensure_steady("spec.target.template.metadata.labels", &labels)?;
        ensure_steady("spec.target.template.metadata.annotations", &annotations)?;
    }
    let plan = TargetPlan {
        name: target.name.unwrap_or_else(|| name.to_owned()),
        manifest,
        type_: template.type_.take(),
        creation_policy,
        deletion_policy,
        immutable: target.immutable.unwrap_or_default(),
        labels,
        annotations,
        template: data_template(template)?,
        has_metadata_templates,
        adopt: target.adopt,
        unowned: Unowned::LeftAlone,
    };
    ensure_fits_kind(&plan)?;
    Ok(plan)
}

fn data_template(template: TargetTemplate) -> Result<DataTemplate, PlanError> {
    ensure_usable("spec.target.template.data", &template.data)?;
    let from: Vec<Vec<_>> =
        template.template_from.iter().enumerate().map(|(position, from)| further(position, from)).collect::<Result<_, _>>()?;
    let keeps_values = template.merge_policy.unwrap_or_default() == MergePolicy::Merge;
    Ok(DataTemplate {
        entries: template.data,
        further: from.into_iter().flatten().collect(),
        keeps_values,
        absent: AbsentValue::Fails,
    })
}

/// The templates of one place, in the order in which they count.
fn further(position: usize, from: &TemplateFrom) -> Result<Vec<Further>, PlanError> {
    let wrong = |field, problem: &str| PlanError::TemplateFrom { position, field, problem: problem.to_owned() };
    let target = further_target(from.target.as_deref().unwrap_or_default())?;
    let (field, kind, object) = match (&from.config_map, &from.secret, &from.literal) {
        (Some(object), None, None) => ("configMap", TemplateInputKind::ConfigMap, object),
        (None, Some(object), None) => ("secret", TemplateInputKind::Secret, object),
        (None, None, Some(text)) => {
            let judged = if target.is_content() { judge_template } else { judge_steady_template };
            judged("literal", text).map_err(|problem| PlanError::Template {
                path: TEMPLATE,
                key: format!("templateFrom[{position}].literal"),
                problem: Box::new(problem),
            })?;
            let text = FurtherText::Literal(text.clone());
            return Ok(vec![Further { text, target, decoding: from.values_decoding_strategy.unwrap_or_default() }]);
        }
        _ => {
            let advice = "exactly one of configMap, secret and literal is needed; to replace one by another in an overlay, set the old one to null";
            return Err(wrong("literal", advice));
        }
    };
    if object.items.is_empty() {
        return Err(wrong(field, "it names no entry; name those that are templates under items"));
    }
    let items = object.items.iter().map(|item| {
        let text = in_object(kind, object, item);
        let text =
            text.ok_or_else(|| wrong(field, "object and entry are named by what Kubernetes accepts as names; correct them"))?;
        Ok(Further { text, target: target.clone(), decoding: from.values_decoding_strategy.unwrap_or_default() })
    });
    items.collect()
}
