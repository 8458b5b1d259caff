//! What a store was asked, counted for metrics.
//!
//! Must never: count by object, key or path.

use std::sync::atomic::{AtomicU64, Ordering};

use sealbridge_api::Reason;

use crate::ReadError;

/// Logins and requests of a provider, from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Logins that were tried.
    pub logins: u64,
    /// Requests that were sent for values, or to write or remove some, retries within the provider's own client aside.
    pub requests: u64,
}

/// The counters behind [`Traffic`].
#[derive(Default)]
pub(crate) struct TrafficCounters {
    logins: AtomicU64,
    requests: AtomicU64,
}

impl TrafficCounters {
    #[cfg(feature = "remote")]
    pub(crate) fn login(&self) {
        self.logins.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Traffic {
        Traffic { logins: self.logins.load(Ordering::Relaxed), requests: self.requests.load(Ordering::Relaxed) }
    }
}

/// The classes under which failed reads are counted: every reason that [`ReadError::reason`] gives.
const FAILURES: [Reason; 6] = [
    Reason::SourceNotFound,
    Reason::SourceDenied,
    Reason::SourceInvalid,
    Reason::StoreNotReady,
    Reason::StoreMisconfigured,
    Reason::SpecInvalid,
];

/// Results that a session handed out, from its beginning.
#[derive(Default)]
pub struct Results {
    served: AtomicU64,
    shared: AtomicU64,
    failed: [AtomicU64; FAILURES.len()],
}

impl Results {
    /// Values that were read.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Requests for a value that joined a read in flight.
    #[must_use]
    pub fn shared(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// Failed reads by class.
    pub fn failed(&self) -> impl Iterator<Item = (Reason, u64)> {
        FAILURES.iter().zip(&self.failed).map(|(reason, count)| (*reason, count.load(Ordering::Relaxed)))
    }

    pub(crate) fn count<T>(&self, result: &Result<T, ReadError>) {
        match result {
            Ok(_) => {
                self.served.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                let reason = error.reason();
                for (_, count) in FAILURES.iter().zip(&self.failed).filter(|(class, _)| **class == reason) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    pub(crate) fn count_shared(&self) {
        self.shared.fetch_add(1, Ordering::Relaxed);
    }
}
