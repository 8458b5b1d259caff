//! Which keys of a ClusterSecretStore which namespaces may have.
//!
//! What a key is called in the end, and whether that lies below a prefix, is the providers' to say.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{
    KEY_PREFIX_PATTERN, MAX_KEY_PREFIXES, MAX_NAMESPACE_LEN, MAX_STORE_NAMESPACES, MAX_WORD_LEN, NAMESPACE_PATTERN,
};
use crate::schema::undescribed;

/// What some namespaces may do with some keys.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = (
    "has(self.namespaceSelector) || (has(self.namespaces) && size(self.namespaces) > 0)",
    "set namespaceSelector, namespaces or both"
))]
pub struct KeyLimit {
    /// A name by which a refusal tells which limits were tried.
    #[schemars(length(max = MAX_NAMESPACE_LEN), extend("pattern" = NAMESPACE_PATTERN))]
    pub name: String,
    /// Namespaces by label.
    #[serde(default, deserialize_with = "crate::selection::strict", skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_STORE_NAMESPACES), inner(length(max = MAX_NAMESPACE_LEN), regex(pattern = NAMESPACE_PATTERN)))]
    pub namespaces: Vec<String>,
    /// Beginnings of keys, written as keys of this store are, and compared by whole segments: `team-a` is the key `team-a`
    /// and all below `team-a/`, and not `team-ab`. `*` alone is every key.
    #[schemars(length(min = 1, max = MAX_KEY_PREFIXES), inner(length(min = 1, max = MAX_WORD_LEN), regex(pattern = KEY_PREFIX_PATTERN)))]
    pub key_prefixes: Vec<String>,
    /// What may be done with these keys: `Read` them by name, `Find` what is below a path, `Push` values
    /// there and take them back.
    #[schemars(length(min = 1, max = 3))]
    pub actions: Vec<KeyAction>,
}

/// What is done with keys.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum KeyAction {
    /// A value, or the metadata of one, is read by its key.
    Read,
    /// All values are read that a search finds.
    Find,
    /// A value is written, replaced or removed.
    Push,
}

impl KeyAction {
    /// The name as in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Find => "Find",
            Self::Push => "Push",
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::expression::Expression;
    use crate::limits::KEY_PREFIX_PATTERN;

    #[rstest]
    #[case("*", true)]
    #[case("team-a", true)]
    #[case("team-a/", true)]
    #[case("/team-a/db.v1", true)]
    #[case("a/.hidden/..x/...", true)]
    #[case("kv/data/shop", true)]
    #[case("", false)]
    #[case("/", false)]
    #[case("team-*", false)]
    #[case("a//b", false)]
    #[case("a/../b", false)]
    #[case("..", false)]
    #[case("a/.", false)]
    #[case("a%2fb", false)]
    #[case("a b", false)]
    #[case("a\\b", false)]
    #[case("a?b", false)]
    #[case("a#b", false)]
    #[case("té", false)]
    #[case("a\nb", false)]
    fn prefixes_that_the_schema_takes(#[case] prefix: &str, #[case] taken: bool) {
        assert_eq!(Expression::parse(KEY_PREFIX_PATTERN).unwrap().is_found_in(prefix), taken);
    }
}
