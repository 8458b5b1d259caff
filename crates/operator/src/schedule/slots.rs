//! Slots of time: a group of objects is due when the number of its slot changes.
//!
//! The slot of a group at time t is `floor((t + phase) / interval)`, with a phase made from the store's
//! name, so that stores are not all read at the same second and a restart changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use sealbridge_api::rounds;

/// Objects that are due together: a store's phase and an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Spreads groups over the interval; the same after a restart.
    pub phase: u64,
    /// How often the group is due; never zero.
    pub interval: Duration,
}

impl Group {
    /// The number of the slot at a moment since the Unix epoch.
    #[must_use]
    pub fn slot(self, at: Duration) -> u64 {
        rounds::slot(self.phase, self.interval, at)
    }

    fn next_start(self, at: Duration) -> Duration {
        rounds::next_start(self.phase, self.interval, at)
    }
}

/// The last slot that each group was served in. Times are since the Unix epoch, by the wall clock.
#[derive(Debug)]
pub struct Slots {
    since: Duration,
    served: HashMap<Group, u64>,
}

impl Slots {
    /// Starts with every group served up to `since`: the last moment at which some operator was at work.
    #[must_use]
    pub fn new(since: Duration) -> Self {
        Self { since, served: HashMap::new() }
    }

    /// Whether the group is due, which then counts as served. A clock that goes back repeats nothing.
    pub fn take_due(&mut self, group: Group, now: Duration) -> bool {
        let slot = group.slot(now);
        let served = self.served.entry(group).or_insert_with(|| group.slot(self.since));
        let due = slot > *served;
        *served = slot.max(*served);
        due
    }

    /// When the next of `groups` starts a new slot.
    pub fn next(groups: impl Iterator<Item = Group>, now: Duration) -> Option<Duration> {
        groups.map(|group| group.next_start(now)).min()
    }

    /// Forgets groups that no object belongs to any more.
    pub fn retain(&mut self, mut alive: impl FnMut(&Group) -> bool) {
        self.served.retain(|group, _| alive(group));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn group(phase: u64, seconds: u64) -> Group {
        Group { phase, interval: at(seconds) }
    }

    #[test]
    fn a_group_is_due_once_per_slot() {
        let mut slots = Slots::new(at(1_000));
        let group = group(0, 300);
        assert!(!slots.take_due(group, at(1_100)));
        assert!(slots.take_due(group, at(1_200)));
        assert!(!slots.take_due(group, at(1_499)));
        assert!(slots.take_due(group, at(1_500)));
    }

    #[test]
    fn slots_missed_while_nobody_worked_are_served_once() {
        let mut slots = Slots::new(at(0));
        assert!(slots.take_due(group(0, 60), at(6_000)));
        assert!(!slots.take_due(group(0, 60), at(6_001)));
    }

    #[test]
    fn a_clock_that_goes_back_repeats_nothing() {
        let mut slots = Slots::new(at(0));
        assert!(slots.take_due(group(0, 60), at(6_000)));
        assert!(!slots.take_due(group(0, 60), at(5_000)));
        assert!(!slots.take_due(group(0, 60), at(6_059)));
        assert!(slots.take_due(group(0, 60), at(6_060)));
    }

    proptest! {
        #[test]
        fn the_next_start_is_the_first_moment_of_a_new_slot(phase: u64, seconds in 10_u64..100_000, now in 0_u64..4_000_000_000) {
            let group = group(phase, seconds);
            let next = Slots::next(std::iter::once(group), at(now)).unwrap();
            prop_assert_eq!(group.slot(next), group.slot(at(now)) + 1);
            prop_assert_eq!(group.slot(next.checked_sub(Duration::from_millis(1)).unwrap()), group.slot(at(now)));
        }
    }
}
