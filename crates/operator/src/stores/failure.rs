//! Why a store gives no session, in words for conditions.
//!
//! Must never: differ while the cause is the same, or carry content of an input.

use sealbridge_api::Reason;
use sealbridge_manifest::StoreGroup;
use sealbridge_provider::{InputError, Refused};

use super::key::StoreKey;
use super::object::Unreadable;
use crate::inputs::{InputId, InputState};

/// Why a store gives no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFailure {
    /// The class: `StoreNotFound`, `StoreNotAllowed`, `AmbientIdentityRefused`, `StoreNotReady`, `SpecInvalid`.
    pub reason: Reason,
    /// What failed and what to do.
    pub detail: String,
}

impl StoreFailure {
    pub(super) fn not_found(store: &StoreKey) -> Self {
        Self::new(Reason::StoreNotFound, format!("{store} does not exist; create it, or correct secretStoreRef"))
    }

    pub(super) fn kind_forbidden(store: &StoreKey) -> Self {
        let kind = store.kind_name();
        let detail = format!("{store} is not known because the operator may not list any {kind}; grant it list and watch on them");
        Self::new(Reason::StoreNotAllowed, detail)
    }

    pub(super) fn not_allowed(store: &StoreKey, namespace: &str) -> Self {
        let detail =
            format!("{store} may not be used from namespace {namespace}; add it to the store's conditions, or name another store");
        Self::new(Reason::StoreNotAllowed, detail)
    }

    /// Why `namespace` may not have a key of the store.
    pub(super) fn refused(store: &StoreKey, refused: &Refused) -> Self {
        Self::new(Reason::StoreNotAllowed, format!("{store}: {refused}"))
    }

    pub(super) fn unreadable(store: &StoreKey, unreadable: Option<&Unreadable>) -> Self {
        let what = match unreadable {
            Some(Unreadable { path, problem: Some(problem) }) => {
                return Self::new(Reason::SpecInvalid, format!("{path} of {store} cannot be used: {problem}"));
            }
            Some(Unreadable { path, problem: None }) => {
                format!("{path} of {store} is unknown, of the wrong type or not supported")
            }
            None => format!("the spec of {store} cannot be read"),
        };
        let mut explained = store.kind_name().to_lowercase();
        if store.group != StoreGroup::Native {
            explained = format!("{explained}.{}", store.group.as_str());
        }
        Self::new(Reason::SpecInvalid, format!("{what}; compare it with kubectl explain {explained}.spec"))
    }

    pub(super) fn changing(store: &StoreKey) -> Self {
        let detail = format!("{store} or what it refers to was not known in time; it is asked again by itself");
        Self::new(Reason::StoreNotReady, detail)
    }

    pub(super) fn of_input(store: &StoreKey, error: &InputError) -> Self {
        let reason = match error {
            InputError::AmbientIdentityRefused => Reason::AmbientIdentityRefused,
            InputError::NamespaceRefused { .. } => Reason::SpecInvalid,
            InputError::Invalid { .. } => Reason::StoreMisconfigured,
            InputError::ObjectMissing { .. } | InputError::EntryMissing { .. } | InputError::Unavailable { .. } => {
                Reason::StoreNotReady
            }
        };
        Self::new(reason, format!("{store}: {error}"))
    }

    /// What the state of an input alone says, if it says that there is no session.
    pub(super) fn of_state(store: &StoreKey, input: &InputId, state: &InputState) -> Option<Self> {
        let problem = match state {
            InputState::Present { .. } => return None,
            InputState::Missing => "does not exist; create it, or correct the store's reference",
            InputState::Forbidden => "is not known because the operator may not list it; grant it get, list and watch",
        };
        Some(Self::new(Reason::StoreNotReady, format!("{store}: {input} {problem}")))
    }

    /// Whether asking again may help although nothing that is watched changes.
    pub(super) fn may_pass(error: &InputError) -> bool {
        matches!(error, InputError::Unavailable { .. } | InputError::Invalid { .. })
    }

    fn new(reason: Reason, detail: String) -> Self {
        Self { reason, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_the_store_and_what_to_do() {
        let store = StoreKey::namespaced("shop", "vault");
        let refused = InputError::NamespaceRefused { namespace: "bank".into() };
        for failure in [
            StoreFailure::not_found(&store),
            StoreFailure::kind_forbidden(&store),
            StoreFailure::not_allowed(&store, "other"),
            StoreFailure::unreadable(&store, None),
            StoreFailure::unreadable(&store, Some(&Unreadable::field("provider.vault"))),
            StoreFailure::unreadable(&store, Some(&Unreadable::limits("spec.limits", "[0]", "it is bad; mend it"))),
            StoreFailure::changing(&store),
            StoreFailure::of_input(&store, &refused),
            StoreFailure::of_input(&store, &InputError::AmbientIdentityRefused),
        ] {
            assert!(failure.detail.contains("SecretStore/shop/vault") && failure.detail.contains("; "), "{failure:?}");
        }
    }
}
