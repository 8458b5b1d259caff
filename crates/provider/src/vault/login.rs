//! The ways to log in. Each file owns one: what it needs from its surroundings, and its request.
//!
//! Must never: send the pod's own API token, or log in as the operator itself without leave.

mod approle;
mod call;
mod grant;
mod jwt;
mod kubernetes;

use sealbridge_secret::SecretBytes;

use super::http::Http;
use super::settings::{Auth, invalid};
use crate::{InputError, ReadError, Scope, credential};
pub(super) use call::SelfCall;
pub(super) use grant::{Grant, renewed_lease};

/// One way to log in, with what it needs.
pub(super) enum Method {
    /// A token that somebody else made; there is no login.
    Token(SecretBytes),
    AppRole(approle::AppRole),
    Kubernetes(kubernetes::Kubernetes),
    Jwt(jwt::JwtMethod),
}

/// Resolves the one way that is set.
pub(super) async fn resolve(auth: &Auth<'_>, scope: &dyn Scope) -> Result<Method, InputError> {
    match (auth.token_secret_ref, auth.app_role, auth.kubernetes, auth.jwt) {
        (Some(reference), None, None, None) => Ok(Method::Token(credential::fetch(reference, scope).await?)),
        (None, Some(spec), None, None) => Ok(Method::AppRole(approle::resolve(spec, scope).await?)),
        (None, None, Some(spec), None) => Ok(Method::Kubernetes(kubernetes::resolve(spec, scope).await?)),
        (None, None, None, Some(spec)) => Ok(Method::Jwt(jwt::resolve(spec, scope).await?)),
        _ => Err(invalid("auth", "exactly one of tokenSecretRef, appRole, kubernetes and jwt is needed")),
    }
}

impl Method {
    /// Logs in.
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        match self {
            Self::Token(token) => Ok(Grant::given(token.duplicate())),
            Self::AppRole(method) => method.login(http, namespace).await,
            Self::Kubernetes(method) => method.login(http, namespace).await,
            Self::Jwt(method) => method.login(http, namespace).await,
        }
    }

    /// Whether there is a login at all.
    pub(super) fn logs_in(&self) -> bool {
        !matches!(self, Self::Token(_))
    }
}
