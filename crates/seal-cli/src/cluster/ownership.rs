//! Which Secrets go when their BridgedSecret goes, and how they are let go.
//!
//! Must never: read a value, or change anything of a Secret but its owners.

use jiff::{Span, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use sealbridge_api::labels::{MANAGED, MANAGED_VALUE};
use sealbridge_manifest::{external_secrets, sealed_secrets};
use serde::Serialize;
use serde_json::json;

use super::{Cluster, denied};
use crate::error::Error;

/// The Lease that an operator holds while it works.
const LEASE: &str = "sealbridge-operator";
/// Our group, as an owner reference has it.
const GROUP: &str = "sealbridge.dev/";
/// The group of SealedSecrets, which own Secrets that the operator writes for them.
const SEALED_SECRETS: &str = "bitnami.com/";
/// The group of ExternalSecrets, likewise.
const EXTERNAL_SECRETS: &str = "external-secrets.io/";
/// Secrets in one answer of the API server.
const PAGE: u32 = 500;
/// A Secret that is written again and again meanwhile is given up after so many tries.
const TRIES: usize = 5;

/// A Secret that would be deleted together with an object that the operator serves.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OwnedSecret {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// The objects that own it.
    pub(crate) owners: Vec<Declaration>,
}

/// An object that declares a Secret.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Declaration {
    /// `BridgedSecret`, `SealedSecret` or `ExternalSecret`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
}

/// Whether an operator holds its lease. One that does takes back what is let go.
pub(crate) async fn operator_is_at_work(cluster: &Cluster, namespace: &str) -> Result<bool, Error> {
    let lease = Api::<Lease>::namespaced(cluster.client.clone(), namespace).get_opt(LEASE).await;
    let lease = lease.map_err(|error| denied(&error, "get", "leases.coordination.k8s.io", Some(namespace)))?;
    let lease = lease.ok_or_else(|| {
        Error::Cluster(format!(
            "there is no Lease {namespace}/{LEASE}, so it is not known whether an operator runs; name its namespace with \
             --operator-namespace, or pass --operator-gone if it is deleted"
        ))
    })?;
    Ok(lease.spec.is_some_and(|spec| {
        let is_held = spec.holder_identity.is_some_and(|holder| !holder.is_empty());
        let seconds = Span::new().seconds(spec.lease_duration_seconds.unwrap_or_default().max(0));
        let end = spec.renew_time.and_then(|renewed| renewed.0.checked_add(seconds).ok());
        is_held && end.is_some_and(|end| end > Timestamp::now())
    }))
}

/// The Secrets of a namespace, or of all, that the operator wrote and that objects own which it serves; metadata only.
pub(crate) async fn owned_secrets(cluster: &Cluster, namespace: Option<&str>) -> Result<Vec<OwnedSecret>, Error> {
    let api: Api<Secret> = match namespace {
        Some(namespace) => Api::namespaced(cluster.client.clone(), namespace),
        None => Api::all(cluster.client.clone()),
    };
    let mut page = ListParams::default().labels(&format!("{MANAGED}={MANAGED_VALUE}")).limit(PAGE);
    let mut owned = Vec::new();
    loop {
        let list = api.list_metadata(&page).await.map_err(|error| denied(&error, "list", "secrets", namespace))?;
        owned.extend(list.items.into_iter().filter_map(|secret| {
            let owners = secret.metadata.owner_references.unwrap_or_default();
            let owners = owners.into_iter().filter(is_served);
            let owners: Vec<_> = owners.map(|owner| Declaration { kind: owner.kind, name: owner.name }).collect();
            let (namespace, name) = (secret.metadata.namespace?, secret.metadata.name?);
            (!owners.is_empty()).then_some(OwnedSecret { namespace, name, owners })
        }));
        match list.metadata.continue_ {
            Some(token) if !token.is_empty() => page.continue_token = Some(token),
            _ => return Ok(owned),
        }
    }
}

/// Takes the owner references of objects that the operator serves from a Secret, and nothing else. A Secret that is gone needs nothing.
pub(crate) async fn release(cluster: &Cluster, secret: &OwnedSecret) -> Result<(), Error> {
    let api: Api<Secret> = Api::namespaced(cluster.client.clone(), &secret.namespace);
    let place = format!("the Secret {}/{}", secret.namespace, secret.name);
    for _ in 0..TRIES {
        let seen =
            api.get_metadata_opt(&secret.name).await.map_err(|error| denied(&error, "get", "secrets", Some(&secret.namespace)))?;
        let Some(seen) = seen else { return Ok(()) };
        let mut owners = seen.metadata.owner_references.unwrap_or_default();
        owners.retain(|owner| !is_served(owner));
        // With the version, so that a write that came between is not undone.
        let patch = json!({"metadata": {
            "uid": seen.metadata.uid,
            "resourceVersion": seen.metadata.resource_version,
            "ownerReferences": if owners.is_empty() { json!(null) } else { json!(owners) },
        }});
        match api.patch_metadata(&secret.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            Ok(_) => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(denied(&error, "patch", "secrets", Some(&secret.namespace))),
        }
    }
    Err(Error::Cluster(format!("{place} is written again and again by somebody else; stop it, and run the command again")))
}

/// Whether an owner of a Secret with the operator's mark is an object that the operator serves.
fn is_served(owner: &OwnerReference) -> bool {
    let is = |kind: &str, group: &str| owner.kind == kind && owner.api_version.starts_with(group);
    owner.api_version.starts_with(GROUP) || is(sealed_secrets::KIND, SEALED_SECRETS) || is(external_secrets::KIND, EXTERNAL_SECRETS)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ours("sealbridge.dev/v1", "BridgedSecret", true)]
    #[case::sealed_secret("bitnami.com/v1alpha1", "SealedSecret", true)]
    #[case::other_kind_of_the_group("bitnami.com/v1alpha1", "Other", false)]
    #[case::other_group("example.com/v1", "SealedSecret", false)]
    #[case::group_that_only_begins_so("sealbridge.dev.example.com/v1", "BridgedSecret", false)]
    fn only_served_objects_let_go(#[case] api_version: &str, #[case] kind: &str, #[case] served: bool) {
        let owner = OwnerReference { api_version: api_version.into(), kind: kind.into(), ..OwnerReference::default() };
        assert_eq!(is_served(&owner), served);
    }
}
