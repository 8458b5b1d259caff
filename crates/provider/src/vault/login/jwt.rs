//! The JWT method: the server checks a token's signature by itself.

use std::time::Duration;

use sealbridge_api::store::JwtAuth;
use vaultrs::api::auth::oidc::requests::JWTLoginRequest;
use zeroize::Zeroize;

use super::super::http::Http;
use super::super::settings::{invalid, mount_segments};
use super::call::call;
use super::grant::Grant;
use crate::service_account::{Jwt, SHORTEST_LIFE};
use crate::{InputError, ReadError, Scope, credential};

const DEFAULT_MOUNT: &str = "jwt";

/// A role and the token that proves who may have it.
pub(in crate::vault) struct JwtMethod {
    mount: String,
    role: Option<String>,
    jwt: Jwt,
}

/// Finds out where the token comes from.
pub(super) async fn resolve(spec: &JwtAuth, scope: &dyn Scope) -> Result<JwtMethod, InputError> {
    let mount = mount_segments("auth.jwt.path", spec.path.as_deref().unwrap_or(DEFAULT_MOUNT))?.join("/");
    let jwt = match (&spec.secret_ref, &spec.kubernetes_service_account_token) {
        (Some(reference), None) => Jwt::fixed(reference, scope).await?,
        (None, Some(token)) => {
            let life =
                token.expiration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(SHORTEST_LIFE, Duration::from_secs);
            Jwt::requested(&token.service_account_ref, &token.audiences, life, scope)?
        }
        _ => return Err(invalid("auth.jwt", "exactly one of secretRef and kubernetesServiceAccountToken is needed")),
    };
    Ok(JwtMethod { mount, role: spec.role.clone(), jwt })
}

impl JwtMethod {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let mut request =
            JWTLoginRequest { mount: self.mount.clone(), jwt: credential::text(&self.jwt.get().await?), role: self.role.clone() };
        let answer = call(http, &request, None, namespace).await;
        request.jwt.zeroize();
        Grant::from_login(&answer?)
    }
}
