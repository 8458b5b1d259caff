//! Labels and annotations that are made of values.
//!
//! Threat: whoever may list objects reads labels and annotations, and more people may do that than read Secrets.
//! Must never: call a template a text because it names no value; what it makes is not looked at.

use super::{FurtherTarget, FurtherText, TargetPlan};

/// Whether a text is a template with something in it to be done.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{")
}

impl TargetPlan {
    /// The path of the first label or annotation that may be made of values; `None` if all of them are texts.
    #[must_use]
    pub fn values_in_metadata(&self) -> Option<String> {
        let pairs = [("labels", &self.labels), ("annotations", &self.annotations)];
        let mut templates = pairs.into_iter().filter(|_| self.has_metadata_templates).flat_map(|(field, pairs)| {
            pairs.iter().filter(|(_, text)| is_template(text)).map(move |(key, _)| format!("metadata.{field}.{key}"))
        });
        let found = templates.next().or_else(|| {
            self.template.further.iter().find_map(|further| {
                let target = match further.target {
                    FurtherTarget::Data | FurtherTarget::Field(_) => return None,
                    FurtherTarget::Labels => "Labels",
                    FurtherTarget::Annotations => "Annotations",
                };
                match &further.text {
                    FurtherText::Literal(text) if !is_template(text) => None,
                    _ => Some(format!("templateFrom, target {target}")),
                }
            })
        });
        found.map(|field| format!("spec.target.template.{field}"))
    }
}
