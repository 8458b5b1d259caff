//! What of a target goes with the kind of object that is written.

use super::{FurtherTarget, PlanError, TargetPlan};

/// Where the templates stand of which each says what it makes.
const TEMPLATE_FROM: &str = "spec.target.template.templateFrom";

/// What a further template makes, by the word or path that its `target` is.
///
/// # Errors
/// [`PlanError`] for neither.
pub(crate) fn further_target(text: &str) -> Result<FurtherTarget, PlanError> {
    match text.to_ascii_lowercase().as_str() {
        "" | "data" => Ok(FurtherTarget::Data),
        "labels" => Ok(FurtherTarget::Labels),
        "annotations" => Ok(FurtherTarget::Annotations),
        "spec" => path("spec"),
        _ => path(text),
    }
}

fn path(text: &str) -> Result<FurtherTarget, PlanError> {
    let problem = "target is Data, Labels or Annotations, or with target.manifest a path of keys and indices up to 10000 into \
                   its content, for example spec.routes[0].headers";
    text.parse().map(FurtherTarget::Field).map_err(|_| PlanError::Field { path: TEMPLATE_FROM, problem })
}

/// Refuses fields that the target's kind gives no meaning to.
///
/// # Errors
/// [`PlanError::Field`] for the first of them.
pub(crate) fn ensure_fits_kind(target: &TargetPlan) -> Result<(), PlanError> {
    let wrong = |path, problem| Err(PlanError::Field { path, problem });
    let Some(kind) = &target.manifest else {
        let is_path = target.template.further.iter().any(|further| matches!(further.target, FurtherTarget::Field(_)));
        return if is_path {
            wrong(TEMPLATE_FROM, "target is Data, Labels or Annotations; a path goes only with target.manifest")
        } else {
            Ok(())
        };
    };
    let decodes = |further: &super::Further| {
        matches!(further.target, FurtherTarget::Field(_))
            && further.decoding != sealbridge_api::bridged_secret::DecodingStrategy::None
    };
    if target.template.further.iter().any(decodes) {
        return wrong(
            TEMPLATE_FROM,
            "valuesDecodingStrategy goes only with entries, labels and annotations; use b64dec in the template",
        );
    }
    if target.immutable {
        return wrong("spec.target.immutable", "it goes only with a Secret; remove it, or target.manifest");
    }
    if target.type_.is_some() {
        return wrong("spec.target.template.type", "only a Secret has a type; remove it, or target.manifest");
    }
    if target.template.keeps_values && !target.template.is_empty() && !kind.is_config_map() {
        let problem = "Merge goes only with a Secret or a ConfigMap, whose values stand beside each other; remove it";
        return wrong("spec.target.template.mergePolicy", problem);
    }
    Ok(())
}
