//! How the names of entries that came together are changed, and how several values become one.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{DATA_KEY_PATTERN, MAX_EXPRESSION_LEN, MAX_NAME_LEN, MAX_PRIORITY};
use crate::schema::undescribed;

/// One step: exactly one of `regexp`, `transform` and `merge`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "[has(self.regexp), has(self.transform), has(self.merge)].exists_one(set, set)",
    "set exactly one of regexp, transform and merge"
))]
pub struct Rewrite {
    /// Replaces parts of every name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regexp: Option<RewriteRegexp>,
    /// Makes every name anew by a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<RewriteTransform>,
    /// Merges values that are JSON objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<RewriteMerge>,
}

/// Replaces what an expression finds.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewriteRegexp {
    /// A regular expression, RE2 syntax, not anchored.
    #[schemars(length(max = MAX_EXPRESSION_LEN))]
    pub source: String,
    /// What stands there instead; `$1`, `${1}` and `$name` are groups of the expression.
    #[schemars(length(max = MAX_EXPRESSION_LEN))]
    pub target: String,
}

/// Makes every name anew.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewriteTransform {
    /// A Go template, in which `.value` is the name: `{{ .value | upper }}`.
    #[schemars(length(max = MAX_EXPRESSION_LEN))]
    pub template: String,
}

/// Merges values that are JSON objects.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.strategy) && self.strategy == 'JSON' ? has(self.into) : !has(self.into)",
    "strategy JSON needs into, the name of the entry that holds the merged object; Extract has no such entry"
))]
pub struct RewriteMerge {
    /// The entry that holds the merged object with strategy JSON; of the same name as another, it takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN), extend("pattern" = DATA_KEY_PATTERN))]
    pub into: Option<String>,
    /// Names that are merged after all others, in this order: of two values for a key the later one counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_PRIORITY), inner(length(max = MAX_EXPRESSION_LEN)))]
    pub priority: Vec<String>,
    /// Whether a name under priority may be absent: `Strict` (the default) or `IgnoreNotFound`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority_policy: Option<PriorityPolicy>,
    /// Whether two values may have the same key: `Error` (the default) or `Ignore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_policy: Option<ConflictPolicy>,
    /// What becomes of the merged object: `Extract` (the default), its members are the entries, and nothing else; or
    /// `JSON`, it is one entry beside the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<MergeStrategy>,
}

/// Whether a name under `priority` may be absent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum PriorityPolicy {
    /// It may not.
    #[default]
    Strict,
    /// It is passed over.
    IgnoreNotFound,
}

/// Whether two values may have the same key.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum ConflictPolicy {
    /// They may not.
    #[default]
    Error,
    /// The later one counts.
    Ignore,
}

/// What becomes of the merged object.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum MergeStrategy {
    /// Its members are the entries.
    #[default]
    Extract,
    /// It is one entry.
    #[serde(rename = "JSON")]
    Json,
}
