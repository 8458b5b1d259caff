//! How long to wait before a store is asked again, and the spread that keeps many from asking at once.
//!
//! Must never: wait longer than a minute by its own doubling.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// A store that asks for more patience than this gets this much.
const LONGEST_ASKED: Duration = Duration::from_mins(5);

/// Waits that double from one second to sixty.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The next wait, spread over its upper half; at least `asked`, where the store asks for a time.
    pub(crate) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let wait = spread(self.next);
        self.next = (self.next * 2).min(LONGEST);
        asked.map_or(wait, |asked| wait.max(asked.min(LONGEST_ASKED)))
    }
}

/// A random time between half of `duration` and all of it.
pub(crate) fn spread(duration: Duration) -> Duration {
    // The standard library seeds each `RandomState` at random; a timer needs nothing stronger.
    let random = RandomState::new().build_hasher().finish() % 501;
    duration / 1000 * (500 + u32::try_from(random).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let mut backoff = Backoff::default();
        for nominal in [1, 2, 4, 8, 16, 32, 60, 60] {
            let nominal = Duration::from_secs(nominal);
            let wait = backoff.wait(None);
            assert!(wait >= nominal / 2 && wait <= nominal, "{wait:?} for {nominal:?}");
        }
    }

    #[test]
    fn a_store_that_asks_for_patience_gets_it_within_limits() {
        assert_eq!(Backoff::default().wait(Some(Duration::from_secs(20))), Duration::from_secs(20));
        assert_eq!(Backoff::default().wait(Some(Duration::from_hours(24))), LONGEST_ASKED);
    }
}
