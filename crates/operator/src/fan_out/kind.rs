//! The kinds that declare an object for several namespaces.

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, PartialObjectMeta};
use kube::core::GroupVersionKind;
use sealbridge_api::labels;
use sealbridge_manifest::document::DecodeError;
use sealbridge_manifest::{FanOut, StoreName, external_secrets, native};
use serde_json::Value;

use crate::identity::Kind;

/// What carries the copies of one kind, as metadata alone.
pub(super) type CopyMeta = PartialObjectMeta<DynamicObject>;

/// Annotations of a ClusterExternalSecret that are for its copies too: what asks for a refresh, and who serves them.
const OF_EXTERNAL_SECRETS: [&str; 2] = ["external-secrets.io/force-sync", labels::ADOPT];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOutKind {
    /// `ClusterBridgedSecret`, of BridgedSecrets.
    Bridged,
    /// `ClusterExternalSecret`, of ExternalSecrets.
    External,
}

impl FanOutKind {
    /// The kind as it stands in manifests.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Bridged => native::CLUSTER_KIND,
            Self::External => external_secrets::CLUSTER_KIND,
        }
    }

    /// The kind as it stands in addresses.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Bridged => "clusterbridgedsecrets",
            Self::External => "clusterexternalsecrets",
        }
    }

    /// The kind of the copies.
    pub(super) fn copy(self) -> Kind {
        match self {
            Self::Bridged => Kind::BridgedSecret,
            Self::External => Kind::ExternalSecret,
        }
    }

    /// All objects of the kind.
    pub(super) fn api(self, client: Client) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(self.copy().group(), self.copy().version(), self.as_str());
        Api::all_with(client, &ApiResource::from_gvk_with_plural(&kind, self.plural()))
    }

    /// The metadata of everything that has the copies' kind.
    pub(super) fn copies(self, client: Client) -> Api<CopyMeta> {
        let kind = self.copy();
        let resource = GroupVersionKind::gvk(kind.group(), kind.version(), kind.as_str());
        Api::all_with(client, &ApiResource::from_gvk_with_plural(&resource, kind.plural()))
    }

    /// What a spec asks for.
    pub(super) fn read(self, spec: &Value) -> Result<FanOut, DecodeError> {
        match self {
            Self::Bridged => native::fan_out(spec),
            Self::External => external_secrets::fan_out(spec),
        }
    }

    /// The stores by which it is told whose an object is. The native kind is this operator's.
    pub(super) fn telling_stores(self, spec: &Value) -> Vec<StoreName> {
        match self {
            Self::Bridged => Vec::new(),
            Self::External => spec.get("externalSecretSpec").map(external_secrets::named_stores).unwrap_or_default(),
        }
    }

    /// Annotations of an object that are for its copies too.
    pub(super) fn handed_down(self) -> &'static [&'static str] {
        match self {
            Self::Bridged => &labels::REFRESH_REQUESTS,
            Self::External => &OF_EXTERNAL_SECRETS,
        }
    }
}
