//! The sessions that are open, one per place: never two identities for the same one.
//!
//! Owns that a session is made once however many ask for it, and is given back when it is not valid any more.
//! Must never: close a session while a read that was handed out with it goes on.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sealbridge_provider::Session;
use tokio::time::{Instant, sleep};

use super::failure::StoreFailure;
use super::key::{Place, SessionKey};
use super::traffic::Reported;
use crate::metrics::Metrics;

/// A failure that may pass is not tried again sooner, whoever asks.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);
/// For so long reads that go on keep a session open that is not valid any more.
const DRAIN: Duration = Duration::from_mins(1);
/// How often it is looked whether reads still go on.
const DRAIN_LOOK: Duration = Duration::from_millis(100);

/// A try to make a session that failed.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) failure: StoreFailure,
    /// Whether trying again may help although nothing that is watched changes.
    pub(super) may_pass: bool,
    /// Whether this is the first failure of its session.
    pub(super) is_new: bool,
}

impl Failed {
    pub(super) fn lasting(failure: StoreFailure) -> Self {
        Self { failure, may_pass: false, is_new: true }
    }
}

/// Why there is no session.
#[derive(Clone, Debug)]
pub(super) enum NoSession {
    /// It could not be made.
    Failed(Failed),
    /// Its place was given back: the store, or what it refers to, is another one now.
    Retired,
}

impl From<Failed> for NoSession {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

enum Attempt {
    None,
    Failed(Failed, Instant),
    Retired,
}

/// The place of one session.
pub(super) struct Slot {
    pub(super) key: SessionKey,
    session: OnceLock<Arc<Session>>,
    attempt: tokio::sync::Mutex<Attempt>,
    reported: Mutex<Reported>,
}

impl Slot {
    fn new(key: SessionKey) -> Self {
        Self { key, session: OnceLock::new(), attempt: tokio::sync::Mutex::new(Attempt::None), reported: Mutex::default() }
    }

    /// The session, made by `connect` if there is none. While one caller makes it, the others wait for that.
    /// The flag is true for the one caller that made it.
    pub(super) async fn session_or<F>(&self, connect: impl FnOnce() -> F) -> Result<(Arc<Session>, bool), NoSession>
    where
        F: Future<Output = Result<Arc<Session>, Failed>>,
    {
        if let Some(session) = self.session.get() {
            return Ok((Arc::clone(session), false));
        }
        let mut attempt = self.attempt.lock().await;
        if let Some(session) = self.session.get() {
            return Ok((Arc::clone(session), false));
        }
        match &*attempt {
            Attempt::Failed(failed, at) if !failed.may_pass || at.elapsed() < RETRY_AFTER => {
                return Err(Failed { is_new: false, ..failed.clone() }.into());
            }
            Attempt::Retired => return Err(NoSession::Retired),
            Attempt::Failed(..) | Attempt::None => {}
        }
        match connect().await {
            Ok(session) => {
                let session = self.session.get_or_init(|| session);
                Ok((Arc::clone(session), true))
            }
            Err(failed) => {
                let failed = Failed { is_new: matches!(*attempt, Attempt::None), ..failed };
                *attempt = Attempt::Failed(failed.clone(), Instant::now());
                Err(failed.into())
            }
        }
    }

    /// Gives the session back once nobody reads with it any more.
    async fn retire(self: Arc<Self>, drain: Duration) {
        *self.attempt.lock().await = Attempt::Retired;
        let Some(session) = self.session.get() else { return };
        let end = Instant::now() + drain;
        while Arc::strong_count(session) > 1 && Instant::now() < end {
            sleep(DRAIN_LOOK).await;
        }
        session.close().await;
    }

    fn report(&self, metrics: &Metrics) {
        if let Some(session) = self.session.get() {
            let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
            reported.bring_up_to_date(self.key.store(), session, metrics);
        }
    }
}

/// All sessions by place.
pub(super) struct Sessions {
    slots: Mutex<BTreeMap<Place, Arc<Slot>>>,
    metrics: Arc<Metrics>,
}

impl Sessions {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { slots: Mutex::default(), metrics }
    }

    /// The place for `key`. What stood there for another identity is given back.
    pub(super) fn slot(&self, key: SessionKey) -> Arc<Slot> {
        let place = key.place().clone();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&place)
            && slot.key == key
        {
            return Arc::clone(slot);
        }
        let slot = Arc::new(Slot::new(key));
        let before = slots.insert(place, Arc::clone(&slot));
        drop(slots);
        self.retire_all(before);
        slot
    }

    /// Gives back every session that stands in one of these places.
    pub(super) fn retire_where(&self, is_meant: impl Fn(&Place) -> bool) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let places: Vec<_> = slots.keys().filter(|place| is_meant(place)).cloned().collect();
        let retired: Vec<_> = places.iter().filter_map(|place| slots.remove(place)).collect();
        drop(slots);
        self.retire_all(retired);
    }

    /// Gives back every session, without waiting for reads. Returns when all are given back.
    pub(super) async fn close_all(&self) {
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        let closing = slots.into_values().map(|slot| {
            slot.report(&self.metrics);
            slot.retire(Duration::ZERO)
        });
        futures::future::join_all(closing).await;
    }

    /// Brings the counts of all sessions into the metrics.
    pub(super) fn report(&self) {
        let slots: Vec<_> = self.slots.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        slots.iter().for_each(|slot| slot.report(&self.metrics));
    }

    fn retire_all(&self, slots: impl IntoIterator<Item = Arc<Slot>>) {
        for slot in slots {
            let metrics = Arc::clone(&self.metrics);
            tokio::spawn(async move {
                Arc::clone(&slot).retire(DRAIN).await;
                slot.report(&metrics);
            });
        }
    }
}

#[cfg(test)]
mod tests;
