//! Entries that are made from the values.
//!
//! Must never: make an entry anew by time or randomness while what it was made of stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use sealbridge_api::labels::permitted;
use sealbridge_manifest::{
    AbsentValue, DataTemplate, FieldPath, FieldStep, Further, FurtherTarget, FurtherText, Taking, TargetPlan, TemplateInput,
    TemplateInputKind,
};
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, NoRandomness, Ports, Template, TemplateError};

use crate::assemble::AssembleError;
use crate::fields::{self, Made as Part};
use crate::pairs;
use crate::take::take;

/// Templates that stand in other objects.
pub type Texts = BTreeMap<(TemplateInput, String), Arc<SecretBytes>>;

/// What was made of the same values before.
pub enum Kept<'a> {
    /// Nothing, or nothing that can be trusted: time and randomness are taken from here.
    Nothing(&'a dyn Ports),
    /// The entries of the Secret.
    Data(SecretMap),
}

/// What the templates make of the values.
#[derive(Debug)]
pub(crate) struct Made {
    /// Entries: those of the templates, and the values where they stay.
    pub(crate) data: SecretMap,
    /// Labels of the Secret.
    pub(crate) labels: BTreeMap<String, String>,
    /// Annotations of the Secret.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// Renders all templates of a target.
pub(crate) fn render(target: &TargetPlan, values: SecretMap, templates: &Texts, kept: Kept<'_>) -> Result<Made, AssembleError> {
    let template = &target.template;
    let ports = match &kept {
        Kept::Nothing(ports) => Some(*ports),
        Kept::Data(_) => None,
    };
    let (mut labels, mut annotations) = (target.labels.clone(), target.annotations.clone());
    if target.has_metadata_templates {
        for (key, text) in labels.iter_mut().chain(&mut annotations) {
            *text = metadata(key, &rendered(key, text, template.absent, &values, None)?)?;
        }
    }
    let mut made = Vec::with_capacity(template.entries.len());
    for further in &template.further {
        let pairs = match &further.target {
            FurtherTarget::Data | FurtherTarget::Field(_) if matches!(kept, Kept::Data(_)) => continue,
            FurtherTarget::Data => {
                let entries = further_entries(further, template.absent, &values, templates, ports)?;
                made.extend(entries.into_iter().map(|(key, value)| Part::Entry(key, value)));
                continue;
            }
            FurtherTarget::Field(path) => {
                made.push(further_part(further, path, template.absent, &values, templates, ports)?);
                continue;
            }
            FurtherTarget::Labels => &mut labels,
            FurtherTarget::Annotations => &mut annotations,
        };
        for (key, value) in further_entries(further, template.absent, &values, templates, None)? {
            let text = metadata(&key, &value)?;
            pairs.insert(key, text);
        }
    }
    let (labels, annotations) = (permitted(labels), permitted(annotations));
    if let Kept::Data(data) = kept {
        return Ok(Made { data, labels, annotations });
    }
    for (key, text) in &template.entries {
        made.push(Part::Entry(key.clone(), rendered(key, text, template.absent, &values, ports)?));
    }
    let values = Some(values).filter(|_| template.is_empty() || template.keeps_values);
    if let Some(kind) = &target.manifest {
        return Ok(Made { data: fields::content(kind, values.as_ref(), made)?, labels, annotations });
    }
    let mut data = values.unwrap_or_default();
    for part in made {
        if let Part::Entry(key, value) = part {
            data.insert(key, value);
        }
    }
    Ok(Made { data, labels, annotations })
}

/// The entries that templates make beside the values. Nobody keeps them, so that none is made that differs at every run.
pub(crate) fn added(
    template: &DataTemplate,
    values: &SecretMap,
    templates: &Texts,
) -> Result<Vec<(String, SecretBytes)>, AssembleError> {
    let mut made = Vec::new();
    for further in &template.further {
        made.extend(further_entries(further, template.absent, values, templates, None)?);
    }
    for (key, text) in &template.entries {
        made.push((key.clone(), rendered(key, text, template.absent, values, None)?));
    }
    Ok(made)
}

/// Whether the same values give other entries at every run.
pub(crate) fn is_volatile(target: &TargetPlan, templates: &Texts) -> bool {
    let own = target.template.entries.values().map(String::as_str);
    let further = target.template.further.iter().filter(|further| further.target.is_content());
    let texts = further.filter_map(|further| match &further.text {
        FurtherText::Literal(text) => Some(text.as_str()),
        FurtherText::Item { input, key, .. } => std::str::from_utf8(templates.get(&(input.clone(), key.clone()))?.expose()).ok(),
    });
    own.chain(texts).any(|text| Template::parse("", text).is_ok_and(|template| template.is_volatile()))
}

/// The entries that a further template makes.
fn further_entries(
    further: &Further,
    absent: AbsentValue,
    values: &SecretMap,
    templates: &Texts,
    ports: Option<&dyn Ports>,
) -> Result<Vec<(String, SecretBytes)>, AssembleError> {
    let text = further_text(further, absent, values, templates, ports)?;
    let made = match &further.text {
        FurtherText::Item { key, makes_several: false, .. } => vec![(key.clone(), text)],
        FurtherText::Literal(_) | FurtherText::Item { .. } => pairs::read(&text)?,
    };
    let taking = Taking { decoding: further.decoding, ..Taking::default() };
    let decode = |(key, value)| match take(value, taking) {
        Ok(value) => Ok((key, value)),
        Err(_) => Err(AssembleError::NotBase64 { key }),
    };
    made.into_iter().map(decode).collect()
}

/// What a further template makes for a path of the object.
fn further_part(
    further: &Further,
    path: &FieldPath,
    absent: AbsentValue,
    values: &SecretMap,
    templates: &Texts,
    ports: Option<&dyn Ports>,
) -> Result<Part, AssembleError> {
    let made = further_text(further, absent, values, templates, ports)?;
    Ok(match &further.text {
        // At the top each item is a field of its own, as an entry of the data is.
        FurtherText::Item { key, makes_several: false, .. } if path.top().is_some() => {
            Part::Text([path.steps(), &[FieldStep::Key(key.clone())]].concat(), made)
        }
        FurtherText::Literal(_) | FurtherText::Item { .. } => Part::Part(path.clone(), made),
    })
}

/// The text that a further template makes.
fn further_text(
    further: &Further,
    absent: AbsentValue,
    values: &SecretMap,
    templates: &Texts,
    ports: Option<&dyn Ports>,
) -> Result<SecretBytes, AssembleError> {
    match &further.text {
        FurtherText::Literal(text) => rendered("literal", text, absent, values, ports),
        FurtherText::Item { input, key, .. } => {
            let text = templates.get(&(input.clone(), key.clone()));
            let text = text.and_then(|text| std::str::from_utf8(text.expose()).ok()).ok_or(AssembleError::NotPairs)?;
            let place = format!("{input} {key}");
            rendered(&place, text, absent, values, ports).map_err(|error| match (input.kind, error) {
                (TemplateInputKind::Secret, _) => AssembleError::InSecret { place },
                (TemplateInputKind::ConfigMap, error) => error,
            })
        }
    }
}

/// Renders a template. Without ports nobody keeps what it makes, and nothing that differs at every run is made.
fn rendered(
    name: &str,
    text: &str,
    absent: AbsentValue,
    values: &SecretMap,
    ports: Option<&dyn Ports>,
) -> Result<SecretBytes, AssembleError> {
    let parsed = Template::parse(name, text).map_err(AssembleError::Template)?;
    if let (None, Some(function)) = (ports, parsed.volatile_functions().next()) {
        return Err(AssembleError::Volatile { template: name.to_owned(), function });
    }
    let ports = ports.unwrap_or(&Still);
    let made = match absent {
        AbsentValue::Fails => parsed.render(values, &Limits::default(), ports),
        AbsentValue::IsNoValue => parsed.render_with_no_values(values, &Limits::default(), ports),
    };
    made.map_err(AssembleError::Template)
}

/// The text of a label or annotation.
fn metadata(key: &str, value: &SecretBytes) -> Result<String, AssembleError> {
    let text = std::str::from_utf8(value.expose()).map(str::to_owned);
    text.map_err(|_| AssembleError::MetadataNotText { key: key.to_owned() })
}

/// A template that makes a name of a name.
pub(crate) struct Transform(Template);

impl Transform {
    /// Parses the template.
    pub(crate) fn new(text: &str) -> Result<Self, TemplateError> {
        Template::parse("transform", text).map(Self)
    }

