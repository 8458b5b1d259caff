//! When an object is looked at again that is not as declared. Pure.
//!
//! Must never: ask a store again and again for what only a person can put right.

use std::collections::HashMap;
use std::time::Duration;

use super::kind::PushId;

/// After the first failure; each one after it doubles the time.
const FIRST: Duration = Duration::from_mins(1);
/// The longest time. A store that recovers, an edit and a slot come earlier.
const LONGEST: Duration = Duration::from_hours(1);

/// When an object is looked at again, if nothing changes and no slot begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Not before.
    Never,
    /// After a time: what the API server did not do, what a second look decides, what ends.
    In(Duration),
    /// As often as it makes sense: it failed.
    Failed,
}

impl Again {
    /// The earlier of what was to come anyway and `other`.
    pub(super) fn or(self, other: Self) -> Self {
        if self == Self::Never { other } else { self }
    }
}

/// How often objects failed, one after the other.
#[derive(Debug, Default)]
pub(super) struct Failures(HashMap<PushId, u32>);

impl Failures {
    /// The time after which an object is looked at again.
    pub(super) fn wait(&mut self, id: &PushId, again: Again) -> Option<Duration> {
        match again {
            Again::Never => {
                self.0.remove(id);
                None
            }
            Again::In(time) => {
                self.0.remove(id);
                Some(time)
            }
            Again::Failed => {
                let failed = self.0.entry(id.clone()).or_default();
                let time = FIRST.saturating_mul(2_u32.saturating_pow(*failed)).min(LONGEST);
                *failed = failed.saturating_add(1);
                Some(time)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::PushKind;
    use super::*;

    #[test]
    fn what_fails_again_and_again_is_asked_less_and_less() {
        let id = PushId { kind: PushKind::External, namespace: "shop".into(), name: "app".into() };
        let mut failures = Failures::default();
        let waits: Vec<_> = (0..40).filter_map(|_| failures.wait(&id, Again::Failed)).map(|time| time.as_secs() / 60).collect();
        assert_eq!(waits.get(..8), Some(&[1, 2, 4, 8, 16, 32, 60, 60][..]));
        assert_eq!(waits.last(), Some(&60));
        assert_eq!(failures.wait(&id, Again::In(FIRST)), Some(FIRST));
        assert_eq!((failures.wait(&id, Again::Never), failures.wait(&id, Again::Failed)), (None, Some(FIRST)));
        assert_eq!((Again::Never.or(Again::Failed), Again::In(FIRST).or(Again::Failed)), (Again::Failed, Again::In(FIRST)));
    }
}
