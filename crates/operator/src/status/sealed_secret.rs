//! The status of a SealedSecret, as its own controller writes it, so that health checks made for that one work.

use sealbridge_api::{BridgedSecretStatus, ConditionType};
use serde_json::{Value, json};

use super::SYNCED;

/// The status as a JSON merge patch (RFC 7396); `None` if it says what the old one says.
pub(super) fn difference(old: &BridgedSecretStatus, new: &BridgedSecretStatus, now: jiff::Timestamp) -> Option<Value> {
    let ready = |status: &BridgedSecretStatus| {
        status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str()).cloned()
    };
    let condition = ready(new)?;
    let unchanged = ready(old).is_some_and(|before| {
        (before.status, before.reason, before.message)
            == (condition.status.clone(), condition.reason.clone(), condition.message.clone())
    });
    if unchanged && old.observed_generation == new.observed_generation {
        return None;
    }
    Some(json!({
        "observedGeneration": new.observed_generation,
        "conditions": [{
            "type": SYNCED,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message,
            "lastTransitionTime": condition.last_transition_time,
            "lastUpdateTime": k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now),
        }],
    }))
}

#[cfg(test)]
mod tests {
    use sealbridge_api::Reason;
    use sealbridge_api::condition::condition;

    use super::*;

    fn status(generation: i64, message: &str, previous: &BridgedSecretStatus, second: i64) -> BridgedSecretStatus {
        let now = jiff::Timestamp::from_second(second).unwrap();
        let previous = &previous.conditions;
        let ready = condition(ConditionType::Ready, false, Reason::NoKey, message, generation, previous, now);
        BridgedSecretStatus { observed_generation: Some(generation), conditions: vec![ready], ..BridgedSecretStatus::default() }
    }

    #[test]
    fn an_unchanged_failure_writes_nothing_and_another_text_is_told() {
        let first = status(1, "no key", &BridgedSecretStatus::default(), 10);
        let now = jiff::Timestamp::from_second(20).unwrap();
        assert_eq!(difference(&first, &status(1, "no key", &first, 20), now), None);
        let patch = difference(&first, &status(1, "damaged", &first, 20), now).unwrap();
        assert_eq!(patch["conditions"][0]["type"], "Synced");
        assert_eq!(patch["conditions"][0]["message"], "damaged");
        assert_eq!(patch["conditions"][0]["lastTransitionTime"], "1970-01-01T00:00:10Z");
        assert_eq!(patch["conditions"][0]["lastUpdateTime"], "1970-01-01T00:00:20Z");
        assert!(difference(&first, &status(2, "no key", &first, 20), now).is_some());
    }
}
