//! Entries that are made from the values by templates.
//!
//! Must never: let a template through that does not parse.

use std::collections::BTreeMap;
use std::fmt;

use sealbridge_api::bridged_secret::{DecodingStrategy, TemplateAs, TemplateItem, TemplateObject};
use sealbridge_api::keys;
use sealbridge_template::{Template, TemplateError};

use super::{FieldPath, PlanError};

/// Entries that are made from the values; without templates the values are the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataTemplate {
    /// The text of the template of each entry.
    pub entries: BTreeMap<String, String>,
    /// Templates of which each makes several entries; a later one counts, and `entries` before all.
    pub further: Vec<Further>,
    /// Whether the values are entries too, but for those that a template makes.
    pub keeps_values: bool,
    /// What a value is that a template names and that is not there.
    pub absent: AbsentValue,
}

impl DataTemplate {
    /// Whether the values are the entries as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.makes_unnamed_entries()
    }

    /// Whether there are entries of which no name is known before a template has run.
    #[must_use]
    pub fn makes_unnamed_entries(&self) -> bool {
        self.further.iter().any(|further| further.target.is_content())
    }

    /// The objects in which templates stand, each with the entries that are read.
    pub fn items(&self) -> impl Iterator<Item = (&TemplateInput, &str)> {
        self.further.iter().filter_map(|further| match &further.text {
            FurtherText::Item { input, key, .. } => Some((input, key.as_str())),
            FurtherText::Literal(_) => None,
        })
    }
}

/// A template that stands elsewhere, or makes several entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Further {
    /// The template.
    pub text: FurtherText,
    /// What is made.
    pub target: FurtherTarget,
    /// How each value that is made is decoded.
    pub decoding: DecodingStrategy,
}

/// Where a further template stands, and how many entries it makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FurtherText {
    /// Here; it makes a YAML map of texts.
    Literal(String),
    /// In an object of the namespace.
    Item {
        /// The object.
        input: TemplateInput,
        /// The entry of it that is the template.
        key: String,
        /// Whether it makes a YAML map of texts; else the one entry of its own name.
        makes_several: bool,
    },
}

/// An object of the namespace in which templates stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateInput {
    /// The kind of object.
    pub kind: TemplateInputKind,
    /// Its name.
    pub name: String,
}

/// The kinds of object in which templates stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateInputKind {
    /// `v1` ConfigMap.
    ConfigMap,
    /// `v1` Secret.
    Secret,
}

impl fmt::Display for TemplateInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.name)
    }
}

/// What a template that makes several entries makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FurtherTarget {
    /// Entries of the Secret.
    #[default]
    Data,
    /// Its labels.
    Labels,
    /// Its annotations.
    Annotations,
    /// What stands at a path of an object that is no Secret.
    Field(FieldPath),
}

impl FurtherTarget {
    /// Whether it is the content and not what is said about it.
    #[must_use]
    pub fn is_content(&self) -> bool {
        matches!(self, Self::Data | Self::Field(_))
    }
}

/// What a value is that a template names and that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AbsentValue {
    /// A failure.
    #[default]
    Fails,
    /// No value, printed as `<no value>`.
    IsNoValue,
}

/// Why a template is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefused {
    /// It is none.
    #[error(transparent)]
    Syntax(TemplateError),
    /// It gives other bytes each time, where nothing keeps them.
    #[error(
        "{function} gives another result at every run, which only an entry of the Secret can keep; make the value once, with `seal set --generate`, and refer to it"
    )]
    Volatile {
        /// The function.
        function: &'static str,
    },
}

/// Refuses templates of entries that Kubernetes would not take, or that cannot be used. `path` is where they stand.
///
/// # Errors
/// [`PlanError`] for the first of them.
pub(crate) fn ensure_usable(path: &'static str, entries: &BTreeMap<String, String>) -> Result<(), PlanError> {
    for (key, text) in entries {
        if !keys::is_valid_data_key(key) {
            return Err(PlanError::KeyName { entries: path, key: key.clone() });
        }
        judge(key, text).map_err(|problem| PlanError::Template { path, key: key.clone(), problem: Box::new(problem) })?;
    }
    Ok(())
}

/// Refuses templates of which nobody keeps what they make, and that cannot be used or give other bytes each time. `path` is
/// where they stand.
///
/// # Errors
/// [`PlanError`] for the first of them.
pub(crate) fn ensure_steady(path: &'static str, entries: &BTreeMap<String, String>) -> Result<(), PlanError> {
    for (key, text) in entries {
        judge_steady(key, text).map_err(|problem| PlanError::Template { path, key: key.clone(), problem: Box::new(problem) })?;
    }
    Ok(())
}

/// A template in an object of the namespace; `None` if Kubernetes does not take the name of either.
pub(crate) fn in_object(kind: TemplateInputKind, object: &TemplateObject, item: &TemplateItem) -> Option<FurtherText> {
    let is_named = !object.name.is_empty() && keys::is_valid_data_key(&item.key);
    let makes_several = item.template_as.unwrap_or_default() == TemplateAs::KeysAndValues;
    let input = TemplateInput { kind, name: object.name.clone() };
    is_named.then(|| FurtherText::Item { input, key: item.key.clone(), makes_several })
}

/// Judges a template of entries before there are values. What it makes is kept while its values stay, so that it may
/// give other bytes each time.
///
/// # Errors
/// [`TemplateRefused`]
pub(crate) fn judge(name: &str, text: &str) -> Result<(), TemplateRefused> {
    Template::parse(name, text).map(drop).map_err(TemplateRefused::Syntax)
}

/// Judges a template of which nobody keeps what it made.
///
/// # Errors
/// [`TemplateRefused`]
pub(crate) fn judge_steady(name: &str, text: &str) -> Result<(), TemplateRefused> {
    let template = Template::parse(name, text).map_err(TemplateRefused::Syntax)?;
    match template.volatile_functions().next() {
        Some(function) => Err(TemplateRefused::Volatile { function }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_parses_is_let_through_and_elsewhere_only_what_can_rest() {
        assert_eq!((judge("A", "{{ .user | upper }}"), judge_steady("A", "{{ .user | upper }}")), (Ok(()), Ok(())));
        assert!(matches!(judge("A", "{{ .user"), Err(TemplateRefused::Syntax(_))));
        assert!(matches!(judge("A", "{{ env `HOME` }}"), Err(TemplateRefused::Syntax(_))));
        let hidden = "{{ if false }}{{ randAlphaNum 3 }}{{ end }}";
        assert_eq!(judge("A", hidden), Ok(()));
        assert_eq!(judge_steady("A", hidden), Err(TemplateRefused::Volatile { function: "randAlphaNum" }));
    }
}
