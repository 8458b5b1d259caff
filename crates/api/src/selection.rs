//! Label selectors: how they are read, and whether they select a namespace.
//!
//! Threat: an empty selector selects everything, and so does one whose only field is misspelt and dropped.
//! Must never: let a selector that cannot be understood select anything.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use kube::core::{Selector, SelectorExt};
use serde::{Deserialize, Deserializer};

/// Whether `selector` selects what carries `labels`. An empty selector selects everything, as everywhere in
/// Kubernetes; one that cannot be understood selects nothing.
#[must_use]
pub fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    Selector::try_from(selector.clone()).is_ok_and(|selector| selector.matches(labels))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Strict {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<Requirement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl From<Requirement> for LabelSelectorRequirement {
    fn from(requirement: Requirement) -> Self {
        let operator = match requirement.operator {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
        };
        Self { key: requirement.key, operator: operator.to_owned(), values: requirement.values }
    }
}

impl From<Strict> for LabelSelector {
    fn from(read: Strict) -> Self {
        Self {
            match_labels: read.match_labels,
            match_expressions: read.match_expressions.map(|all| all.into_iter().map(Into::into).collect()),
        }
    }
}

/// Reads a selector with no field beside those that there are, for `#[serde(deserialize_with)]`: the type of Kubernetes'
/// own API drops what it does not know.
///
/// # Errors
/// The deserializer's own, at the path of the field.
pub fn strict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LabelSelector>, D::Error> {
    Ok(Option::<Strict>::deserialize(deserializer)?.map(Into::into))
}

/// Reads a list of selectors, each as [`strict`] does.
///
/// # Errors
/// The deserializer's own, at the path of the field.
pub fn strict_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<LabelSelector>>, D::Error> {
    let read = Option::<Vec<Strict>>::deserialize(deserializer)?;
    Ok(read.map(|all| all.into_iter().map(Into::into).collect()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::empty(json!({}), true)]
    #[case::label(json!({"matchLabels": {"team": "x"}}), true)]
    #[case::other_label(json!({"matchLabels": {"team": "y"}}), false)]
    #[case::expression(json!({"matchExpressions": [{"key": "team", "operator": "In", "values": ["x", "y"]}]}), true)]
    #[case::absent(json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), false)]
    #[case::not_in(json!({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["x"]}]}), false)]
    #[case::unknown_operator(json!({"matchExpressions": [{"key": "team", "operator": "Like", "values": ["x"]}]}), false)]
    fn of_team_x(#[case] selector: serde_json::Value, #[case] selected: bool) {
        let labels = BTreeMap::from([("team".to_owned(), "x".to_owned())]);
        assert_eq!(selects(&serde_json::from_value(selector).unwrap(), &labels), selected);
    }

    #[rstest]
    #[case::field(json!({"matchLabel": {"team": "x"}}))]
    #[case::field_below(json!({"matchExpressions": [{"key": "team", "operator": "In", "value": ["x"]}]}))]
    #[case::operator(json!({"matchExpressions": [{"key": "team", "operator": "Like", "values": ["x"]}]}))]
    #[case::type_of_a_label(json!({"matchLabels": {"team": 7}}))]
    fn what_would_select_more_than_was_meant_is_not_read(#[case] selector: serde_json::Value) {
        assert!(strict(selector.clone()).is_err());
        assert!(strict_list(json!([{}, selector])).is_err());
    }

    #[test]
    fn what_fits_is_read_as_it_stands() {
        let selector = json!({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]});
        let expected: LabelSelector = serde_json::from_value(selector.clone()).unwrap();
        assert_eq!(strict(selector.clone()).unwrap().as_ref(), Some(&expected));
        assert_eq!(strict_list(json!([selector])).unwrap(), Some(vec![expected]));
        assert_eq!((strict(json!(null)).unwrap(), strict_list(json!(null)).unwrap()), (None, None));
    }
}
