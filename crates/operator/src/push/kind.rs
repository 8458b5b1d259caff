//! The kinds of objects that push, and which object. Pure.

use std::fmt;
use std::sync::Arc;

use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use sealbridge_api::VERSION;
use sealbridge_manifest::external_secrets::{PUSH_FINALIZER, PUSH_KIND, PUSH_VERSION};
use sealbridge_manifest::push::{PushPlan, PushPlanError, StoreChoice};
use sealbridge_manifest::{StoreGroup, external_secrets, native};
use serde_json::Value;

/// What holds a native object until what it pushed is taken back.
const NATIVE_FINALIZER: &str = "sealbridge.dev/pushed";

/// Whose kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PushKind {
    /// `sealbridge.dev/v1`.
    Native,
    /// `external-secrets.io/v1alpha1`.
    External,
}

impl PushKind {
    /// The group of the stores that objects of the kind write to.
    pub(super) fn group(self) -> StoreGroup {
        match self {
            Self::Native => StoreGroup::Native,
            Self::External => StoreGroup::ExternalSecrets,
        }
    }

    /// What a spec asks for.
    pub(super) fn plan(self, spec: &Value) -> Result<PushPlan, PushPlanError> {
        match self {
            Self::Native => native::push_plan(spec),
            Self::External => external_secrets::push_plan(spec),
        }
    }

    /// The stores that it names, whatever else is wrong with it.
    pub(super) fn stores(self, spec: &Value) -> Vec<StoreChoice> {
        match self {
            Self::Native => native::push_stores(spec),
            Self::External => external_secrets::push_stores(spec),
        }
    }

    /// What holds an object until what it pushed is taken back.
    pub(super) fn finalizer(self) -> &'static str {
        match self {
            Self::Native => NATIVE_FINALIZER,
            Self::External => PUSH_FINALIZER,
        }
    }

    /// The resource.
    pub(super) fn resource(self) -> ApiResource {
        let version = match self {
            Self::Native => VERSION,
            Self::External => PUSH_VERSION,
        };
        let kind = GroupVersionKind::gvk(self.group().as_str(), version, PUSH_KIND);
        ApiResource::from_gvk_with_plural(&kind, "pushsecrets")
    }

    /// The objects of a namespace, or of all.
    pub(super) fn api(self, client: kube::Client, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &self.resource()),
            None => Api::all_with(client, &self.resource()),
        }
    }
}

/// An object that pushes, by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PushId {
    pub(super) kind: PushKind,
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUSH_KIND}.{} {}/{}", self.kind.group().as_str(), self.namespace, self.name)
    }
}
