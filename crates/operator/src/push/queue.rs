//! Which objects are to be looked at, and how closely. Pure.
//!
//! Must never: hand an object out while it is in hand.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::PushId;

/// How closely an object is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// Stores are asked only if the object, its sources or its stores are others than when it was last synced.
    Glance,
    /// Stores are asked.
    Push,
}

/// The objects that wait, and those in hand.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<PushId, Look>,
    in_hand: BTreeSet<PushId>,
}

impl Queue {
    pub(super) fn ask(&mut self, id: PushId, look: Look) {
        let asked = self.waiting.entry(id).or_insert(look);
        *asked = look.max(*asked);
    }

    /// Hands the next one out, until [`Self::done`].
    pub(super) fn next(&mut self) -> Option<(PushId, Look)> {
        let id = self.waiting.keys().find(|id| !self.in_hand.contains(id))?.clone();
        let look = self.waiting.remove(&id)?;
        self.in_hand.insert(id.clone());
        Some((id, look))
    }

    pub(super) fn done(&mut self, id: &PushId) {
        self.in_hand.remove(id);
    }

    /// How many are in hand.
    pub(super) fn in_hand(&self) -> usize {
        self.in_hand.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::PushKind;
    use super::*;

    fn id(name: &str) -> PushId {
        PushId { kind: PushKind::External, namespace: "shop".into(), name: name.into() }
    }

    #[test]
    fn one_that_is_in_hand_waits_and_the_closer_look_counts() {
        let mut queue = Queue::default();
        queue.ask(id("a"), Look::Glance);
        assert_eq!(queue.next(), Some((id("a"), Look::Glance)));
        queue.ask(id("a"), Look::Push);
        queue.ask(id("a"), Look::Glance);
        assert_eq!(queue.next(), None);
        queue.ask(id("b"), Look::Glance);
        assert_eq!(queue.next(), Some((id("b"), Look::Glance)));
        assert_eq!(queue.in_hand(), 2);
        queue.done(&id("a"));
        assert_eq!(queue.next(), Some((id("a"), Look::Push)));
    }
}
