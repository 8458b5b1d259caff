//! The one live token of a store: made by one login for all, renewed while it lives, replaced when it dies.
//!
//! Must never: log in twice at the same time, use a token more often than it is good for, or leave one behind that is
//! ours to end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use sealbridge_secret::SecretBytes;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use super::classify::{status, with_document};
use super::http::{Answer, Http};
use super::lease::Lease;
use super::login::{Grant, Method, SelfCall, renewed_lease};
use crate::ReadError;
use crate::counters::TrafficCounters;

/// For this long a login that failed answers for those who waited for it.
const FAILURE_SHARED: Duration = Duration::from_millis(500);
/// For this long a token that proved alive is not doubted again.
const VOUCHED: Duration = Duration::from_mins(1);

/// A token that can be used.
pub(super) struct Token {
    secret: SecretBytes,
    revocable: bool,
    renewable: bool,
    uses: Option<AtomicU32>,
    lease: std::sync::Mutex<Option<Lease>>,
}

impl Token {
    fn new(grant: Grant) -> Self {
        Self {
            secret: grant.token,
            revocable: grant.revocable,
            renewable: grant.renewable,
            uses: grant.uses.map(AtomicU32::new),
            lease: std::sync::Mutex::new(grant.lease.map(Lease::new)),
        }
    }

    /// The token itself, good for the one request for which it was asked.
    pub(super) fn secret(&self) -> &SecretBytes {
        &self.secret
    }

    /// How long it lives from now on unless somebody renews it; `None` without an end that is known.
    pub(super) fn left(&self) -> Option<Duration> {
        self.lease().map(Lease::left)
    }

    /// Whether it is ours to end.
    pub(super) fn is_revocable(&self) -> bool {
        self.revocable
    }

    /// Whether the server lets it live longer.
    pub(super) fn is_renewable(&self) -> bool {
        self.renewable
    }

    /// Whether it is good for so many requests, after which it ends with all that hangs on it.
    pub(super) fn has_few_uses(&self) -> bool {
        self.uses.is_some()
    }

    /// Has it live longer; returns how long, `None` is without end.
    pub(super) async fn renew(&self, http: &Http, namespace: Option<&str>) -> Result<Option<Duration>, ReadError> {
        let answer = SelfCall::Renew.send(http, &self.secret, namespace).await?;
        let life = renewed_lease(&answer)?;
        self.set_lease(life);
        Ok(life)
    }

    /// Ends it, and what hangs on it.
    pub(super) async fn revoke(&self, http: &Http, namespace: Option<&str>) -> Result<Answer, ReadError> {
        SelfCall::Revoke.send(http, &self.secret, namespace).await
    }

    /// Takes one use, if there is one.
    fn take_use(&self) -> bool {
        self.lease().is_none_or(|lease| lease.is_usable())
            && self
                .uses
                .as_ref()
                .is_none_or(|uses| uses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok())
    }

    fn lease(&self) -> Option<Lease> {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_lease(&self, life: Option<Duration>) {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        *lease = life.map(|life| lease.map_or_else(|| Lease::new(life), |lease| lease.renewed(life)));
    }
}

/// What a refused request means.
pub(super) enum Refusal {
    /// The token lives, so that the refusal is about what was asked.
    Final,
    /// The token was dead; this one is good for one request.
    TokenReplaced(Arc<Token>),
}

/// Logins of one store.
pub(super) struct Logins {
    http: Arc<Http>,
    method: Method,
    namespace: Option<String>,
    traffic: Arc<TrafficCounters>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<Arc<Token>>,
    failed: Option<(Instant, ReadError)>,
    vouched_at: Option<Instant>,
    closed: bool,
}

impl Logins {
    pub(super) fn new(http: Arc<Http>, method: Method, namespace: Option<String>, traffic: Arc<TrafficCounters>) -> Self {
        Self { http, method, namespace, traffic, state: Mutex::default() }
    }

    /// The namespace that logins are made in.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// A token good for one request.
    pub(super) async fn token(self: &Arc<Self>) -> Result<Arc<Token>, ReadError> {
        let mut state = self.state.lock().await;
        self.take(&mut state).await
    }

    /// Finds out whether a refused request was the token's fault, and replaces the token once if so.
    pub(super) async fn refused(self: &Arc<Self>, token: &Arc<Token>, answer: &Answer) -> Result<Refusal, ReadError> {
        let dead = says_invalid_token(answer);
        if !self.method.logs_in() {
            return if dead { Err(ReadError::LoginRefused) } else { Ok(Refusal::Final) };
        }
        let mut state = self.state.lock().await;
        let is_live = state.live.as_ref().is_some_and(|live| Arc::ptr_eq(live, token));
        if is_live {
            if !dead && self.proves_alive(&mut state, token).await? {
                return Ok(Refusal::Final);
            }
            state.live = None;
            state.vouched_at = Some(Instant::now());
        }
        Ok(Refusal::TokenReplaced(self.take(&mut state).await?))
    }

