//! What an engine made, with the login that asked for it: both are renewed together and end together.
//!
//! Must never: end a token that is not ours, use one that is good for so many requests to renew, or keep a login alive
//! that nobody asks to.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sealbridge_secret::SecretBytes;

use super::classify::{status, with_document};
use super::http::{Answer, Http, Path};
use super::lease::Lease as Life;
use super::logins::Token;
use crate::ReadError;
use crate::generator::{Lease, Renewal};
use crate::json::{Json, string_object};

/// How the server names a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeaseId {
    /// Its id, which is no secret.
    pub(super) id: String,
    /// Whether the engine lets it live longer.
    pub(super) renewable: bool,
}

/// What an engine made.
pub(super) struct Leased {
    http: Arc<Http>,
    namespace: Option<String>,
    login_namespace: Option<String>,
    login: Arc<Token>,
    /// Absent of a token, which lives as long as its login at most.
    lease: Option<LeaseId>,
    life: Mutex<Option<Life>>,
    first: Option<Duration>,
}

/// Where something was asked for.
pub(super) struct Asked {
    /// The server.
    pub(super) http: Arc<Http>,
    /// The namespace of what was asked for.
    pub(super) namespace: Option<String>,
    /// That of the login.
    pub(super) login_namespace: Option<String>,
    /// The login.
    pub(super) login: Arc<Token>,
}

impl Leased {
    /// What was made a moment ago and lives that long; nothing if it can only be left to end.
    pub(super) fn new(asked: Asked, lease: Option<LeaseId>, life: Option<Duration>) -> Option<Self> {
        let Asked { http, namespace, login_namespace, login } = asked;
        if lease.is_none() && !login.is_revocable() {
            return None;
        }
        let first = life.into_iter().chain(login.left()).min();
        Some(Self { http, namespace, login_namespace, login, lease, life: Mutex::new(life.map(Life::new)), first })
    }

    /// Writes the lease's id to one of the paths below `sys/leases`.
    async fn tell(&self, verb: &str, lease: &LeaseId) -> Result<Answer, ReadError> {
        let path = Path::new(["sys", "leases", verb]);
        let document = string_object([("lease_id", lease.id.as_str())]);
        self.http.post(&path, Some(self.secret()), self.namespace.as_deref(), document).await
    }

    async fn renewed(&self, lease: &LeaseId) -> Result<(), ReadError> {
        if self.login.is_renewable() {
            self.login.renew(&self.http, self.login_namespace.as_deref()).await?;
        }
        let life = granted(&self.tell("renew", lease).await?)?;
        *self.life.lock().unwrap_or_else(PoisonError::into_inner) = Some(Life::new(life));
        Ok(())
    }

    /// A login of few uses would end with its last renewal, and the lease with it.
    fn renewable_lease(&self) -> Option<&LeaseId> {
        self.lease.as_ref().filter(|lease| lease.renewable && !self.login.has_few_uses())
    }

    fn secret(&self) -> &SecretBytes {
        self.login.secret()
    }
}

/// How long a lease lives from its renewal on.
fn granted(answer: &Answer) -> Result<Duration, ReadError> {
    match answer.status {
        200 => with_document(&answer.body, |document| {
            let seconds = document.last_member("lease_duration").and_then(Json::as_u64);
            seconds.map(Duration::from_secs).ok_or(ReadError::BadAnswer)
        }),
        _ => Err(status(answer)),
    }
}

#[async_trait]
impl Lease for Leased {
    fn first_life(&self) -> Option<Duration> {
        self.first
    }

    fn left(&self) -> Option<Duration> {
        let life = *self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.map(Life::left).into_iter().chain(self.login.left()).min()
    }

    fn is_renewable(&self) -> bool {
        self.renewable_lease().is_some()
    }

    async fn renew(&self) -> Renewal {
        let Some(lease) = self.renewable_lease() else { return Renewal::Refused };
        match self.renewed(lease).await {
            Ok(()) => Renewal::Granted,
            Err(ReadError::Unavailable | ReadError::RateLimited { .. }) => Renewal::Unanswered,
            Err(_) => Renewal::Refused,
        }
    }

    async fn give_back(&self) -> Result<(), ReadError> {
        let answer = match &self.lease {
            _ if self.login.is_revocable() => self.login.revoke(&self.http, self.login_namespace.as_deref()).await?,
            Some(lease) => self.tell("revoke", lease).await?,
            None => return Ok(()),
        };
        if matches!(answer.status, 200 | 202 | 204) { Ok(()) } else { Err(status(&answer)) }
    }
}

impl fmt::Debug for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leased").field("lease", &self.lease).field("first", &self.first).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use zeroize::Zeroizing;

    use super::*;

    #[rstest]
    #[case(200, r#"{"lease_id":"a/b","lease_duration":60,"renewable":true}"#, Ok(60))]
    #[case(200, r#"{"lease_id":"a/b","lease_duration":0}"#, Ok(0))]
    #[case(200, r#"{"lease_id":"a/b"}"#, Err(ReadError::BadAnswer))]
    #[case(200, "<html>Sign in</html>", Err(ReadError::BadAnswer))]
    #[case(403, r#"{"errors":["permission denied"]}"#, Err(ReadError::Denied))]
    #[case(503, "", Err(ReadError::Unavailable))]
    fn a_renewal_says_how_long(#[case] status: u16, #[case] body: &str, #[case] wanted: Result<u64, ReadError>) {
        let answer = Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) };
        assert_eq!(granted(&answer).map(|life| life.as_secs()), wanted);
    }
}
