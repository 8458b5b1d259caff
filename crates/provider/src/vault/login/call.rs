//! Sends logins over a store's own pool: the request types of `vaultrs`, and JSON objects of our own where it has none.
//!
//! The crate's own client is not used: it follows redirects with the token in hand, reads bodies without end, keeps a
//! pool of its own and panics on a token that ends in a line feed. Must never: let one of its errors, which hold
//! bodies, leave this file.

use reqwest::Body;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use rustify::endpoint::Endpoint;
use sealbridge_secret::SecretBytes;
use vaultrs::api::token::requests::{LookupTokenSelfRequest, RenewTokenSelfRequest, RevokeTokenSelfRequest};

use super::super::http::{Answer, Http, Path};
use super::grant::Grant;
use crate::ReadError;
use crate::json::string_object;

/// What can be asked about the token that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vault) enum SelfCall {
    /// Whether it lives.
    LookUp,
    /// To let it live longer.
    Renew,
    /// To end it.
    Revoke,
}

impl SelfCall {
    /// Asks in the name of `token`.
    pub(in crate::vault) async fn send(
        self,
        http: &Http,
        token: &SecretBytes,
        namespace: Option<&str>,
    ) -> Result<Answer, ReadError> {
        match self {
            Self::LookUp => call(http, &LookupTokenSelfRequest {}, Some(token), namespace).await,
            Self::Renew => call(http, &RenewTokenSelfRequest { increment: None }, Some(token), namespace).await,
            Self::Revoke => call(http, &RevokeTokenSelfRequest {}, Some(token), namespace).await,
        }
    }
}

/// Logs in with a JSON object of texts. The copy that is sent is the HTTP library's, which does not wipe it.
pub(super) async fn log_in(
    http: &Http,
    path: &Path,
    namespace: Option<&str>,
    members: &[(&str, &str)],
) -> Result<Grant, ReadError> {
    Grant::from_login(&http.post(path, None, namespace, string_object(members.iter().copied())).await?)
}

/// Sends one request of `vaultrs`.
pub(super) async fn call(
    http: &Http,
    endpoint: &impl Endpoint,
    token: Option<&SecretBytes>,
    namespace: Option<&str>,
) -> Result<Answer, ReadError> {
    // Some paths of the crate begin with a blank.
    let path = endpoint.path();
    let path = Path::new(path.trim().split('/').filter(|segment| !segment.is_empty()));
    let mut request = http.request(endpoint.method().into(), &path, token, namespace)?;
    if let Some(body) = endpoint.body().map_err(|_| ReadError::LoginRefused)? {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(Body::from(body));
    }
    http.send(request).await
}
