//! From where a store takes what it needs, as the provider sees it.
//!
//! Must never: lead into a namespace that the store may not refer to.

use std::sync::Arc;

use kube::Client;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_provider::{AmbientIdentity, AmbientTokens, InputError, NamespaceInputs, Retries, Scope, StoreUse};

use super::audience::ApiAudiences;
use super::key::StoreKey;
use super::namespace_client::NamespaceClient;
use super::own_account::OwnAccount;
use crate::object_name::is_object_name;

/// Which namespaces a store's references may name.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// The store's own, and no other.
    Own(Arc<str>),
    /// Any that is named; one that is not named is that of the using object, if one uses the store.
    Named { using: Option<Arc<str>> },
}

impl Reach {
    pub(super) fn of(store: &StoreKey, using: Option<Arc<str>>) -> Self {
        match (store.kind, &store.namespace) {
            (StoreKind::SecretStore, Some(own)) => Self::Own(Arc::clone(own)),
            _ => Self::Named { using },
        }
    }

    /// The namespace in which a reference is looked for.
    ///
    /// The operator may read credentials in every namespace, a tenant may not: without this rule a SecretStore
    /// could name another tenant's Secret and have it sent to a server of its own.
    pub(super) fn namespace(&self, named: Option<&str>) -> Result<Arc<str>, InputError> {
        match (self, named) {
            (Self::Own(own), None) => Ok(Arc::clone(own)),
            (Self::Own(own), Some(named)) if **own == *named => Ok(Arc::clone(own)),
            (Self::Own(_), Some(named)) => Err(InputError::NamespaceRefused { namespace: named.to_owned() }),
            (Self::Named { .. }, Some(named)) if is_object_name(named) => Ok(named.into()),
            (Self::Named { .. }, Some(named)) => Err(InputError::NamespaceRefused { namespace: named.to_owned() }),
            (Self::Named { using: Some(using) }, None) => Ok(Arc::clone(using)),
            (Self::Named { using: None }, None) => Err(InputError::Invalid {
                what: "a reference without a namespace".to_owned(),
                problem: "it means the namespace of the object that uses the store, and none uses it here; name a namespace",
            }),
        }
    }
}

/// One store's scope.
pub(super) struct StoreScope {
    pub(super) client: Client,
    pub(super) store: StoreKey,
    pub(super) retries: Retries,
    pub(super) reach: Reach,
    pub(super) ambient: AmbientIdentity,
    pub(super) webhooks_reach_loopback: bool,
    pub(super) audiences: Arc<ApiAudiences>,
    pub(super) own_account: Arc<OwnAccount>,
}

impl Scope for StoreScope {
    fn inputs(&self, selector_namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        let namespace = self.reach.namespace(selector_namespace)?;
        Ok(Arc::new(NamespaceClient::new(self.client.clone(), namespace, Arc::clone(&self.audiences))))
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        self.ambient
    }

    fn ambient_tokens(&self) -> Option<Arc<dyn AmbientTokens>> {
        match self.ambient {
            AmbientIdentity::Allowed => Some(self.own_account.clone()),
            AmbientIdentity::Refused => None,
        }
    }

    fn store_use(&self) -> Option<StoreUse> {
        let namespace = match &self.reach {
            Reach::Own(own) => Some(own),
            Reach::Named { using } => using.as_ref(),
        }?;
        Some(StoreUse {
            kind: self.store.kind_name().to_owned(),
            name: self.store.name.to_string(),
            namespace: namespace.to_string(),
        })
    }

    fn webhooks_reach_loopback(&self) -> bool {
        self.webhooks_reach_loopback
    }

    fn retries(&self) -> Retries {
        self.retries
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn own() -> Reach {
        Reach::of(&StoreKey::namespaced("shop", "vault"), Some("other".into()))
    }

    fn shared(using: Option<&str>) -> Reach {
        Reach::of(&StoreKey::cluster("vault"), using.map(Into::into))
    }

    #[rstest]
    #[case::own(own(), None, Some("shop"))]
    #[case::own_by_name(own(), Some("shop"), Some("shop"))]
    #[case::another_tenants(own(), Some("bank"), None)]
    #[case::the_users(own(), Some("other"), None)]
    #[case::an_empty_name(own(), Some(""), None)]
    #[case::shared_by_name(shared(Some("shop")), Some("vault"), Some("vault"))]
    #[case::a_path(shared(Some("shop")), Some("shop/secrets"), None)]
    #[case::no_name(shared(Some("shop")), Some(""), None)]
    #[case::shared_of_the_user(shared(Some("shop")), None, Some("shop"))]
    #[case::shared_of_nobody(shared(None), None, None)]
    fn where_a_reference_is_looked_for(#[case] reach: Reach, #[case] named: Option<&str>, #[case] found: Option<&str>) {
        assert_eq!(reach.namespace(named).ok().as_deref(), found);
    }
}
