//! How long a token lives, and when it is renewed.
//!
//! Must never: use a token so late that it could end on the way.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::spread;

const LONGEST_MARGIN: Duration = Duration::from_secs(10);
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// The life of a token since it was last granted one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    from: Instant,
    life: Duration,
    /// What the login granted, before any renewal.
    first: Duration,
}

impl Lease {
    /// A life that begins.
    pub(super) fn new(life: Duration) -> Self {
        Self { from: Instant::now(), life, first: life }
    }

    /// How much of it is left.
    pub(super) fn left(self) -> Duration {
        self.life.saturating_sub(self.from.elapsed())
    }

    /// The life that a renewal grants.
    pub(super) fn renewed(self, life: Duration) -> Self {
        Self { from: Instant::now(), life, first: self.first }
    }

    /// Whether a request that begins this moment will still be served.
    pub(super) fn is_usable(&self) -> bool {
        self.from.elapsed() + (self.life / 10).min(LONGEST_MARGIN) < self.life
    }

    /// How long to wait before the next renewal; nothing if it is too late, or if the last one brought so little that
    /// the end is near and a new login is better.
    pub(super) fn renewal_wait(&self) -> Option<Duration> {
        if self.life * 2 < self.first {
            return None;
        }
        let elapsed = self.from.elapsed();
        let remaining = self.life.checked_sub(elapsed).filter(|remaining| !remaining.is_zero())?;
        // Two thirds of the life, up to a tenth of it earlier.
        let due = self.life * 17 / 30 + spread(self.life / 10);
        Some(due.checked_sub(elapsed).unwrap_or((remaining / 3).max(SHORTEST_RETRY)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_at_two_thirds_and_used_until_nearly_its_end() {
        let lease = Lease::new(Duration::from_secs(90));
        let wait = lease.renewal_wait().unwrap();
        assert!(wait >= Duration::from_secs(55) && wait <= Duration::from_mins(1), "{wait:?}");
        tokio::time::advance(Duration::from_secs(80)).await;
        assert!(lease.is_usable());
        assert_eq!((lease.left(), lease.renewal_wait()), (Duration::from_secs(10), Some(Duration::from_secs(10) / 3)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!lease.is_usable());
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!((lease.left(), lease.renewal_wait()), (Duration::ZERO, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_brings_little_is_the_last() {
        let lease = Lease::new(Duration::from_secs(90));
        assert!(lease.renewed(Duration::from_mins(1)).renewal_wait().is_some());
        assert_eq!(lease.renewed(Duration::from_secs(30)).renewal_wait(), None);
        assert!(lease.renewed(Duration::from_secs(30)).is_usable());
    }
}
