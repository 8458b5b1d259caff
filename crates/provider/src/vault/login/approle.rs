//! AppRole: a role id, which is public, and a secret id.

use sealbridge_api::store::AppRoleAuth;
use sealbridge_secret::SecretBytes;
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;
use zeroize::Zeroize;

use super::super::http::Http;
use super::super::settings::{invalid, mount_segments};
use super::call::call;
use super::grant::Grant;
use super::wrapped::Wrapped;
use crate::{InputError, ReadError, Scope, credential};

const DEFAULT_MOUNT: &str = "approle";

/// A role and the id that proves it.
pub(in crate::vault) struct AppRole {
    mount: String,
    role_id: String,
    secret_id: SecretId,
}

enum SecretId {
    Given(SecretBytes),
    Wrapped(Wrapped),
}

/// Fetches the ids.
pub(super) async fn resolve(spec: &AppRoleAuth, scope: &dyn Scope) -> Result<AppRole, InputError> {
    let mount = mount_segments("auth.appRole.path", spec.path.as_deref().unwrap_or(DEFAULT_MOUNT))?.join("/");
    let role_id = match (&spec.role_id, &spec.role_ref) {
        (Some(role_id), None) => role_id.trim().to_owned(),
        (None, Some(reference)) => credential::text(&credential::fetch(reference, scope).await?),
        _ => return Err(invalid("auth.appRole", "exactly one of roleId and roleRef is needed")),
    };
    let secret_id = match (&spec.secret_ref, &spec.wrapped_secret_ref) {
        (Some(reference), None) => SecretId::Given(credential::fetch(reference, scope).await?),
        (None, Some(reference)) => SecretId::Wrapped(Wrapped::new(credential::fetch(reference, scope).await?, mount.clone())),
        _ => return Err(invalid("auth.appRole", "exactly one of secretRef and wrappedSecretRef is needed")),
    };
    Ok(AppRole { mount, role_id, secret_id })
}

impl AppRole {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let secret_id = match &self.secret_id {
            SecretId::Given(id) => id,
            SecretId::Wrapped(wrapped) => wrapped.get(http, namespace).await?,
        };
        let mut request = LoginWithApproleRequest {
            mount: self.mount.clone(),
            role_id: self.role_id.clone(),
            secret_id: credential::text(secret_id),
        };
        let answer = call(http, &request, None, namespace).await;
        request.secret_id.zeroize();
        Grant::from_login(&answer?)
    }
}
