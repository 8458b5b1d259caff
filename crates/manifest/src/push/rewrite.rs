//! How names of entries become names in a store.

use sealbridge_api::bridged_secret::{RewriteRegexp, RewriteTransform};
use sealbridge_api::expression::Expression;

use super::PushPlanError;
use crate::plan::{RewriteStep, judge_steady_template};

/// The steps of one item of the manifest, which stands at `path`; each is exactly one of the two.
///
/// # Errors
/// [`PushPlanError`] for the first of them that cannot be used.
pub(crate) fn rewrite<'a>(
    path: &str,
    steps: impl Iterator<Item = (Option<&'a RewriteRegexp>, Option<&'a RewriteTransform>)>,
) -> Result<Vec<RewriteStep>, PushPlanError> {
    steps.map(|(regexp, transform)| step(path, regexp, transform)).collect()
}

fn step(path: &str, regexp: Option<&RewriteRegexp>, transform: Option<&RewriteTransform>) -> Result<RewriteStep, PushPlanError> {
    let wrong = |field: &str, problem: &str| PushPlanError::field(&format!("{path}.rewrite{field}"), problem);
    match (regexp, transform) {
        (Some(regexp), None) => {
            let source = Expression::parse(&regexp.source);
            let source = source.map_err(|problem| wrong(".regexp.source", &problem.to_string()))?;
            Ok(RewriteStep::Regexp { source, target: regexp.target.clone() })
        }
        (None, Some(transform)) => {
            let judged = judge_steady_template("transform", &transform.template);
            judged.map_err(|problem| wrong(".transform.template", &problem.to_string()))?;
            Ok(RewriteStep::Transform(transform.template.clone()))
        }
        _ => Err(wrong("", "each step is exactly one of regexp and transform")),
    }
}
