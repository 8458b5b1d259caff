//! Who may use a store, and whether it may use the operator's own identity. Pure.
//!
//! Must never: allow what no rule allows.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::selection::selects;
use sealbridge_api::store::KeyLimit;
use sealbridge_provider::{Admission, AmbientIdentity};

use super::object::StoreObject;
use crate::namespaces::Labels;

/// Whether objects of `namespace` may use the store.
///
/// Without this check anyone who may create a BridgedSecret anywhere could read what a ClusterSecretStore was
/// set up for somebody else to read. It is made before anything is sent anywhere.
pub(super) fn may_be_used_from(store: &StoreObject, namespace: &str, labels: &Labels) -> bool {
    match store.key.kind {
        StoreKind::SecretStore => store.key.namespace.as_deref() == Some(namespace),
        StoreKind::ClusterSecretStore => {
            store.provider.is_some()
                && (!store.names_its_users()
                    || store.expressions.iter().any(|expression| expression.is_found_in(namespace))
                    || store.conditions.iter().any(|condition| condition.namespaces.iter().any(|name| name == namespace))
                    || store.selectors().any(|selector| selects(selector, labels)))
        }
    }
}

/// Which of the store's keys objects of `namespace` may have.
pub(super) fn admission(store: &StoreObject, namespace: &str, labels: &Labels) -> Admission {
    let Some(limits) = &store.limits else { return Admission::to_everything() };
    Admission::of(limits, namespace, |limit: &KeyLimit| {
        limit.namespaces.iter().any(|name| name == namespace)
            || limit.namespace_selector.as_ref().is_some_and(|selector| selects(selector, labels))
    })
}

/// What a store answers a namespace, as far as it depends on that namespace's labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    may_be_used: bool,
    limits: Option<Vec<String>>,
}

/// What the store answers `namespace`.
pub(super) fn answer(store: &StoreObject, namespace: &str, labels: &Labels) -> Answer {
    let admission = admission(store, namespace, labels);
    let limits = admission.limits().map(|names| names.into_iter().map(str::to_owned).collect());
    Answer { may_be_used: may_be_used_from(store, namespace, labels), limits }
}

/// Whether the store may use the operator's own identity.
///
/// A tenant chooses the server of a SecretStore: with the operator's identity it could have that sent to a
/// server of its own, and be the operator from then on. A ClusterSecretStore is set up by whoever runs the
/// cluster; it needs the flag, and has to say who may use it.
pub(super) fn ambient_identity(store: &StoreObject, allowed_by_flag: bool) -> AmbientIdentity {
    match store.key.kind {
        StoreKind::ClusterSecretStore if allowed_by_flag && store.names_its_users() => AmbientIdentity::Allowed,
        StoreKind::ClusterSecretStore | StoreKind::SecretStore => AmbientIdentity::Refused,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::key::StoreKey;
    use super::*;

    fn store(key: StoreKey, conditions: Value) -> StoreObject {
        StoreObject::sample(key, 1, serde_json::from_value(conditions).unwrap())
    }

    fn labels() -> Labels {
        Arc::new([("team".to_owned(), "x".to_owned())].into())
    }

    #[rstest]
    #[case::no_condition(json!([]), true)]
    #[case::by_name(json!([{"namespaces": ["other", "shop"]}]), true)]
    #[case::by_label(json!([{"namespaceSelector": {"matchLabels": {"team": "x"}}}]), true)]
    #[case::one_of_two(json!([{"namespaces": ["other"]}, {"namespaceSelector": {"matchLabels": {"team": "x"}}}]), true)]
    #[case::another_name(json!([{"namespaces": ["sho", "shop-1"]}]), false)]
    #[case::another_label(json!([{"namespaceSelector": {"matchLabels": {"team": "y"}}}]), false)]
    #[case::a_condition_that_names_nobody(json!([{}]), false)]
    fn a_cluster_store_from_shop(#[case] conditions: Value, #[case] allowed: bool) {
        let store = store(StoreKey::cluster("vault"), conditions);
        assert_eq!(may_be_used_from(&store, "shop", &labels()), allowed);
    }

    #[test]
    fn a_part_of_a_name_is_enough_for_an_expression() {
        let mut store = store(StoreKey::cluster("vault"), json!([{"namespaces": ["other"]}]));
        store.expressions = vec![sealbridge_api::expression::Expression::parse("^team-").unwrap()];
        assert!(may_be_used_from(&store, "team-a", &labels()) && !may_be_used_from(&store, "a-team-", &labels()));
        store.conditions.clear();
        assert!(!may_be_used_from(&store, "shop", &labels()));
    }

    #[rstest]
    #[case::by_name("shop", json!({"team": "y"}), &["by-name"])]
    #[case::by_label("other", json!({"team": "x"}), &["by-label"])]
    #[case::by_both("shop", json!({"team": "x"}), &["by-name", "by-label"])]
    #[case::by_neither("other", json!({}), &[])]
    fn limits_of_a_namespace(#[case] namespace: &str, #[case] labels: Value, #[case] wanted: &[&str]) {
        let labels: Labels = Arc::new(serde_json::from_value(labels).unwrap());
        let limit = |name: &str, whom: Value| {
            let mut limit = json!({"name": name, "keyPrefixes": ["a"], "actions": ["Read"]});
            limit.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
            limit
        };
        let store = store(StoreKey::cluster("vault"), json!([])).with_limits(json!([
            limit("by-name", json!({"namespaces": ["shop"]})),
            limit("by-label", json!({"namespaceSelector": {"matchLabels": {"team": "x"}}})),
        ]));
        assert_eq!(admission(&store, namespace, &labels).limits().unwrap(), wanted);
        assert!(store.asks_for_labels());
    }

    #[test]
    fn a_store_is_not_used_from_another_namespace() {
        let store = store(StoreKey::namespaced("shop", "vault"), json!([]));
        assert!(may_be_used_from(&store, "shop", &labels()));
        assert!(!may_be_used_from(&store, "other", &labels()));
    }

    #[test]
    fn conditions_that_cannot_be_read_allow_nobody() {
        let mut store = store(StoreKey::cluster("vault"), json!([]));
        store.provider = None;
        assert!(!may_be_used_from(&store, "shop", &labels()));
    }

    #[rstest]
    #[case::a_tenants_store(StoreKey::namespaced("shop", "vault"), json!([{"namespaces": ["shop"]}]), true, false)]
    #[case::without_the_flag(StoreKey::cluster("vault"), json!([{"namespaces": ["shop"]}]), false, false)]
    #[case::for_everybody(StoreKey::cluster("vault"), json!([]), true, false)]
    #[case::asked_for_twice(StoreKey::cluster("vault"), json!([{"namespaces": ["shop"]}]), true, true)]
    fn the_operators_own_identity(#[case] key: StoreKey, #[case] conditions: Value, #[case] flag: bool, #[case] allowed: bool) {
        let verdict = ambient_identity(&store(key, conditions), flag);
        assert_eq!(verdict == AmbientIdentity::Allowed, allowed);
    }
}
