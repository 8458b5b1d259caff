//! Who may use a store, and whether it may use the operator's own identity. Pure.
//!
//! Must never: allow what no rule allows.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_provider::AmbientIdentity;

use super::object::StoreObject;
use crate::namespaces::Labels;
use crate::selector::selects;

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
    use sealbridge_api::store::ProviderSpec;
    use serde_json::{Value, json};

    use super::super::key::StoreKey;
    use super::*;

    fn store(key: StoreKey, conditions: Value) -> StoreObject {
        StoreObject {
            key,
            uid: "u".into(),
            generation: 1,
            provider: Some(ProviderSpec::default()),
            retry: None,
            unreadable: None,
            class: None,
            expressions: vec![],
            conditions: serde_json::from_value(conditions).unwrap(),
            observed_generation: None,
            status: vec![],
        }
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
