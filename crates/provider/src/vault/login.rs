//! The ways to log in. Each file owns one: what it needs from its surroundings, and its request.
//!
//! Must never: send the pod's own API token, or log in as the operator itself without leave.

mod approle;
mod call;
mod cert;
mod gcp;
mod grant;
mod iam;
mod jwt;
mod kubernetes;
mod password;
mod wrapped;

use sealbridge_api::store::VaultAuth;
use sealbridge_secret::SecretBytes;

use super::http::Http;
use super::settings::invalid;
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
    Password(password::Password),
    Cert(cert::Cert),
    Iam(iam::Iam),
    Gcp(gcp::Gcp),
}

/// Resolves the one way that is set.
pub(super) async fn resolve(auth: &VaultAuth, scope: &dyn Scope) -> Result<Method, InputError> {
    let mut methods = Vec::new();
    if let Some(reference) = &auth.token_secret_ref {
        methods.push(Method::Token(credential::fetch(reference, scope).await?));
    }
    if let Some(spec) = &auth.app_role {
        methods.push(Method::AppRole(approle::resolve(spec, scope).await?));
    }
    if let Some(spec) = &auth.kubernetes {
        methods.push(Method::Kubernetes(kubernetes::resolve(spec, scope).await?));
    }
    if let Some(spec) = &auth.jwt {
        methods.push(Method::Jwt(jwt::resolve(spec, scope).await?));
    }
    if let Some(spec) = &auth.ldap {
        methods.push(Method::Password(password::ldap(spec, scope).await?));
    }
    if let Some(spec) = &auth.user_pass {
        methods.push(Method::Password(password::user_pass(spec, scope).await?));
    }
    if let Some(spec) = &auth.cert {
        methods.push(Method::Cert(cert::resolve(spec)?));
    }
    if let Some(spec) = &auth.iam {
        methods.push(Method::Iam(iam::resolve(spec, scope).await?));
    }
    if let Some(spec) = &auth.gcp {
        methods.push(Method::Gcp(gcp::resolve(spec, scope).await?));
    }
    match <[Method; 1]>::try_from(methods) {
        Ok([method]) => Ok(method),
        Err(_) => Err(invalid("auth", "exactly one way to log in is needed; set one")),
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
            Self::Password(method) => method.login(http, namespace).await,
            Self::Cert(method) => method.login(http, namespace).await,
            Self::Iam(method) => method.login(http, namespace).await,
            Self::Gcp(method) => method.login(http, namespace).await,
        }
    }

    /// Whether there is a login at all.
    pub(super) fn logs_in(&self) -> bool {
        !matches!(self, Self::Token(_))
    }
}
