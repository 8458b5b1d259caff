//! The Kubernetes method: the server asks the API server to whom a token belongs.

use sealbridge_api::store::KubernetesAuth;
use vaultrs::api::auth::kubernetes::requests::LoginWithKubernetesRequest;
use zeroize::Zeroize;

use super::super::http::Http;
use super::super::settings::{invalid, mount_segments};
use super::call::call;
use super::grant::Grant;
use crate::service_account::{Jwt, SHORTEST_LIFE};
use crate::{InputError, ReadError, Scope, credential};

const DEFAULT_MOUNT: &str = "kubernetes";
/// The entry of a Secret of type `kubernetes.io/service-account-token`.
const TOKEN_ENTRY: &str = "token";

/// A role and the ServiceAccount that may have it.
pub(in crate::vault) struct Kubernetes {
    mount: String,
    role: String,
    jwt: Jwt,
}

/// Finds out whose token is sent. Without a reference that would be the operator's own.
pub(super) async fn resolve(spec: &KubernetesAuth, scope: &dyn Scope) -> Result<Kubernetes, InputError> {
    let mount = mount_segments("auth.kubernetes.mountPath", spec.mount_path.as_deref().unwrap_or(DEFAULT_MOUNT))?.join("/");
    let jwt = match (&spec.service_account_ref, &spec.secret_ref) {
        (Some(account), None) => Jwt::requested(account, &[], SHORTEST_LIFE, scope)?,
        (None, Some(reference)) => Jwt::fixed(&reference.or_entry(TOKEN_ENTRY), scope).await?,
        (None, None) => Jwt::ambient(scope)?,
        (Some(_), Some(_)) => return Err(invalid("auth.kubernetes", "at most one of serviceAccountRef and secretRef is allowed")),
    };
    Ok(Kubernetes { mount, role: spec.role.clone(), jwt })
}

impl Kubernetes {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let mut request = LoginWithKubernetesRequest {
            mount: self.mount.clone(),
            role: self.role.clone(),
            jwt: credential::text(&self.jwt.get().await?),
        };
        let answer = call(http, &request, None, namespace).await;
        request.jwt.zeroize();
        Grant::from_login(&answer?)
    }
}
