//! A store as everybody shares it: one read for all who want the same key, and a circuit around its failures.
//!
//! Must never: keep a value once it was handed out, or ask a store that is known to be down.

mod in_flight;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::circuit::Circuit;
use crate::counters::Results;
use crate::provider::ReadResult;
use crate::{AdmittedKey, AdmittedPush, Payload, Provider, Push, PushError, Pushed, ReadError, RemoteKey, Removed, Traffic};
use in_flight::{Claims, InFlight};

/// A probe that takes longer has failed.
const PROBE_LIMIT: Duration = Duration::from_secs(30);
/// For this long a probe that passed vouches for the store, when single keys fail.
const VOUCHED: Duration = Duration::from_secs(5);
const NOT_WRITTEN: PushError = PushError::ReadOnly("stores of this provider are only read; name one that can be written to");

/// One store seen as one identity, shared by all who read from it.
pub struct Session {
    provider: Arc<dyn Provider>,
    in_flight: Arc<InFlight>,
    circuit: Circuit,
    results: Results,
    /// When a probe last passed while a single key failed.
    vouched_at: Mutex<Option<Instant>>,
}

impl Session {
    /// A session over `provider`. Which identity it is, is the caller's to know: a store that changes gets a new one.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>) -> Arc<Self> {
        Arc::new(Self {
            provider,
            in_flight: Arc::default(),
            circuit: Circuit::new(),
            results: Results::default(),
            vouched_at: Mutex::default(),
        })
    }

    /// Reads the distinct ones of `keys`: exactly one result each, as soon as it is known. A key that somebody else
    /// reads at the moment is not read again.
    ///
    /// The reads go on if the stream is dropped, since others may wait for them. How much is in memory at once is
    /// bounded by how many keys callers ask for. Must be called within a tokio runtime.
    pub fn read(self: &Arc<Self>, keys: Vec<RemoteKey>) -> impl Stream<Item = ReadResult<Arc<Payload>>> + Send + 'static + use<> {
        let down = self.circuit.failure();
        let waiting = FuturesUnordered::new();
        let mut claimed = HashMap::new();
        for key in keys.into_iter().collect::<BTreeSet<_>>() {
            if let Some(error) = &down {
                let outcome = Err(error.clone());
                self.results.count(&outcome);
                waiting.push(futures::future::ready((key, outcome)).left_future());
                continue;
            }
            let (waiter, sender) = self.in_flight.join(&key);
            match sender {
                Some(sender) => drop(claimed.insert(key.clone(), sender)),
                None => self.results.count_shared(),
            }
            let answer = async move {
                // Without an answer the task that read it is gone, as at the end of the process.
                let outcome = waiter.await.unwrap_or(Err(ReadError::Unavailable));
                (key, outcome)
            };
            waiting.push(answer.right_future());
        }
        if !claimed.is_empty() {
            let claims = Claims::new(Arc::clone(&self.in_flight), claimed);
            tokio::spawn(Arc::clone(self).make_reads(claims));
        }
        waiting
    }

    /// [`Self::read`] of keys that their askers may have.
    pub fn read_admitted(
        self: &Arc<Self>,
        keys: Vec<AdmittedKey>,
    ) -> impl Stream<Item = (AdmittedKey, Result<Arc<Payload>, ReadError>)> + Send + 'static + use<> {
        let keys = keys.into_iter().map(AdmittedKey::into_key).collect();
        self.read(keys).map(|(key, outcome)| (AdmittedKey::answered(key), outcome))
    }

    /// Whether the store can be asked; see [`Provider::check`].
    ///
    /// # Errors
    /// The circuit's cause while it is open, else what the provider says.
    pub async fn check(self: &Arc<Self>) -> Result<(), ReadError> {
        self.when_closed()?;
        let outcome = self.provider.check().await;
        if let Err(error) = &outcome
            && error.concerns_whole_store()
        {
            self.open(error);
        }
        outcome
    }

    /// Brings a value to its place; see [`crate::Writer::push`].
    ///
    /// # Errors
    /// The circuit's cause while it is open, else what the provider says; [`PushError::ReadOnly`] of a store that is only
    /// read.
    pub async fn push(self: &Arc<Self>, push: &Push) -> Result<Pushed, PushError> {
        self.when_closed()?;
        let writer = self.provider.writer().ok_or(NOT_WRITTEN)?;
        let outcome = writer.push(push).await;
        self.judge_write(&outcome).await;
        outcome
    }

    /// Takes a value back; see [`crate::Writer::remove`].
    ///
    /// # Errors
    /// As [`Self::push`].
    pub async fn remove(self: &Arc<Self>, at: &AdmittedPush) -> Result<Removed, PushError> {
        self.when_closed()?;
        let writer = self.provider.writer().ok_or(NOT_WRITTEN)?;
        let outcome = writer.remove(at).await;
        self.judge_write(&outcome).await;
        outcome
    }

    /// As of a read, one key that the server fails over must not stop the others.
    async fn judge_write<T>(self: &Arc<Self>, outcome: &Result<T, PushError>) {
        if let Err(error) = outcome
            && let Some(cause) = error.of_whole_store()
        {
            self.store_is_down(cause).await;
        }
    }

    /// Whether a "not found" may be acted upon; see [`Provider::confirm_absence`].
    ///
    /// # Errors
    /// The circuit's cause while it is open, else what the provider says.
    pub async fn confirm_absence(&self, key: &RemoteKey) -> Result<(), ReadError> {
        self.when_closed()?;
        self.provider.confirm_absence(key).await
    }

    /// Which store this is; see [`Provider::store_id`].
    pub async fn store_id(&self) -> Option<String> {
        self.when_closed().ok()?;
        self.provider.store_id().await
    }

    /// Gives back what the login got.
    pub async fn close(&self) {
        self.provider.close().await;
    }

    /// The circuit, to wait on.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// What was handed out so far.
    #[must_use]
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// What the store was asked so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.provider.traffic()
    }

    fn when_closed(&self) -> Result<(), ReadError> {
        self.circuit.failure().map_or(Ok(()), Err)
    }

    async fn make_reads(self: Arc<Self>, mut claims: Claims) {
        let provider = Arc::clone(&self.provider);
        let mut answers = provider.read(claims.keys());
        while let Some((key, outcome)) = answers.next().await {
            let outcome = outcome.map(Arc::new);
            self.results.count(&outcome);
            if let Err(error) = &outcome
                && error.concerns_whole_store()
                && let Some(down) = self.store_is_down(error).await
            {
                // The rest of the batch would fail the same way, one timeout after the other.
                drop(answers);
                claims.answer(&key, outcome);
                claims.fail_rest(&down);
                return;
            }
            claims.answer(&key, outcome);
        }
        claims.fail_rest(&ReadError::BadAnswer);
    }

    /// Opens the circuit unless the failure is that of a single key, and gives the cause if it is open.
    async fn store_is_down(self: &Arc<Self>, error: &ReadError) -> Option<ReadError> {
        let cause = match error {
            // A server can fail over one key, for example one that it cannot decrypt; that must not stop the others.
            ReadError::Unavailable => self.probe_once().await.err()?,
            _ => error.clone(),
        };
        self.open(&cause);
        Some(cause)
    }

    /// Asks the store itself, one at a time, and not again right after it passed.
    async fn probe_once(&self) -> Result<(), ReadError> {
        let mut vouched_at = self.vouched_at.lock().await;
        self.when_closed()?;
        if vouched_at.is_some_and(|at| at.elapsed() < VOUCHED) {
            return Ok(());
        }
        self.probe().await?;
        *vouched_at = Some(Instant::now());
        Ok(())
    }

    /// Only an error that concerns the whole store counts.
    async fn probe(&self) -> Result<(), ReadError> {
        match timeout(PROBE_LIMIT, self.provider.check()).await {
            Ok(Err(error)) if error.concerns_whole_store() => Err(error),
            Ok(_) => Ok(()),
            Err(_) => Err(ReadError::Unavailable),
        }
    }

    fn open(self: &Arc<Self>, cause: &ReadError) {
        if self.circuit.open(cause) {
            tokio::spawn(probe_until_it_passes(Arc::downgrade(self)));
        }
    }
}

/// Ends with the session, which it does not keep alive while it waits.
async fn probe_until_it_passes(session: Weak<Session>) {
    while let Some(wait) = session.upgrade().map(|session| session.circuit.wait()) {
        sleep(wait).await;
        let Some(session) = session.upgrade() else { return };
        match session.probe().await {
            Ok(()) => return session.circuit.close(),
            Err(error) => drop(session.circuit.open(&error)),
        }
    }
}

#[cfg(test)]
mod tests;
