//! Objects whose slot began while their windows held them back.
//!
//! Must never: hold back more than what is due by the clock, or forget a slot that was missed.

use std::collections::HashSet;

use crate::identity::ObjectId;

/// Objects that are due and wait for a window.
#[derive(Debug, Default)]
pub struct Held {
    waiting: HashSet<ObjectId>,
    /// Whether the objects of before this operator's start were looked at: nobody knows which of them had waited.
    has_begun: bool,
}

impl Held {
    /// Whether an object with windows joins those that wait: its slot began, or it may have waited before the start.
    #[must_use]
    pub fn is_joined(&self, is_due: bool) -> bool {
        is_due || !self.has_begun
    }

    /// Adds objects, and takes out those that `judge` lets go; those that it knows nothing of are forgotten.
    pub fn take_admitted(
        &mut self,
        joining: impl IntoIterator<Item = ObjectId>,
        judge: impl Fn(&ObjectId) -> Option<bool>,
    ) -> HashSet<ObjectId> {
        self.has_begun = true;
        self.waiting.extend(joining);
        let mut admitted = HashSet::new();
        self.waiting.retain(|id| match judge(id) {
            Some(true) => {
                admitted.insert(id.clone());
                false
            }
            Some(false) => true,
            None => false,
        });
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Kind;

    fn id(name: &str) -> ObjectId {
        ObjectId { kind: Kind::ExternalSecret, namespace: "shop".into(), name: name.into() }
    }

    #[test]
    fn a_missed_slot_is_served_once_the_window_lets_it() {
        let mut held = Held::default();
        assert!(held.is_joined(false), "before the start it may have waited");
        assert!(held.take_admitted([id("a"), id("gone")], |id| (&*id.name != "gone").then_some(false)).is_empty());
        assert!(!held.is_joined(false) && held.is_joined(true));
        assert_eq!(held.take_admitted([], |_| Some(true)), HashSet::from([id("a")]));
        assert!(held.take_admitted([], |_| Some(true)).is_empty());
    }
}