    /// Whether the store lets this identity in.
    pub(super) async fn check(self: &Arc<Self>) -> Result<(), ReadError> {
        let mut state = self.state.lock().await;
        let before = state.live.clone();
        let token = self.take(&mut state).await?;
        let is_new = self.method.logs_in() && before.is_none_or(|before| !Arc::ptr_eq(&before, &token));
        if is_new {
            return Ok(());
        }
        let answer = SelfCall::LookUp.send(&self.http, token.secret(), self.namespace.as_deref()).await?;
        match answer.status {
            403 if self.method.logs_in() => {
                state.live = None;
                self.take(&mut state).await.map(drop)
            }
            _ => looked_up(&answer),
        }
    }

    /// Ends the token that is ours to end, and every later login.
    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.closed = true;
        if let Some(token) = state.live.take()
            && token.revocable
            && token.take_use()
        {
            // What cannot be revoked ends by itself with its lease.
            drop(token.revoke(&self.http, self.namespace.as_deref()).await);
        }
    }

    async fn take(self: &Arc<Self>, state: &mut MutexGuard<'_, State>) -> Result<Arc<Token>, ReadError> {
        if let Some(live) = state.live.as_ref().filter(|live| live.take_use()) {
            return Ok(Arc::clone(live));
        }
        if state.closed {
            return Err(ReadError::Unavailable);
        }
        if let Some((_, error)) = state.failed.as_ref().filter(|(at, _)| at.elapsed() < FAILURE_SHARED) {
            return Err(error.clone());
        }
        if self.method.logs_in() {
            self.traffic.login();
        }
        match self.method.login(&self.http, self.namespace.as_deref()).await {
            Ok(grant) => {
                let token = Arc::new(Token::new(grant));
                token.take_use();
                state.live = Some(Arc::clone(&token));
                state.failed = None;
                if token.renewable {
                    tokio::spawn(keep_alive(Arc::downgrade(self), Arc::downgrade(&token)));
                }
                Ok(token)
            }
            Err(error) => {
                state.live = None;
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Asks about the token itself, for servers that do not say why they refuse; not more than once a minute.
    async fn proves_alive(&self, state: &mut MutexGuard<'_, State>, token: &Token) -> Result<bool, ReadError> {
        if state.vouched_at.is_some_and(|at| at.elapsed() < VOUCHED) || token.uses.is_some() {
            return Ok(true);
        }
        let answer = SelfCall::LookUp.send(&self.http, token.secret(), self.namespace.as_deref()).await?;
        match answer.status {
            200 => {
                state.vouched_at = Some(Instant::now());
                Ok(true)
            }
            403 => Ok(false),
            _ => Err(status(&answer)),
        }
    }

    /// Renews a token; true if it is worth another time.
    async fn renew(&self, token: &Arc<Token>) -> bool {
        match token.renew(&self.http, self.namespace.as_deref()).await {
            Ok(life) => life.is_some(),
            Err(error) if error.concerns_whole_store() => true,
            Err(_) => {
                let mut state = self.state.lock().await;
                state.live.take_if(|live| Arc::ptr_eq(live, token));
                false
            }
        }
    }
}

/// What the answer to a look-up of the token says of the store. Any server can answer with 200 or 403.
fn looked_up(answer: &Answer) -> Result<(), ReadError> {
    let has =
        |member: &str| with_document(&answer.body, |document| document.last_member(member).map(drop).ok_or(ReadError::BadAnswer));
    match answer.status {
        200 => has("data"),
        403 if says_invalid_token(answer) => Err(ReadError::LoginRefused),
        // A token may be without leave to look itself up; the server answers all the same.
        403 => has("errors"),
        _ => Err(status(answer)),
    }
}

/// Newer servers say so; older ones say the same as when a policy is missing.
fn says_invalid_token(answer: &Answer) -> bool {
    [b"invalid token".as_slice(), b"bad token"].iter().any(|words| answer.body.windows(words.len()).any(|window| window == *words))
}

/// Renews a token as long as it is the live one.
async fn keep_alive(logins: Weak<Logins>, token: Weak<Token>) {
    while let Some(wait) = token.upgrade().and_then(|token| token.lease()).and_then(|lease| lease.renewal_wait()) {
        sleep(wait).await;
        let (Some(logins), Some(token)) = (logins.upgrade(), token.upgrade()) else { return };
        if !logins.renew(&token).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use zeroize::Zeroizing;

    use super::*;

    #[rstest]
    #[case(200, r#"{"data":{"id":"x"}}"#, Ok(()))]
    #[case(403, r#"{"errors":["1 error occurred: permission denied"]}"#, Ok(()))]
    #[case(403, r#"{"errors":["permission denied","invalid token"]}"#, Err(ReadError::LoginRefused))]
    #[case(200, "<html>Sign in</html>", Err(ReadError::BadAnswer))]
    #[case(200, r#"{"status":"ok"}"#, Err(ReadError::BadAnswer))]
    #[case(403, "<html>blocked</html>", Err(ReadError::BadAnswer))]
    #[case(503, "", Err(ReadError::Unavailable))]
    fn only_a_store_answers_as_a_store(#[case] status: u16, #[case] body: &str, #[case] expected: Result<(), ReadError>) {
        let answer = Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) };
        assert_eq!(looked_up(&answer), expected);
    }
}
