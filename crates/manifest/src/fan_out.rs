//! An object that is declared once and stands in several namespaces, whatever kind declares it.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

/// One object for several namespaces.
#[derive(Clone, Debug, PartialEq)]
pub struct FanOut {
    /// The name of each copy; the object's own where nothing is said.
    pub name: Option<String>,
    /// Labels of each copy.
    pub labels: BTreeMap<String, String>,
    /// Annotations of each copy.
    pub annotations: BTreeMap<String, String>,
    /// Namespaces by label; one selector that matches is enough.
    pub selectors: Vec<LabelSelector>,
    /// Namespaces by name.
    pub namespaces: Vec<String>,
    /// The spec of each copy, as it stands.
    pub spec: Value,
}
