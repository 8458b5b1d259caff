//! What a store's conditions say. Pure.
//!
//! Must never: say something else while the cause is the same.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use sealbridge_api::condition::condition;
use sealbridge_api::{ConditionType, Reason};
use sealbridge_provider::ReadError;

use super::failure::StoreFailure;

/// Whether a store can be used, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Health {
    reason: Reason,
    message: String,
}

impl Health {
    /// The store was asked and answered.
    pub(super) fn answered() -> Self {
        Self { reason: Reason::Valid, message: "the store answers".to_owned() }
    }

    /// As whom the store is asked depends on who uses it.
    pub(super) fn depends_on_user() -> Self {
        let message = "the store's references name no namespace: each object that uses it logs in from its own";
        Self { reason: Reason::Valid, message: message.to_owned() }
    }

    /// The store did not answer as a store should.
    pub(super) fn failed(error: &ReadError) -> Self {
        Self { reason: error.reason(), message: error.to_string() }
    }

    /// It did not come to asking the store.
    pub(super) fn without_session(failure: StoreFailure) -> Self {
        Self { reason: failure.reason, message: failure.detail }
    }

    fn is_ready(&self) -> bool {
        self.reason == Reason::Valid
    }

    /// Whether nothing will change until somebody acts on the store.
    fn is_stalled(&self) -> bool {
        matches!(self.reason, Reason::SpecInvalid | Reason::AmbientIdentityRefused)
    }

    /// The conditions that say this for `generation`.
    pub(super) fn conditions(&self, generation: i64, previous: &[Condition], now: Timestamp) -> Vec<Condition> {
        let condition = |kind, status| condition(kind, status, self.reason, &self.message, generation, previous, now);
        let mut conditions = vec![condition(ConditionType::Ready, self.is_ready())];
        if self.is_stalled() {
            conditions.push(condition(ConditionType::Stalled, true));
        }
        conditions
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::key::StoreKey;
    use super::*;

    #[rstest]
    #[case::answers(Health::answered(), "True", "Valid", false)]
    #[case::referent(Health::depends_on_user(), "True", "Valid", false)]
    #[case::down(Health::failed(&ReadError::Unavailable), "False", "StoreNotReady", false)]
    #[case::login(Health::failed(&ReadError::LoginRefused), "False", "StoreNotReady", false)]
    #[case::another_server(Health::failed(&ReadError::BadAnswer), "False", "StoreMisconfigured", false)]
    #[case::unreadable(Health::without_session(StoreFailure::unreadable(&StoreKey::cluster("a"), None)), "False", "SpecInvalid", true)]
    fn what_is_said(#[case] health: Health, #[case] ready: &str, #[case] reason: &str, #[case] stalled: bool) {
        let conditions = health.conditions(3, &[], Timestamp::UNIX_EPOCH);
        assert_eq!((conditions[0].status.as_str(), conditions[0].reason.as_str()), (ready, reason));
        assert_eq!(conditions[0].observed_generation, Some(3));
        assert_eq!(conditions.get(1).map(|condition| condition.type_.as_str()), stalled.then_some("Stalled"));
    }

    #[test]
    fn the_same_cause_is_the_same_condition() {
        let first = Health::answered().conditions(1, &[], Timestamp::UNIX_EPOCH);
        let later = Health::answered().conditions(1, &first, Timestamp::from_second(9).unwrap());
        assert_eq!(first, later);
    }
}
