//! Templates of entries that are pushed beside those of the Secret.
//!
//! Must never: let a template through that makes other bytes at every run, since nobody keeps what it made.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{DecodingStrategy, TemplateObject};
use sealbridge_api::keys;

use super::PushPlanError;
use crate::plan::{
    AbsentValue, DataTemplate, Further, FurtherTarget, FurtherText, TemplateInputKind, in_object, judge_steady_template,
};

/// One of `templateFrom`.
pub(crate) struct Piece<'a> {
    pub(crate) config_map: Option<&'a TemplateObject>,
    pub(crate) secret: Option<&'a TemplateObject>,
    pub(crate) literal: Option<&'a str>,
    /// What is made, as it is written.
    pub(crate) target: &'a str,
    pub(crate) decoding: DecodingStrategy,
}

/// The templates of `spec.template`.
///
/// # Errors
/// [`PushPlanError`] for the first of them that cannot be used.
pub(crate) fn template<'a>(
    entries: BTreeMap<String, String>,
    pieces: impl Iterator<Item = Piece<'a>>,
) -> Result<DataTemplate, PushPlanError> {
    for (key, text) in &entries {
        let path = format!("spec.template.data.{key}");
        if !keys::is_valid_data_key(key) {
            let problem = "no Secret has an entry of this name; use 1 to 253 of letters, digits, '-', '.' and '_'";
            return Err(PushPlanError::field(&path, problem));
        }
        judge_steady_template(key, text).map_err(|problem| PushPlanError::field(&path, &problem.to_string()))?;
    }
    let further: Vec<Vec<_>> = pieces.enumerate().map(|(position, piece)| further(position, &piece)).collect::<Result<_, _>>()?;
    let further = further.into_iter().flatten().collect();
    Ok(DataTemplate { entries, further, keeps_values: true, absent: AbsentValue::Fails })
}

/// The templates of one piece, in the order in which they count.
fn further(position: usize, piece: &Piece<'_>) -> Result<Vec<Further>, PushPlanError> {
    let path = format!("spec.template.templateFrom[{position}]");
    if !piece.target.is_empty() && !piece.target.eq_ignore_ascii_case("data") {
        return Err(PushPlanError::field(&format!("{path}.target"), "only entries are pushed; write Data, or leave it out"));
    }
    let made = |text| Further { text, target: FurtherTarget::Data, decoding: piece.decoding };
    let mut all = Vec::new();
    let objects =
        [("configMap", TemplateInputKind::ConfigMap, piece.config_map), ("secret", TemplateInputKind::Secret, piece.secret)];
    for (field, kind, object) in objects {
        for (object, item) in object.iter().flat_map(|object| object.items.iter().map(move |item| (object, item))) {
            let named = in_object(kind, object, item);
            let problem = "object and entry are named by what Kubernetes accepts as names; correct them";
            all.push(made(named.ok_or_else(|| PushPlanError::field(&format!("{path}.{field}"), problem))?));
        }
    }
    if let Some(text) = piece.literal {
        let judged = judge_steady_template("literal", text);
        judged.map_err(|problem| PushPlanError::field(&format!("{path}.literal"), &problem.to_string()))?;
        all.push(made(FurtherText::Literal(text.to_owned())));
    }
    if all.is_empty() {
        return Err(PushPlanError::field(&path, "it needs literal, or a configMap or secret with items"));
    }
    Ok(all)
}
