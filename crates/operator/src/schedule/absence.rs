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
/// Two looks closer together than this are one: a forced refresh right after a round proves nothing. A provider may
/// vouch for an absence by what it knew for a shorter time only.
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
    missing: HashMap<K, Missing>,
}

#[derive(Debug)]
struct Missing {
    since: Duration,
    /// Whether it vanished together with so much that it is not believed.
    held: bool,
}

impl<K> Default for Absences<K> {
    fn default() -> Self {
        Self { missing: HashMap::new() }
    }
}

impl<K: Eq + Hash + Clone> Absences<K> {
    /// Notes that a source is missing at `now`.
    pub fn missing(&mut self, key: &K, now: Duration) -> Verdict {
        self.missing.entry(key.clone()).or_insert(Missing { since: now, held: false });
        self.verdict(key, now)
    }

    /// What is known of a source without looking again at `now`.
    #[must_use]
    pub fn verdict(&self, key: &K, now: Duration) -> Verdict {
        match self.missing.get(key) {
            Some(missing) if now.saturating_sub(missing.since) >= APART => Verdict::Confirmed,
            _ => Verdict::SeenOnce,
        }
    }

    /// Notes that a source was served.
    pub fn served(&mut self, key: &K) {
        self.missing.remove(key);
    }

    /// Whether no source is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether a source is missing.
    #[must_use]
    pub fn is_missing(&self, key: &K) -> bool {
        self.missing.contains_key(key)
    }

    /// Marks the missing sources that `choose` picks as held. They stay so until they are served again, however many
    /// of those that vanished with them come back or are given up before.
    pub fn hold(&mut self, mut choose: impl FnMut(&K) -> bool) {
        self.missing.iter_mut().filter(|(key, _)| choose(key)).for_each(|(_, missing)| missing.held = true);
    }

    /// Whether a missing source is held.
    #[must_use]
    pub fn is_held(&self, key: &K) -> bool {
        self.missing.get(key).is_some_and(|missing| missing.held)
    }

    /// Forgets the sources that `keep` does not keep.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.missing.retain(|key, _| keep(key));
    }
}

/// Whether so much of a store vanished at once that the store is to be doubted rather than believed.
/// `served` counts everything of the store that synced objects read, what vanished included.
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

    #[test]
    fn what_is_held_stays_so_until_it_is_served() {
        let mut absences = Absences::default();
        for key in ["a", "b", "other"] {
            absences.missing(&key, Duration::ZERO);
        }
        absences.hold(|key| *key != "other");
        absences.served(&"a");
        assert_eq!(["a", "b", "other"].map(|key| absences.is_held(&key)), [false, true, false]);
        absences.missing(&"a", Duration::from_secs(9));
        assert!(!absences.is_held(&"a") && absences.is_missing(&"a"));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let mut absences = Absences::default();
        absences.missing(&"a", Duration::ZERO);
        absences.missing(&"b", Duration::ZERO);
        absences.retain(|key| *key == "a");
        assert!(absences.is_missing(&"a") && !absences.is_missing(&"b") && !absences.is_empty());
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
