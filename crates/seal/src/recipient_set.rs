//! To whom a value is sealed.
//!
//! Owns that there is someone, nobody twice, and one order. Must never be empty.

use std::collections::BTreeMap;

use crate::error::RecipientSetError;
use crate::key_id::KeyId;
use crate::limits::MAX_RECIPIENTS;
use crate::recipient::Recipient;

/// One to [`MAX_RECIPIENTS`] recipients without duplicates, in the order of their ids: so the same set
/// writes the same ids, and a reader knows which stanza is whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientSet(BTreeMap<KeyId, Recipient>);

impl RecipientSet {
    /// Collects recipients; one that is given twice is taken once.
    ///
    /// # Errors
    /// [`RecipientSetError`] if there is none, if there are too many, or if only some are post-quantum: the others
    /// would be the way in.
    pub fn new(recipients: impl IntoIterator<Item = Recipient>) -> Result<Self, RecipientSetError> {
        let set: BTreeMap<_, _> = recipients.into_iter().map(|recipient| (recipient.id(), recipient)).collect();
        if set.is_empty() {
            return Err(RecipientSetError::Empty);
        }
        if set.len() > MAX_RECIPIENTS {
            return Err(RecipientSetError::TooMany);
        }
        let post_quantum = set.values().filter(|recipient| recipient.is_post_quantum()).count();
        if post_quantum != 0 && post_quantum != set.len() {
            return Err(RecipientSetError::Mixed);
        }
        Ok(Self(set))
    }

    /// The ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.keys().copied()
    }

    /// The recipients, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Recipient> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyPair;

    fn recipients(count: usize) -> Vec<Recipient> {
        (0..count).map(|_| KeyPair::generate().unwrap().recipient().clone()).collect()
    }

    #[test]
    fn duplicates_are_removed_and_order_does_not_matter() {
        let some = recipients(5);
        let reversed = some.iter().rev().chain(&some).cloned();
        let set = RecipientSet::new(reversed).unwrap();
        assert_eq!(set, RecipientSet::new(some).unwrap());
        assert!(set.ids().is_sorted());
        assert_eq!(set.iter().count(), 5);
    }

    #[test]
    fn post_quantum_recipients_stand_alone() {
        let post_quantum = || KeyPair::generate_post_quantum().unwrap().recipient().clone();
        assert_eq!(RecipientSet::new([post_quantum(), post_quantum()]).unwrap().iter().count(), 2);
        let mixed = recipients(1).into_iter().chain([post_quantum()]);
        assert_eq!(RecipientSet::new(mixed), Err(RecipientSetError::Mixed));
    }

    #[test]
    fn an_empty_set_and_a_huge_one_are_refused() {
        assert_eq!(RecipientSet::new([]), Err(RecipientSetError::Empty));
        let many = recipients(MAX_RECIPIENTS + 1);
        assert!(RecipientSet::new(many[1..].to_vec()).is_ok());
        assert_eq!(RecipientSet::new(many), Err(RecipientSetError::TooMany));
    }
}
