//! Entries that templates make. Pure.

use sealbridge_manifest::{FurtherTarget, FurtherText, Plan};
use sealbridge_template::Template;

use super::entries::{EntryTold, named};

/// What is told of each template, in the order in which they count: the last one before all.
pub(super) fn told(plan: &Plan) -> Vec<EntryTold> {
    let template = &plan.target.template;
    let further = template.further.iter().enumerate().filter(|(_, further)| further.target.is_content());
    let further = further.map(|(position, further)| {
        let (place, brings_any) = match &further.target {
            FurtherTarget::Field(path) => (path.to_string(), false),
            _ => (format!("templateFrom[{position}]"), true),
        };
        match &further.text {
            FurtherText::Literal(text) => EntryTold { brings_any, ..of_text(plan, &place, "of several entries, in place", text) },
            FurtherText::Item { input, key, makes_several: true } => {
                EntryTold { brings_any, ..elsewhere(&place, format!("of several entries, {input} {key}")) }
            }
            FurtherText::Item { input, key, makes_several: false } => {
                elsewhere(if brings_any { key } else { &place }, format!("{input} {key}"))
            }
        }
    });
    let entries = template.entries.iter().map(|(key, text)| of_text(plan, key, "in place", text));
    further.chain(entries).collect()
}

fn elsewhere(name: &str, template: String) -> EntryTold {
    EntryTold { source: "template", template: Some(template), ..named(name) }
}

fn of_text(plan: &Plan, name: &str, place: &str, text: &str) -> EntryTold {
    let told = elsewhere(name, place.to_owned());
    // The plan has judged it.
    let Ok(parsed) = Template::parse(name, text) else { return told };
    // What several entries are made of is not known before they are read; of the rest a name that is none is a field
    // of something else.
    let is_value = |name: &String| !plan.from.is_empty() || plan.entries.contains_key(name);
    let reads = parsed.field_names().into_iter().filter(is_value).collect();
    EntryTold { reads, volatile: parsed.volatile_functions().collect(), ..told }
}
