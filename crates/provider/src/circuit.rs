//! Whether a store is worth asking. Open, every read fails at once with the cause, and one probe at a time asks.
//!
//! Must never: close for another cause than a probe that passed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::ReadError;
use crate::backoff::Backoff;

/// A store that fails again this soon after it came back waits on where it left off.
const RELAPSE: Duration = Duration::from_mins(1);

/// The state of a store's circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Reads go to the store.
    Closed,
    /// Reads fail at once with this; the store is probed.
    Open(ReadError),
}

/// The circuit of one session. Whoever waits for the store subscribes.
pub struct Circuit {
    state: watch::Sender<CircuitState>,
    waits: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    backoff: Backoff,
    closed_at: Option<Instant>,
}

impl Circuit {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(CircuitState::Closed), waits: Mutex::default() }
    }

    /// The cause, while the circuit is open.
    #[must_use]
    pub fn failure(&self) -> Option<ReadError> {
        match &*self.state.borrow() {
            CircuitState::Closed => None,
            CircuitState::Open(error) => Some(error.clone()),
        }
    }

    /// A receiver that is told of each change: opened, closed, open for another cause.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<CircuitState> {
        self.state.subscribe()
    }

    /// Waits until reads go to the store.
    pub async fn closed(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        drop(self.subscribe().wait_for(|state| *state == CircuitState::Closed).await);
    }

    /// Opens the circuit; true if it was closed, so that the caller starts the probe.
    pub(crate) fn open(&self, error: &ReadError) -> bool {
        let mut was_closed = false;
        self.state.send_if_modified(|state| {
            was_closed = *state == CircuitState::Closed;
            let opened = CircuitState::Open(error.clone());
            let changed = *state != opened;
            *state = opened;
            changed
        });
        if was_closed {
            let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
            if waits.closed_at.is_none_or(|at| at.elapsed() > RELAPSE) {
                waits.backoff = Backoff::default();
            }
        }
        was_closed
    }

    /// Closes the circuit.
    pub(crate) fn close(&self) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).closed_at = Some(Instant::now());
        self.state.send_if_modified(|state| {
            let changed = *state != CircuitState::Closed;
            *state = CircuitState::Closed;
            changed
        });
    }

    /// How long to wait before the next probe.
    pub(crate) fn wait(&self) -> Duration {
        let asked = match self.failure() {
            Some(ReadError::RateLimited { after }) => after,
            _ => None,
        };
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).backoff.wait(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_relapse_goes_on_waiting_where_it_left_off() {
        let circuit = Circuit::new();
        assert!(circuit.open(&ReadError::Unavailable));
        assert!(!circuit.open(&ReadError::LoginRefused), "one probe only");
        assert_eq!(circuit.failure(), Some(ReadError::LoginRefused));
        for _ in 0..5 {
            circuit.wait();
        }
        circuit.close();
        circuit.open(&ReadError::Unavailable);
        assert!(circuit.wait() >= Duration::from_secs(16));
        circuit.close();
        tokio::time::advance(RELAPSE * 2).await;
        circuit.open(&ReadError::Unavailable);
        assert!(circuit.wait() <= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn an_unchanged_cause_tells_nobody() {
        let circuit = Circuit::new();
        let mut told = circuit.subscribe();
        circuit.open(&ReadError::Unavailable);
        assert!(told.has_changed().unwrap());
        told.mark_unchanged();
        circuit.open(&ReadError::Unavailable);
        assert!(!told.has_changed().unwrap());
    }
}
