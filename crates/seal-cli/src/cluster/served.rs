//! The objects that the operator answers: every BridgedSecret, and the SealedSecrets and ExternalSecrets that it took on.
//!
//! Must never: count an object that another controller serves as one of ours.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use sealbridge_api::{BridgedSecret, labels};
use sealbridge_manifest::{external_secrets, sealed_secrets};

use super::objects::listed;
use super::{Cluster, refusal};
use crate::error::Error;

/// The manager under which the operator writes a status.
const MANAGER: &str = "sealbridge";

/// The kinds that declare a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::enum_variant_names, reason = "the kinds have these names")]
pub(crate) enum Kind {
    /// Ours.
    BridgedSecret,
    /// The one of Sealed Secrets.
    SealedSecret,
    /// The one of External Secrets Operator.
    ExternalSecret,
}

impl Kind {
    /// The kind as in manifests.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BridgedSecret => "BridgedSecret",
            Self::SealedSecret => sealed_secrets::KIND,
            Self::ExternalSecret => external_secrets::KIND,
        }
    }

    fn api_version(self) -> &'static str {
        match self {
            Self::BridgedSecret => "sealbridge.dev/v1",
            Self::SealedSecret => sealed_secrets::API_VERSION,
            Self::ExternalSecret => external_secrets::API_VERSION,
        }
    }
}

/// The kind `BridgedSecret` for the client.
pub(crate) fn bridged_secrets() -> ApiResource {
    ApiResource::erase::<BridgedSecret>(&())
}

/// The objects that the operator answers, of one namespace or of all, by namespace and name.
pub(crate) async fn served(cluster: &Cluster, namespace: Option<&str>) -> Result<Vec<(Kind, DynamicObject)>, Error> {
    let native = listed(cluster, &bridged_secrets(), namespace).await?;
    let mut all: Vec<_> = native.into_iter().map(|object| (Kind::BridgedSecret, object)).collect();
    for kind in [Kind::SealedSecret, Kind::ExternalSecret] {
        if is_known(cluster, kind).await? {
            let foreign = listed(cluster, &resource_of(kind.api_version(), kind.as_str()), namespace).await?.into_iter();
            all.extend(foreign.filter(|object| is_ours(&object.metadata)).map(|object| (kind, object)));
        }
    }
    all.sort_by_cached_key(|(kind, object)| (object.metadata.namespace.clone(), object.metadata.name.clone(), *kind));
    Ok(all)
}

/// A kind of another controller, for the client.
pub(crate) fn resource_of(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or_default();
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

/// Whether the cluster knows the kind at all; who may log in may ask that.
async fn is_known(cluster: &Cluster, kind: Kind) -> Result<bool, Error> {
    match cluster.client.list_api_group_resources(kind.api_version()).await {
        Ok(resources) => Ok(resources.resources.iter().any(|resource| resource.kind == kind.as_str())),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(refusal(&error, &format!("tell the kinds of {}", kind.api_version()))),
    }
}

/// Whether the operator was the last to answer it, or is asked to.
fn is_ours(metadata: &ObjectMeta) -> bool {
    let of_status = |entry: &&ManagedFieldsEntry| entry.subresource.as_deref() == Some("status");
    let entries = metadata.managed_fields.as_deref().unwrap_or_default().iter().filter(of_status);
    let last = entries.max_by_key(|entry| (entry.time.as_ref().map(|time| time.0), entry.manager.as_deref() != Some(MANAGER)));
    let is_asked = metadata.annotations.as_ref().and_then(|marks| marks.get(labels::ADOPT)).is_some_and(|mark| mark == "true");
    is_asked || last.is_some_and(|entry| entry.manager.as_deref() == Some(MANAGER))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::nobody_answered(json!([]), json!({}), false)]
    #[case::ours(json!([{"manager": "sealbridge", "subresource": "status", "time": "2026-01-02T00:00:00Z"}]), json!({}), true)]
    #[case::only_applied_by_us(json!([{"manager": "sealbridge"}]), json!({}), false)]
    #[case::another(json!([{"manager": "controller", "subresource": "status"}]), json!({}), false)]
    #[case::another_after_us(
        json!([
            {"manager": "sealbridge", "subresource": "status", "time": "2026-01-02T00:00:00Z"},
            {"manager": "controller", "subresource": "status", "time": "2026-01-03T00:00:00Z"},
        ]),
        json!({}),
        false
    )]
    #[case::asked_for(json!([{"manager": "controller", "subresource": "status"}]), json!({"sealbridge.dev/adopt": "true"}), true)]
    fn whose_sealed_secret_it_is(#[case] managers: serde_json::Value, #[case] marks: serde_json::Value, #[case] ours: bool) {
        let metadata = serde_json::from_value(json!({"managedFields": managers, "annotations": marks})).expect("metadata");
        assert_eq!(is_ours(&metadata), ours);
    }
}
