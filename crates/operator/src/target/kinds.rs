//! Which kinds beside Secrets are written, and where the API server serves them.
//!
//! Owns: the list that whoever runs the operator gives, and one look at the API server per kind.
//! Must never: write a kind that gives rights or is another controller's input, whatever the list says.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use kube::Client;
use kube::api::ApiResource;
use sealbridge_manifest::TargetKind;
use serde::Deserialize;

use super::TargetError;
use crate::apiserver::{Failure, exchange};

/// Groups of which no kind is written: those that give rights, change what the API server does, or say which secrets are
/// read.
const REFUSED_GROUPS: [&str; 11] = [
    "sealbridge.dev",
    "external-secrets.io",
    "generators.external-secrets.io",
    "bitnami.com",
    "rbac.authorization.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
];

/// Lets a kind be listed only if objects of it give nobody rights.
///
/// Threat: whoever may make an object that is served, and no more, has the operator write a role binding, a webhook or a
/// store for them.
///
/// # Errors
/// Why the kind is refused, for the command line.
pub fn ensure_kind_gives_no_rights(kind: &TargetKind) -> Result<(), &'static str> {
    if REFUSED_GROUPS.contains(&kind.group()) {
        return Err(
            "objects of this group give rights, change what the API server does, or say which secrets are read; leave it out",
        );
    }
    Ok(())
}

/// Where the API server serves a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub(super) kind: TargetKind,
    pub(super) prefix: String,
    pub(super) plural: String,
}

impl Resource {
    /// The same for a watch.
    #[must_use]
    pub fn api_resource(&self) -> ApiResource {
        let (group, version) = self.kind.api_version.split_once('/').unwrap_or(("", &self.kind.api_version));
        ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: self.kind.api_version.clone(),
            kind: self.kind.kind.clone(),
            plural: self.plural.clone(),
        }
    }
}

/// The kinds that are written beside Secrets.
pub struct Kinds {
    client: Client,
    allowed: BTreeSet<TargetKind>,
    known: Mutex<HashMap<TargetKind, Arc<Resource>>>,
}

impl Kinds {
    /// Those that are listed.
    #[must_use]
    pub fn new(client: Client, allowed: impl IntoIterator<Item = TargetKind>) -> Self {
        Self { client, allowed: allowed.into_iter().collect(), known: Mutex::default() }
    }

    /// Those that are listed, in order.
    pub fn allowed(&self) -> impl Iterator<Item = &TargetKind> {
        self.allowed.iter()
    }

    /// Where a kind is served. The API server is asked until it has it, and then never again.
    ///
    /// # Errors
    /// [`TargetError::KindNotAllowed`], [`TargetError::KindUnknown`], or that the API server does not answer.
    pub async fn resource(&self, kind: &TargetKind) -> Result<Arc<Resource>, TargetError> {
        if !self.allowed.contains(kind) {
            return Err(TargetError::KindNotAllowed { kind: kind.to_string() });
        }
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(self.look_up(kind).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(kind.clone(), Arc::clone(&found));
        Ok(found)
    }

    async fn look_up(&self, kind: &TargetKind) -> Result<Resource, TargetError> {
        let unknown = || TargetError::KindUnknown { kind: kind.to_string() };
        let prefix = match kind.group() {
            "" => format!("/api/{}", kind.api_version),
            _ => format!("/apis/{}", kind.api_version),
        };
        let request = http::Request::get(&prefix).body(Bytes::new()).map_err(|_| unknown())?;
        let answer = match exchange(&self.client, request).await {
            Ok(answer) => answer,
            Err(Failure::Refused(refusal)) if refusal.code == 404 => return Err(unknown()),
            Err(_) => return Err(TargetError::ClusterUnavailable),
        };
        let plural = plural(answer.expose(), &kind.kind).ok_or_else(unknown)?;
        Ok(Resource { kind: kind.clone(), prefix, plural })
    }
}

/// The plural of a kind that stands in namespaces, in an `APIResourceList`.
fn plural(list: &[u8], kind: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct List {
        resources: Vec<Served>,
    }
    #[derive(Deserialize)]
    struct Served {
        name: String,
        kind: String,
        namespaced: bool,
    }
    let list: List = serde_json::from_slice(list).ok()?;
    // What has a slash is a part of another one, as `deployments/scale`.
    let found = list.resources.into_iter().find(|served| served.kind == kind && !served.name.contains('/'))?;
    found.namespaced.then_some(found.name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ConfigMap", Ok(()))]
    #[case("argoproj.io/v1alpha1/Application", Ok(()))]
    #[case("apps/v1/Deployment", Ok(()))]
    #[case("rbac.authorization.k8s.io/v1/RoleBinding", Err(()))]
    #[case("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", Err(()))]
    #[case("sealbridge.dev/v1/BridgedSecret", Err(()))]
    #[case("external-secrets.io/v1/SecretStore", Err(()))]
    #[case("external-secrets.io/v1beta1/ExternalSecret", Err(()))]
    #[case("bitnami.com/v1alpha1/SealedSecret", Err(()))]
    fn what_gives_rights_cannot_be_allowed(#[case] kind: &str, #[case] expected: Result<(), ()>) {
        assert_eq!(ensure_kind_gives_no_rights(&kind.parse().unwrap()).map_err(drop), expected);
    }

    #[rstest]
    #[case("Deployment", Some("deployments"))]
    #[case("Node", None)]
    #[case("Scale", None)]
    #[case("deployment", None)]
    fn only_what_stands_in_namespaces_is_found(#[case] kind: &str, #[case] expected: Option<&str>) {
        let list = br#"{"resources":[{"name":"deployments/scale","kind":"Scale","namespaced":true},
            {"name":"deployments","kind":"Deployment","namespaced":true},{"name":"nodes","kind":"Node","namespaced":false}]}"#;
        assert_eq!(plural(list, kind).as_deref(), expected);
        assert_eq!(plural(b"<html>", kind), None);
    }

    #[tokio::test]
    async fn a_kind_that_is_not_listed_is_refused_without_a_request() {
        let kinds = Kinds::new(crate::testing::no_cluster(), ["ConfigMap".parse().unwrap()]);
        let refused = kinds.resource(&"apps/v1/Deployment".parse().unwrap()).await;
        assert_eq!(refused, Err(TargetError::KindNotAllowed { kind: "apps/v1/Deployment".to_owned() }));
        assert_eq!(
            kinds.resource(&"ConfigMap".parse().unwrap()).await,
            Err(TargetError::ClusterUnavailable),
            "nobody is there to answer"
        );
    }
}
