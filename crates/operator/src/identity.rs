//! Names of the objects that the operator works on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use sealbridge_api::{GROUP, VERSION};

/// The kinds of objects that declare a Secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The native one.
    #[default]
    BridgedSecret,
    /// `bitnami.com/v1alpha1`.
    SealedSecret,
    /// `external-secrets.io/v1`.
    ExternalSecret,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::BridgedSecret, Self::SealedSecret, Self::ExternalSecret];

    /// The API group.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::BridgedSecret => GROUP,
            Self::SealedSecret => "bitnami.com",
            Self::ExternalSecret => "external-secrets.io",
        }
    }

    /// The version in which the objects are read and written.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::BridgedSecret => VERSION,
            Self::SealedSecret => "v1alpha1",
            Self::ExternalSecret => "v1",
        }
    }

    /// The kind as it stands in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BridgedSecret => "BridgedSecret",
            Self::SealedSecret => "SealedSecret",
            Self::ExternalSecret => "ExternalSecret",
        }
    }

    /// `apiVersion` as it stands in manifests.
    #[must_use]
    pub fn api_version(self) -> String {
        format!("{}/{}", self.group(), self.version())
    }

    /// The kind as it stands in addresses.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::BridgedSecret => "bridgedsecrets",
            Self::SealedSecret => "sealedsecrets",
            Self::ExternalSecret => "externalsecrets",
        }
    }

    /// The objects of a namespace, or of all.
    #[must_use]
    pub fn api(self, client: kube::Client, namespace: Option<&str>) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(self.group(), self.version(), self.as_str());
        let resource = ApiResource::from_gvk_with_plural(&kind, self.plural());
        match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object that declares a Secret, by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The kind.
    pub kind: Kind,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl ObjectId {
    /// How a Secret names the object that holds it, in its own namespace: the name alone for the native kind,
    /// else `<kind>/<name>`, which is no name of an object.
    #[must_use]
    pub fn holder(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::BridgedSecret => Cow::Borrowed(&self.name),
            kind @ (Kind::SealedSecret | Kind::ExternalSecret) => Cow::Owned(format!("{kind}/{}", self.name)),
        }
    }
}

/// Reads what [`ObjectId::holder`] wrote: kind and name.
#[must_use]
pub fn read_holder(text: &str) -> (Kind, &str) {
    let foreign = || {
        let (written, name) = text.split_once('/')?;
        let kind = Kind::ALL.into_iter().find(|kind| *kind != Kind::BridgedSecret && kind.as_str() == written)?;
        Some((kind, name))
    };
    foreign().unwrap_or((Kind::BridgedSecret, text))
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != Kind::BridgedSecret {
            write!(f, "{} ", self.kind)?;
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// An object as the owner of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Which object.
    pub id: ObjectId,
    /// Its uid.
    pub uid: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_of_another_kind_is_no_object_of_ours() {
        let id = |kind| ObjectId { kind, namespace: "shop".into(), name: "checkout".into() };
        let (native, sealed) = (id(Kind::BridgedSecret), id(Kind::SealedSecret));
        assert_eq!(id(Kind::ExternalSecret).holder(), "ExternalSecret/checkout");
        assert_eq!(native.holder(), "checkout");
        assert_eq!(sealed.holder(), "SealedSecret/checkout");
        for id in [native, sealed, id(Kind::ExternalSecret)] {
            assert_eq!(read_holder(&id.holder()), (id.kind, "checkout"));
        }
        assert_eq!(read_holder("Pod/x"), (Kind::BridgedSecret, "Pod/x"));
    }
}
