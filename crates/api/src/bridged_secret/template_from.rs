//! Templates that stand in other objects, or make several entries at once.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DecodingStrategy;
use crate::limits::{DATA_KEY_PATTERN, MAX_EXPRESSION_LEN, MAX_NAME_LEN, MAX_TEMPLATE_ITEMS, MAX_TEMPLATE_LEN, NAME_PATTERN};
use crate::schema::undescribed;

/// Templates from one place: exactly one of `configMap`, `secret` and `literal`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "[has(self.configMap), has(self.secret), has(self.literal)].exists_one(set, set)",
    "set exactly one of configMap, secret and literal; an overlay that replaces one by another must also set the old one to null"
))]
pub struct TemplateFrom {
    /// Templates in a ConfigMap of the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<TemplateObject>,
    /// Templates in a Secret of the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<TemplateObject>,
    /// A Go template that makes a YAML map of texts; each of its pairs is one entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_TEMPLATE_LEN))]
    pub literal: Option<String>,
    /// What the entries become: `Data` (the default), `Labels` or `Annotations`; with `target.manifest` also a path of keys
    /// and indices into the object's content, for example `spec.routes[0].headers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_EXPRESSION_LEN))]
    pub target: Option<String>,
    /// How each value that is made is decoded: `None` (the default), `Base64`, `Base64URL` or `Auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_decoding_strategy: Option<DecodingStrategy>,
}

/// An object of the namespace in which templates stand.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateObject {
    /// The object's name.
    #[schemars(length(max = MAX_NAME_LEN), extend("pattern" = NAME_PATTERN))]
    pub name: String,
    /// Its entries that are templates.
    #[schemars(length(min = 1, max = MAX_TEMPLATE_ITEMS))]
    pub items: Vec<TemplateItem>,
}

/// One entry that is a template.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateItem {
    /// The entry's name.
    #[schemars(length(min = 1, max = MAX_NAME_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub key: String,
    /// What it makes: `Values` (the default), the entry of its own name; `KeysAndValues`, every pair of a YAML map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_as: Option<TemplateAs>,
}

/// What a template in an object makes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum TemplateAs {
    /// The entry of its own name.
    #[default]
    Values,
    /// Every pair of a YAML map.
    KeysAndValues,
}
