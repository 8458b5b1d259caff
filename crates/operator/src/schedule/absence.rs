//! When a missing source may be believed.
//!
//! An outage must never look like a deletion. A source counts as gone only after it was missing in two
//! rounds, while the store is still the same one, and while not too much of it vanished at once.
//! Must never: decide for a store that did not answer with authority.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// The share of what a store served that may vanish together, in percent.
const VANISHING_PERCENT: usize = 20;
/// Fewer than this may vanish together whatever the share.
const VANISHING_FLOOR: usize = 3;
/// Two looks closer together than this are one: a forced refresh right after a round proves nothing.
const APART: Duration = Duration::from_secs(5);

/// What to make of a source that the store does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Missing for the first time; the next round decides.
    SeenOnce,
    /// Missing twice.
    Confirmed,
}

/// Remembers since when sources are missing. Times are since any fixed moment.
#[derive(Debug)]
pub struct Absences<K> {
    missing: HashMap<K, Duration>,
}

impl<K> Default for Absences<K> {
    fn default() -> Self {
        Self { missing: HashMap::new() }
    }
}

impl<K: Eq + Hash + Clone> Absences<K> {
    /// Notes that a source is missing at `now`.
    pub fn missing(&mut self, key: &K, now: Duration) -> Verdict {
        self.missing.entry(key.clone()).or_insert(now);
        self.verdict(key, now)
    }

    /// What is known of a source without looking again at `now`.
    #[must_use]
    pub fn verdict(&self, key: &K, now: Duration) -> Verdict {
        match self.missing.get(key) {
            Some(since) if now.saturating_sub(*since) >= APART => Verdict::Confirmed,
            _ => Verdict::SeenOnce,
        }
    }

    /// Notes that a source was served.
    pub fn served(&mut self, key: &K) {
        self.missing.remove(key);
    }

    /// How many sources that `choose` picks are missing.
    pub fn count(&self, mut choose: impl FnMut(&K) -> bool) -> usize {
        self.missing.keys().filter(|key| choose(key)).count()
    }

    /// Forgets the sources that `keep` does not keep.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.missing.retain(|key, _| keep(key));
    }
}

/// Whether so much of a store vanished at once that the store is to be doubted rather than believed.
/// `served` counts everything that the store once served, what vanished included.
#[must_use]
pub fn vanished_together(vanished: usize, served: usize) -> bool {
    vanished >= VANISHING_FLOOR && vanished * 100 > served * VANISHING_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn one_look_is_not_enough_and_two_at_once_are_one() {
        let mut absences = Absences::default();
        assert_eq!(absences.missing(&"a", Duration::from_secs(100)), Verdict::SeenOnce);
        assert_eq!(absences.missing(&"a", Duration::from_secs(101)), Verdict::SeenOnce);
        assert_eq!(absences.missing(&"a", Duration::from_secs(105)), Verdict::Confirmed);
    }

    #[test]
    fn a_source_that_came_back_starts_anew() {
        let mut absences = Absences::default();
        absences.missing(&"a", Duration::from_secs(100));
        absences.served(&"a");
        assert_eq!(absences.missing(&"a", Duration::from_secs(200)), Verdict::SeenOnce);
    }

    #[rstest]
    #[case(2, 2, false)]
    #[case(3, 3, true)]
    #[case(3, 15, false)]
    #[case(4, 15, true)]
    #[case(200, 1000, false)]
    #[case(201, 1000, true)]
    fn a_fifth_may_vanish(#[case] vanished: usize, #[case] served: usize, #[case] held: bool) {
        assert_eq!(vanished_together(vanished, served), held);
    }
}
