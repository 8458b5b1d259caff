//! Targets of another kind than a Secret.
//!
//! Must never: judge whether the operator may write the kind; whoever runs it says so.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{PlanError, TargetPlan};

/// What `spec.target.manifest` names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetKind {
    /// `v1` of the core group, else `<group>/<version>`.
    pub api_version: String,
    /// The kind in the singular, in CamelCase.
    pub kind: String,
}

impl TargetKind {
    /// Reads the two fields.
    ///
    /// # Errors
    /// [`PlanError::Field`] for what names no kind, and for a Secret, which has no need of them.
    pub(crate) fn read(api_version: &str, kind: &str) -> Result<Self, PlanError> {
        let wrong = |path, problem| Err(PlanError::Field { path, problem });
        if !is_api_version(api_version) {
            return wrong("spec.target.manifest.apiVersion", "write v1, or group and version, for example example.com/v1");
        }
        if !is_kind(kind) {
            return wrong("spec.target.manifest.kind", "write the kind as it stands in manifests, for example ConfigMap");
        }
        if api_version == "v1" && kind == "Secret" {
            return wrong("spec.target.manifest", "a Secret is written without it; leave it out");
        }
        Ok(Self { api_version: api_version.to_owned(), kind: kind.to_owned() })
    }

    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is `v1` ConfigMap, whose values stand under `data` and are texts.
    #[must_use]
    pub fn is_config_map(&self) -> bool {
        self.api_version == "v1" && self.kind == "ConfigMap"
    }

    /// Names an object of the kind apart from objects of all others, whatever its version: `<kind>.<group>/<name>`.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        match self.group() {
            "" => format!("{}/{name}", self.kind),
            group => format!("{}.{group}/{name}", self.kind),
        }
    }
}

/// The text names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the kind of the core group alone, as in ConfigMap, another as <group>/<version>/<kind>; a Secret needs no word")]
pub struct NotATargetKind;

impl FromStr for TargetKind {
    type Err = NotATargetKind;

    fn from_str(text: &str) -> Result<Self, NotATargetKind> {
        let (api_version, kind) = text.rsplit_once('/').unwrap_or(("v1", text));
        Self::read(api_version, kind).map_err(|_| NotATargetKind)
    }
}

/// `ConfigMap`, or `<group>/<version>/<kind>`: as the operator's flag has it.
impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.api_version.as_str() {
            "v1" => f.write_str(&self.kind),
            api_version => write!(f, "{api_version}/{}", self.kind),
        }
    }
}

impl TargetPlan {
    /// Names the target apart from all others of its namespace: the name alone of a Secret, else [`TargetKind::id`],
    /// which is no name of an object.
    #[must_use]
    pub fn id(&self) -> Cow<'_, str> {
        match &self.manifest {
            None => Cow::Borrowed(&self.name),
            Some(kind) => Cow::Owned(kind.id(&self.name)),
        }
    }

    /// The kind of the target, in the singular.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.manifest.as_ref().map_or("Secret", |kind| &kind.kind)
    }
}

/// What [`TargetPlan::id`] names, for people: `ConfigMap app`.
#[must_use]
pub fn shown_target(id: &str) -> String {
    match id.rsplit_once('/') {
        Some((kind, name)) => format!("{kind} {name}"),
        None => format!("Secret {id}"),
    }
}

fn is_api_version(text: &str) -> bool {
    let is_version = |text: &str| {
        text.len() <= 63 && text.starts_with('v') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match text.split_once('/') {
        None => text == "v1",
        Some((group, version)) => group.len() <= 253 && group.split('.').all(is_label) && is_version(version),
    }
}

fn is_kind(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("v1", "ConfigMap", "ConfigMap", "ConfigMap/app")]
    #[case("argoproj.io/v1alpha1", "Application", "argoproj.io/v1alpha1/Application", "Application.argoproj.io/app")]
    #[case("apps/v1", "Deployment", "apps/v1/Deployment", "Deployment.apps/app")]
    fn kinds_have_a_text_and_objects_a_name_of_their_own(
        #[case] api_version: &str,
        #[case] kind: &str,
        #[case] text: &str,
        #[case] id: &str,
    ) {
        let read = TargetKind::read(api_version, kind).unwrap();
        assert_eq!((read.to_string().as_str(), read.id("app").as_str()), (text, id));
        assert_eq!(text.parse(), Ok(read));
    }

    #[rstest]
    #[case("", "ConfigMap")]
    #[case("v2", "ConfigMap")]
    #[case("a/b/c", "ConfigMap")]
    #[case("../v1", "ConfigMap")]
    #[case("example.com/v1?x", "ConfigMap")]
    #[case("example.com/1", "ConfigMap")]
    #[case("/v1", "ConfigMap")]
    #[case("v1", "")]
    #[case("v1", "configmaps")]
    #[case("v1", "Config/Map")]
    #[case("v1", "Secret")]
    fn what_names_no_kind_is_refused(#[case] api_version: &str, #[case] kind: &str) {
        let refused = TargetKind::read(api_version, kind).unwrap_err().to_string();
        assert!(refused.starts_with("spec.target.manifest"), "{refused}");
    }

    #[test]
    fn a_target_is_shown_with_its_kind() {
        assert_eq!(shown_target("app"), "Secret app");
        assert_eq!(shown_target("Application.argoproj.io/app"), "Application.argoproj.io app");
    }
}