    /// The new name. What is no text stands there as U+FFFD, which no name may have.
    pub(crate) fn name_of(&self, name: &str) -> Result<String, TemplateError> {
        let made = self.0.render_key(name, &Limits::default(), &Still)?;
        Ok(String::from_utf8_lossy(made.expose()).into_owned())
    }
}

/// Neither clock nor randomness.
struct Still;

impl Ports for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
        Err(NoRandomness)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::DecodingStrategy;
    use sealbridge_template::System;

    use super::*;
    use crate::samples;

    fn rendered(template: &[(&str, &str)], keeps_values: bool, absent: AbsentValue) -> Result<Vec<(String, String)>, String> {
        let entries = template.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let values = [("user", "app"), ("password", "hunter2")];
        let values = values.map(|(key, value)| (key.to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).into_iter().collect();
        let template = DataTemplate { entries, further: Vec::new(), keeps_values, absent };
        let target = TargetPlan { template, ..samples::target() };
        let made = render(&target, values, &Texts::new(), Kept::Nothing(&Still)).map_err(|error| error.to_string())?;
        Ok(made.data.iter().map(|(key, value)| (key.to_owned(), String::from_utf8(value.expose().to_vec()).unwrap())).collect())
    }

    #[rstest]
    #[case::no_templates(&[], false, &[("password", "hunter2"), ("user", "app")])]
    #[case::instead_of_the_values(&[("url", "{{ .user }}@db")], false, &[("url", "app@db")])]
    #[case::beside_the_values(&[("url", "{{ .user }}@db")], true, &[("password", "hunter2"), ("url", "app@db"), ("user", "app")])]
    #[case::over_a_value(&[("user", "{{ .user | upper }}")], true, &[("password", "hunter2"), ("user", "APP")])]
    #[case::templates_see_values_only(&[("a", "{{ .user }}"), ("b", "{{ index . `a` }}")], false, &[("a", "app"), ("b", "")])]
    fn entries_are_made(#[case] template: &[(&str, &str)], #[case] keeps_values: bool, #[case] expected: &[(&str, &str)]) {
        let expected = expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(rendered(template, keeps_values, AbsentValue::Fails), Ok(expected));
    }

    #[test]
    fn metadata_and_several_entries_are_made_of_values() {
        let values = [("user".to_owned(), SecretBytes::new(b"app".to_vec()))].into_iter().collect();
        let further =
            |text: &str, target| Further { text: FurtherText::Literal(text.to_owned()), target, decoding: DecodingStrategy::None };
        let input = TemplateInput { kind: TemplateInputKind::ConfigMap, name: "c".to_owned() };
        let item = |key: &str, makes_several| {
            let text = FurtherText::Item { input: input.clone(), key: key.to_owned(), makes_several };
            Further { text, target: FurtherTarget::Data, decoding: DecodingStrategy::None }
        };
        let text = |key: &str, text: &str| ((input.clone(), key.to_owned()), Arc::new(SecretBytes::new(text.as_bytes().to_vec())));
        let texts = [text("one", "{{ .user }}!"), text("two", "x: {{ .user }}")].into();
        let template = DataTemplate {
            further: vec![
                further("a: {{ .user }}\nb: 1.10\nuser: over", FurtherTarget::Data),
                further("b: yes", FurtherTarget::Data),
                item("one", false),
                item("two", true),
                further("tier: {{ .user }}", FurtherTarget::Labels),
                further("note: x", FurtherTarget::Annotations),
            ],
            entries: [("a".to_owned(), "first".to_owned())].into(),
            ..DataTemplate::default()
        };
        let labels = [("app".to_owned(), "{{ .user }}".to_owned())].into();
        let target = TargetPlan { template, labels, has_metadata_templates: true, ..samples::target() };
        let made = render(&target, values, &texts, Kept::Nothing(&Still)).unwrap();
        let data: Vec<_> = made.data.iter().map(|(key, value)| (key, std::str::from_utf8(value.expose()).unwrap())).collect();
        assert_eq!(data, [("a", "first"), ("b", "yes"), ("one", "app!"), ("user", "over"), ("x", "app")]);
        assert_eq!(
            made.labels.into_iter().collect::<Vec<_>>(),
            [("app", "app"), ("tier", "app")].map(|(a, b)| (a.into(), b.into()))
        );
        assert_eq!(made.annotations.into_iter().collect::<Vec<_>>(), [("note".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_a_template_in_a_secret_says_is_not_told() {
        let input = TemplateInput { kind: TemplateInputKind::Secret, name: "s".to_owned() };
        let text = FurtherText::Item { input: input.clone(), key: "k".to_owned(), makes_several: false };
        let further = vec![Further { text, target: FurtherTarget::Data, decoding: DecodingStrategy::None }];
        let target = TargetPlan { template: DataTemplate { further, ..DataTemplate::default() }, ..samples::target() };
        for canary in ["{{ hunter2 }}", "{{ .hunter2 }}"] {
            let texts = [((input.clone(), "k".to_owned()), Arc::new(SecretBytes::new(canary.as_bytes().to_vec())))].into();
            let told = render(&target, SecretMap::new(), &texts, Kept::Nothing(&Still)).unwrap_err().to_string();
            assert!(told.starts_with("the template in Secret s k cannot be rendered") && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn what_differs_at_every_run_becomes_no_label_wherever_its_template_stands() {
        let input = TemplateInput { kind: TemplateInputKind::ConfigMap, name: "c".to_owned() };
        let text = FurtherText::Item { input: input.clone(), key: "k".to_owned(), makes_several: false };
        let further = vec![Further { text, target: FurtherTarget::Labels, decoding: DecodingStrategy::None }];
        let target = TargetPlan { template: DataTemplate { further, ..DataTemplate::default() }, ..samples::target() };
        let texts = [((input, "k".to_owned()), Arc::new(SecretBytes::new(b"{{ now }}".to_vec())))].into();
        let told = render(&target, SecretMap::new(), &texts, Kept::Nothing(&System)).unwrap_err();
        assert_eq!(told, AssembleError::Volatile { template: "ConfigMap c k".to_owned(), function: "now" });
    }

    #[test]
    fn what_differs_at_every_run_is_kept_with_its_values() {
        let entries = [("id".to_owned(), "{{ .user }}-{{ uuidv4 }}".to_owned())].into();
        let target = TargetPlan { template: DataTemplate { entries, ..DataTemplate::default() }, ..samples::target() };
        let values = || [("user".to_owned(), SecretBytes::new(b"app".to_vec()))].into_iter().collect::<SecretMap>();
        let fresh = || render(&target, values(), &Texts::new(), Kept::Nothing(&System)).unwrap().data;
        let first = fresh();
        assert!(is_volatile(&target, &Texts::new()) && !is_volatile(&samples::target(), &Texts::new()));
        assert_ne!(first, fresh());
        let again = fresh();
        let text = |data: &SecretMap| data.get("id").map(|value| value.expose().to_vec());
        let expected = text(&again);
        let kept = render(&target, values(), &Texts::new(), Kept::Data(again)).unwrap().data;
        assert_eq!(text(&kept), expected);
    }

    #[test]
    fn a_name_that_is_not_there_fails_or_is_no_value() {
        let told = rendered(&[("url", "{{ .password }}{{ .nobody }}")], false, AbsentValue::Fails).unwrap_err();
        assert!(told.contains("template url, line 1: there is no value nobody") && !told.contains("hunter2"), "{told}");
        let made = rendered(&[("url", "{{ .nobody }}")], false, AbsentValue::IsNoValue);
        assert_eq!(made, Ok(vec![("url".to_owned(), "<no value>".to_owned())]));
    }
}
