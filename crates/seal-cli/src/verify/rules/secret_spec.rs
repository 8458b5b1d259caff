//! The spec that declares a Secret, wherever in an object it stands: the object's own, or that of the copies which an operator
//! makes of it in several namespaces.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::BridgedSecretSpec;
use sealbridge_manifest::document::{DecodeError, Object, Place, decode};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::external_secrets::{self, Around, ExternalSecretSpec};
use sealbridge_manifest::{FanOut, Plan, native};
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::file::Subject;
use super::super::rule::Rule;
use super::schema::{Problem, steps};

/// A spec, and what is said of the object that has it.
pub(super) struct SecretSpec<'a> {
    pub(super) value: &'a Value,
    /// The name of the object that has it.
    pub(super) name: String,
    is_external: bool,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    place: Place,
    path: &'static [&'static str],
}

impl<'a> SecretSpec<'a> {
    /// That of a BridgedSecret or an ExternalSecret.
    pub(super) fn own(object: &Object<'a>) -> Self {
        Self {
            value: object.value.get("spec").unwrap_or(&Value::Null),
            is_external: object.is_external(),
            name: object.name().to_owned(),
            labels: object.metadata_texts("labels"),
            annotations: object.metadata_texts("annotations"),
            place: object.place,
            path: &["spec"],
        }
    }

    /// That of the copies of a ClusterBridgedSecret or a ClusterExternalSecret; `None` if it says nothing of them.
    pub(super) fn of_copies(object: &Object<'a>, fan_out: Option<&FanOut>) -> Option<Self> {
        let path = if object.is_external() { external_secrets::SPEC_OF_COPIES } else { native::SPEC_OF_COPIES };
        let name = fan_out.and_then(|fan_out| fan_out.name.clone());
        Some(Self {
            value: path.iter().try_fold(object.value, |value, key| value.get(key))?,
            is_external: object.is_external(),
            name: name.unwrap_or_else(|| object.name().to_owned()),
            labels: fan_out.map(|fan_out| fan_out.labels.clone()).unwrap_or_default(),
            annotations: fan_out.map(|fan_out| fan_out.annotations.clone()).unwrap_or_default(),
            place: object.place,
            path,
        })
    }

    /// The kind of the object that has it.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_external { external_secrets::KIND } else { "BridgedSecret" }
    }

    /// Whether it is that of copies: what belongs to a namespace, each of theirs has for itself.
    pub(super) fn is_of_copies(&self) -> bool {
        self.path.len() > 1
    }

    /// A field of it by its path.
    pub(super) fn at(&self, below: &[Step]) -> At {
        let path = self.path.iter().copied().map(Step::key);
        At::Path(self.place.document, self.place.path().into_iter().chain(path).chain(below.iter().cloned()).collect())
    }

    /// A field of it by its names.
    pub(super) fn within(&self, below: &[&str]) -> At {
        At::within(self.place, &[self.path, below].concat())
    }

    /// The items of a list, each with its path and place.
    pub(super) fn items(&self, list: &'static str) -> impl Iterator<Item = (&'a Value, [Step; 2])> + use<'a> {
        let items = self.value.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        items.map(move |(position, item)| (item, [Step::key(list), Step::Index(position)]))
    }

    /// What it declares in a namespace.
    pub(super) fn plan(&self, namespace: &str) -> Result<Plan, Problem> {
        let root = self.path.join(".");
        if self.is_external {
            let around = Around { namespace, name: &self.name, labels: &self.labels, annotations: &self.annotations };
            let spec: ExternalSecretSpec = decode(self.value, &root).map_err(Problem::Decode)?;
            return external_secrets::plan(around, &spec).map_err(Problem::Plan);
        }
        let spec: BridgedSecretSpec = decode(self.value, &root).map_err(Problem::Decode)?;
        native::plan(namespace, &self.name, &spec).map_err(Problem::Plan)
    }

    /// Tells of an ExternalSecret what is not understood, or cannot be acted upon. Of a BridgedSecret the schema tells it.
    pub(super) fn judge(&self, subject: &Subject<'_>, object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) {
        let Err(problem) = self.plan("") else { return };
        let is_undecodable = matches!(problem, Problem::Decode(_));
        // A patch says only what it changes.
        let is_lacking = !is_undecodable || matches!(problem, Problem::Decode(DecodeError::MissingField { .. }));
        let is_told_of = is_undecodable && !self.is_external;
        if is_told_of || is_lacking && subject.surroundings.is_patch(subject.path) {
            return;
        }
        let rule = if self.is_external { Rule::ExternalSecret } else { Rule::Schema };
        let steps = steps(object, &problem);
        if is_undecodable || !self.is_of_copies() {
            drafts.push(Draft::of_error(rule, At::Path(self.place.document, steps), &problem).of(label));
        } else {
            // Such a problem names its path as of the copy.
            let at = self.at(steps.get(self.place.path().len() + 1..).unwrap_or_default());
            drafts.push(Draft::of_error(rule, at, &format!("its {}: {problem}", self.kind())).of(label));
        }
    }
}
