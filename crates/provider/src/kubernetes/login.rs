//! As whom the API server is asked: always somebody that the store names.
//!
//! Must never: use the operator's own token, or a token that a store could carry from one API server to another unasked.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Identity;
use sealbridge_api::store::{KubernetesStoreAuth, ServiceAccountSelector};
use sealbridge_secret::SecretBytes;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::counters::TrafficCounters;
use crate::server::invalid;
use crate::service_account::Jwt;
use crate::{InputError, ReadError, Scope, credential};

/// For how long a token is requested, and for how much of it the token is used.
const LIFE: Duration = Duration::from_hours(1);
const USED: Duration = Duration::from_mins(40);

/// Where the token of a request comes from.
pub(super) enum Login {
    /// It stands in a Secret.
    Token(Arc<SecretBytes>),
    /// It is requested for a `ServiceAccount`, and used for a while.
    Account { jwt: Jwt, live: Mutex<Option<(Instant, Arc<SecretBytes>)>> },
    /// The connection shows a certificate instead.
    Certificate,
}

/// Resolves the one way that is set, and the certificate that it may be.
pub(super) async fn resolve(auth: &KubernetesStoreAuth, scope: &dyn Scope) -> Result<(Login, Option<Identity>), InputError> {
    match (&auth.token, &auth.service_account, &auth.cert) {
        (Some(token), None, None) => Ok((Login::Token(Arc::new(credential::fetch(&token.bearer_token, scope).await?)), None)),
        (None, Some(account), None) => Ok((requested(account, scope)?, None)),
        (None, None, Some(cert)) => {
            let identity = credential::identity("auth.cert", &cert.client_cert, &cert.client_key, scope).await?;
            Ok((Login::Certificate, Some(identity)))
        }
        _ => Err(invalid("auth", "exactly one of token, serviceAccount and cert is needed")),
    }
}

fn requested(account: &ServiceAccountSelector, scope: &dyn Scope) -> Result<Login, InputError> {
    if account.audiences.is_empty() {
        return Err(invalid("auth.serviceAccount", "it names no audience; name one that the other cluster's API server accepts"));
    }
    Ok(Login::Account { jwt: Jwt::requested(account, &[], LIFE, scope)?, live: Mutex::default() })
}

impl Login {
    /// The token for a request, if one goes with it.
    pub(super) async fn token(&self, traffic: &TrafficCounters) -> Result<Option<Arc<SecretBytes>>, ReadError> {
        match self {
            Self::Certificate => Ok(None),
            Self::Token(token) => Ok(Some(Arc::clone(token))),
            Self::Account { jwt, live } => {
                let mut live = live.lock().await;
                if let Some((_, token)) = live.as_ref().filter(|(at, _)| at.elapsed() < USED) {
                    return Ok(Some(Arc::clone(token)));
                }
                traffic.login();
                let token = Arc::new(jwt.get().await?);
                *live = Some((Instant::now(), Arc::clone(&token)));
                Ok(Some(token))
            }
        }
    }

    /// Forgets a token that was refused; whether another one can be had.
    pub(super) async fn refused(&self, token: Option<&Arc<SecretBytes>>) -> bool {
        let (Self::Account { live, .. }, Some(token)) = (self, token) else { return false };
        live.lock().await.take_if(|(_, live)| Arc::ptr_eq(live, token));
        true
    }
}
