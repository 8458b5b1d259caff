//! Whether a Lease still holds, from what was seen of it. Pure.
//!
//! Must never: trust that a renewal happened because nobody said otherwise.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use super::RELEASED_AT;

/// One look at a Lease; all absent if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) holder: Option<String>,
    pub(super) renewed: Option<Timestamp>,
    pub(super) released: Option<Timestamp>,
}

impl Seen {
    pub(super) fn of(lease: &Lease) -> Self {
        let spec = lease.spec.as_ref();
        let annotations = lease.metadata.annotations.as_ref();
        Self {
            holder: spec.and_then(|spec| spec.holder_identity.clone()),
            renewed: spec.and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0),
            released: annotations.and_then(|all| all.get(RELEASED_AT)).and_then(|text| text.parse().ok()),
        }
    }

    /// The last time that a holder is known to have worked.
    pub(super) fn last_sign(&self) -> Option<Timestamp> {
        self.renewed.max(self.released)
    }
}

/// The Lease from the view of its holder. Times are of this machine's clock, which wrote them.
#[derive(Debug)]
pub(super) struct Holding {
    identity: String,
    duration: Duration,
    renewed: Option<Timestamp>,
}

impl Holding {
    pub(super) fn new(identity: String, duration: Duration) -> Self {
        Self { identity, duration, renewed: None }
    }

    /// The Lease was taken at `now`.
    pub(super) fn took(&mut self, now: Timestamp) {
        self.renewed = Some(now);
    }

    /// Until when the Lease holds, as far as is known; `None` before it was taken.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.renewed.and_then(|renewed| renewed.checked_add(self.duration).ok())
    }

    /// Whether the Lease still holds at `now`. `seen` is `None` if nothing could be seen; then the last known
    /// renewal counts until it ran out.
    pub(super) fn goes_on(&mut self, now: Timestamp, seen: Option<&Seen>) -> bool {
        if let Some(seen) = seen {
            if seen.holder.as_deref() != Some(&self.identity) {
                return false;
            }
            self.renewed = self.renewed.max(seen.renewed);
        }
        self.until().is_some_and(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::coordination::v1::LeaseSpec;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
    use rstest::rstest;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(holder: &str, renewed: i64) -> Seen {
        Seen { holder: Some(holder.into()), renewed: Some(at(renewed)), released: None }
    }

    #[rstest]
    #[case::renewed_in_time(120, Some(seen("us", 115)), true)]
    #[case::not_renewed(120, Some(seen("us", 100)), false)]
    #[case::unseen_within_the_lease(114, None, true)]
    #[case::unseen_until_the_lease_ran_out(115, None, false)]
    #[case::taken_by_another(101, Some(seen("them", 101)), false)]
    #[case::deleted(101, Some(Seen::default()), false)]
    fn a_lease_taken_at_100_for_15_seconds(#[case] now: i64, #[case] seen: Option<Seen>, #[case] goes_on: bool) {
        let mut holding = Holding::new("us".into(), Duration::from_secs(15));
        holding.took(at(100));
        assert_eq!(holding.goes_on(at(now), seen.as_ref()), goes_on);
    }

    #[test]
    fn a_seen_renewal_counts_when_nothing_is_seen_later() {
        let mut holding = Holding::new("us".into(), Duration::from_secs(15));
        holding.took(at(100));
        assert!(holding.goes_on(at(111), Some(&seen("us", 110))));
        assert!(holding.goes_on(at(124), None));
        assert!(!holding.goes_on(at(125), None));
    }

    #[test]
    fn what_a_holder_left_behind() {
        let spec = LeaseSpec { renew_time: Some(MicroTime(at(7))), ..LeaseSpec::default() };
        let annotations = Some([(RELEASED_AT.to_owned(), at(9).to_string())].into());
        let lease = Lease { metadata: ObjectMeta { annotations, ..ObjectMeta::default() }, spec: Some(spec) };
        assert_eq!(Seen::of(&lease).last_sign(), Some(at(9)));
        assert_eq!(Seen::of(&Lease::default()).last_sign(), None);
    }
}
