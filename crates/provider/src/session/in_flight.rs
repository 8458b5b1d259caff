//! Reads that are under way, so that whoever wants the same key waits for the same answer.
//!
//! Must never: keep an answer once it was given out, or leave anyone waiting for a read that nobody makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::oneshot;

use crate::{Payload, ReadError, RemoteKey};

/// The answer for one key.
pub(super) type Outcome = Result<Arc<Payload>, ReadError>;
/// Somebody's turn to get the answer.
pub(super) type Waiter = Shared<oneshot::Receiver<Outcome>>;

/// The reads that are under way.
#[derive(Default)]
pub(super) struct InFlight(Mutex<HashMap<RemoteKey, Waiter>>);

impl InFlight {
    /// Joins the read of `key`. With a sender it is the caller who has to make it.
    pub(super) fn join(&self, key: &RemoteKey) -> (Waiter, Option<oneshot::Sender<Outcome>>) {
        let mut reads = self.lock();
        if let Some(waiter) = reads.get(key) {
            return (waiter.clone(), None);
        }
        let (sender, receiver) = oneshot::channel();
        let waiter = receiver.shared();
        reads.insert(key.clone(), waiter.clone());
        (waiter, Some(sender))
    }

    fn leave(&self, key: &RemoteKey) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RemoteKey, Waiter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reads that one task has to make. Those without an answer when it is dropped end for their waiters too.
pub(super) struct Claims {
    in_flight: Arc<InFlight>,
    open: HashMap<RemoteKey, oneshot::Sender<Outcome>>,
}

impl Claims {
    pub(super) fn new(in_flight: Arc<InFlight>, open: HashMap<RemoteKey, oneshot::Sender<Outcome>>) -> Self {
        Self { in_flight, open }
    }

    pub(super) fn keys(&self) -> Vec<RemoteKey> {
        self.open.keys().cloned().collect()
    }

    /// Gives everyone who waits for `key` its answer. A second answer for a key is dropped.
    pub(super) fn answer(&mut self, key: &RemoteKey, outcome: Outcome) {
        if let Some(sender) = self.open.remove(key) {
            self.in_flight.leave(key);
            // Nobody waits any more: the answer is dropped, and wiped with it.
            drop(sender.send(outcome));
        }
    }

    /// Gives every key that has no answer yet the same one.
    pub(super) fn fail_rest(&mut self, error: &ReadError) {
        for key in self.keys() {
            self.answer(&key, Err(error.clone()));
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        for key in self.open.keys() {
            self.in_flight.leave(key);
        }
    }
}
