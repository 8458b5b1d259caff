//! Whether a label selector selects a namespace.
//!
//! Must never: let a selector that cannot be understood select anything.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{Selector, SelectorExt};

use crate::namespaces::Labels;

/// Whether `selector` selects what carries `labels`. An empty selector selects everything, as everywhere in
/// Kubernetes; one that cannot be understood selects nothing.
pub(crate) fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    Selector::try_from(selector.clone()).is_ok_and(|selector| selector.matches(labels))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
        let labels = Arc::new([("team".to_owned(), "x".to_owned())].into());
        assert_eq!(selects(&serde_json::from_value(selector).unwrap(), &labels), selected);
    }
}
