//! Entries that are made from the values.
//!
//! Must never: take the time or randomness, of which the plan lets nothing through.

use jiff::Timestamp;
use sealbridge_manifest::{AbsentValue, DataTemplate};
use sealbridge_secret::SecretMap;
use sealbridge_template::{Limits, NoRandomness, Ports, Template, TemplateError};

/// The entries: what the templates make, and the values where they stay.
pub(crate) fn render(template: &DataTemplate, values: SecretMap) -> Result<SecretMap, TemplateError> {
    if template.entries.is_empty() {
        return Ok(values);
    }
    let mut made = Vec::with_capacity(template.entries.len());
    for (key, text) in &template.entries {
        let parsed = Template::parse(key, text)?;
        let value = match template.absent {
            AbsentValue::Fails => parsed.render(&values, &Limits::default(), &Still),
            AbsentValue::IsNoValue => parsed.render_with_no_values(&values, &Limits::default(), &Still),
        }?;
        made.push((key.clone(), value));
    }
    let mut entries = if template.keeps_values { values } else { SecretMap::new() };
    made.into_iter().for_each(|(key, value)| drop(entries.insert(key, value)));
    Ok(entries)
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
    use sealbridge_secret::SecretBytes;

    use super::*;

    fn rendered(template: &[(&str, &str)], keeps_values: bool, absent: AbsentValue) -> Result<Vec<(String, String)>, String> {
        let entries = template.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let values = [("user", "app"), ("password", "hunter2")];
        let values = values.map(|(key, value)| (key.to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).into_iter().collect();
        let made = render(&DataTemplate { entries, keeps_values, absent }, values).map_err(|error| error.to_string())?;
        Ok(made.iter().map(|(key, value)| (key.to_owned(), String::from_utf8(value.expose().to_vec()).unwrap())).collect())
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
    fn a_name_that_is_not_there_fails_or_is_no_value() {
        let told = rendered(&[("url", "{{ .password }}{{ .nobody }}")], false, AbsentValue::Fails).unwrap_err();
        assert!(told.contains("template url, line 1: there is no value nobody") && !told.contains("hunter2"), "{told}");
        let made = rendered(&[("url", "{{ .nobody }}")], false, AbsentValue::IsNoValue);
        assert_eq!(made, Ok(vec![("url".to_owned(), "<no value>".to_owned())]));
    }
}
