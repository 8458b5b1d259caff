//! Entries that are made from the values.
//!
//! Must never: take the time or randomness, of which the plan lets nothing through.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealbridge_api::labels::permitted;
use sealbridge_manifest::{AbsentValue, FurtherTarget, TargetPlan};
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, NoRandomness, Ports, Template, TemplateError};

use crate::assemble::AssembleError;
use crate::pairs;

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
pub(crate) fn render(target: &TargetPlan, values: SecretMap) -> Result<Made, AssembleError> {
    let template = &target.template;
    let (mut labels, mut annotations) = (target.labels.clone(), target.annotations.clone());
    if target.has_metadata_templates {
        for (key, text) in labels.iter_mut().chain(&mut annotations) {
            *text = metadata(key, &rendered(key, text, template.absent, &values)?)?;
        }
    }
    let mut made = Vec::with_capacity(template.entries.len());
    for further in &template.further {
        let several = pairs::read(&rendered("literal", &further.text, template.absent, &values)?)?;
        let pairs = match further.target {
            FurtherTarget::Data => {
                made.extend(several);
                continue;
            }
            FurtherTarget::Labels => &mut labels,
            FurtherTarget::Annotations => &mut annotations,
        };
        for (key, value) in several {
            let text = metadata(&key, &value)?;
            pairs.insert(key, text);
        }
    }
    for (key, text) in &template.entries {
        made.push((key.clone(), rendered(key, text, template.absent, &values)?));
    }
    let mut data = if template.is_empty() || template.keeps_values { values } else { SecretMap::new() };
    made.into_iter().for_each(|(key, value)| drop(data.insert(key, value)));
    Ok(Made { data, labels: permitted(labels), annotations: permitted(annotations) })
}

fn rendered(name: &str, text: &str, absent: AbsentValue, values: &SecretMap) -> Result<SecretBytes, AssembleError> {
    let parsed = Template::parse(name, text).map_err(AssembleError::Template)?;
    let made = match absent {
        AbsentValue::Fails => parsed.render(values, &Limits::default(), &Still),
        AbsentValue::IsNoValue => parsed.render_with_no_values(values, &Limits::default(), &Still),
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
    use sealbridge_manifest::{DataTemplate, Further};

    use super::*;
    use crate::samples;

    fn rendered(template: &[(&str, &str)], keeps_values: bool, absent: AbsentValue) -> Result<Vec<(String, String)>, String> {
        let entries = template.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let values = [("user", "app"), ("password", "hunter2")];
        let values = values.map(|(key, value)| (key.to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).into_iter().collect();
        let template = DataTemplate { entries, further: Vec::new(), keeps_values, absent };
        let target = TargetPlan { template, ..samples::target() };
        let made = render(&target, values).map_err(|error| error.to_string())?;
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
        let further = |text: &str, target| Further { text: text.to_owned(), target };
        let template = DataTemplate {
            further: vec![
                further("a: {{ .user }}\nb: 1.10\nuser: over", FurtherTarget::Data),
                further("b: yes", FurtherTarget::Data),
                further("tier: {{ .user }}", FurtherTarget::Labels),
                further("note: x", FurtherTarget::Annotations),
            ],
            entries: [("a".to_owned(), "first".to_owned())].into(),
            ..DataTemplate::default()
        };
        let labels = [("app".to_owned(), "{{ .user }}".to_owned())].into();
        let target = TargetPlan { template, labels, has_metadata_templates: true, ..samples::target() };
        let made = render(&target, values).unwrap();
        let data: Vec<_> = made.data.iter().map(|(key, value)| (key, std::str::from_utf8(value.expose()).unwrap())).collect();
        assert_eq!(data, [("a", "first"), ("b", "yes"), ("user", "over")]);
        assert_eq!(
            made.labels.into_iter().collect::<Vec<_>>(),
            [("app", "app"), ("tier", "app")].map(|(a, b)| (a.into(), b.into()))
        );
        assert_eq!(made.annotations.into_iter().collect::<Vec<_>>(), [("note".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn a_name_that_is_not_there_fails_or_is_no_value() {
        let told = rendered(&[("url", "{{ .password }}{{ .nobody }}")], false, AbsentValue::Fails).unwrap_err();
        assert!(told.contains("template url, line 1: there is no value nobody") && !told.contains("hunter2"), "{told}");
        let made = rendered(&[("url", "{{ .nobody }}")], false, AbsentValue::IsNoValue);
        assert_eq!(made, Ok(vec![("url".to_owned(), "<no value>".to_owned())]));
    }
}
