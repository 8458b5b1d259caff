//! What a store refers to, resolved to objects. Pure.
//!
//! Must never: name an object outside of the store's reach.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::store::{CaProvider, ProviderSpec};
use sealbridge_provider::{InputError, InputKind as ReferenceKind, InputName, depends_on_namespace, inputs_of};

use super::scope::Reach;
use crate::inputs::{InputId, InputKind};
use crate::object_name::is_object_name;

/// The objects that a store refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) inputs: Vec<InputId>,
    /// Whether the identity is another one for each namespace of a using object.
    pub(super) depends_on_user: bool,
}

/// What `provider` refers to, seen through `reach`.
pub(super) fn needs(provider: &ProviderSpec, kind: StoreKind, reach: &Reach) -> Result<Needs, InputError> {
    ensure_ca_has_a_namespace(provider, kind)?;
    let is_shared = kind == StoreKind::ClusterSecretStore;
    let mut needs = Needs { depends_on_user: is_shared && depends_on_namespace(provider), ..Needs::default() };
    for input in inputs_of(provider) {
        needs.depends_on_user |= is_shared && input.namespace.is_none();
        let namespace = reach.namespace(input.namespace.as_deref())?;
        if !is_object_name(&input.name) {
            return Err(InputError::Invalid {
                what: format!("the name {:?}", input.name),
                problem: "Kubernetes accepts no such name; correct it",
            });
        }
        needs.inputs.push(InputId { kind: kind_of(&input), namespace, name: input.name.into() });
    }
    Ok(needs)
}

/// Whether the identity is another one for each namespace of a using object.
pub(super) fn depends_on_user(provider: &ProviderSpec, kind: StoreKind) -> bool {
    kind == StoreKind::ClusterSecretStore
        && (depends_on_namespace(provider) || inputs_of(provider).iter().any(|input| input.namespace.is_none()))
}

fn kind_of(input: &InputName) -> InputKind {
    match input.kind {
        ReferenceKind::Secret => InputKind::Secret,
        ReferenceKind::ConfigMap => InputKind::ConfigMap,
        ReferenceKind::ServiceAccount => InputKind::ServiceAccount,
    }
}

/// Refuses a CA that whoever uses the store would choose.
///
/// With the CA of its own namespace a tenant could stand between the operator and the store that somebody
/// else set up, and read what that store's identity may read.
fn ensure_ca_has_a_namespace(provider: &ProviderSpec, kind: StoreKind) -> Result<(), InputError> {
    let ca = |ca: &Option<CaProvider>| ca.as_ref().is_some_and(|ca| ca.namespace.is_none());
    let without = provider.vault.as_ref().is_some_and(|vault| ca(&vault.ca_provider))
        || provider.open_bao.as_ref().is_some_and(|bao| ca(&bao.ca_provider))
        || provider.kubernetes.as_ref().is_some_and(|kubernetes| ca(&kubernetes.server.ca_provider));
    if kind == StoreKind::ClusterSecretStore && without {
        return Err(InputError::Invalid {
            what: "caProvider".to_owned(),
            problem: "in a ClusterSecretStore it needs a namespace; name one",
        });
    }
    Ok(())
}
