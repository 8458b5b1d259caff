//! What is said of a native PushSecret. Pure.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use sealbridge_api::condition::condition;
use sealbridge_api::{ConditionType, Reason};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::super::kind::PushKind;
use super::super::record::Record;
use super::{Outcome, Report};

/// The status as a JSON merge patch (RFC 7396); `None` if it says what `former` says.
pub(super) fn difference(former: &Value, generation: i64, report: &Report, now: Timestamp) -> Option<Value> {
    let (holds, reason, message) = match &report.outcome {
        Outcome::Synced { only_if_absent: false, .. } => (true, Reason::Synced, "the stores hold what is declared"),
        Outcome::Synced { only_if_absent: true, .. } => {
            (true, Reason::Synced, "the stores hold what is declared, or what they held before")
        }
        Outcome::SourceDeleted => {
            (false, Reason::SourceDeleted, "the source Secret is gone, and what was pushed of it is taken back")
        }
        Outcome::Failed(failure) => (false, failure.reason, failure.detail.as_str()),
    };
    let conditions = former.get("conditions").map(Vec::<Condition>::deserialize);
    let before = conditions.and_then(Result::ok).unwrap_or_default();
    let make = |kind, holds| condition(kind, holds, reason, message, generation, &before, now);
    let mut conditions = vec![make(ConditionType::Ready, holds)];
    if reason == Reason::SpecInvalid {
        conditions.push(make(ConditionType::Stalled, true));
    }
    let version = match &report.outcome {
        Outcome::Synced { version, .. } => Some(version.as_str()),
        Outcome::SourceDeleted | Outcome::Failed(_) => None,
    };
    let pushed = report.record.told(PushKind::Native);
    let none = json!([]);
    let says = |field: &str, value: &Value| former.get(field).unwrap_or(&none) == value;
    let is_told =
        before == conditions && says(Record::field(PushKind::Native), &pushed) && says("observedGeneration", &json!(generation));
    if is_told && version.is_none_or(|version| says("syncedResourceVersion", &json!(version))) {
        return None;
    }
    let mut status = Map::new();
    status.insert("observedGeneration".to_owned(), json!(generation));
    status.insert("conditions".to_owned(), json!(conditions));
    status.insert(Record::field(PushKind::Native).to_owned(), pushed);
    if let Some(version) = version {
        status.insert("syncedResourceVersion".to_owned(), version.into());
        status.insert("refreshTime".to_owned(), json!(Time(now)));
    }
    Some(status.into())
}

#[cfg(test)]
mod tests {
    use super::super::{Failure, Step, Synced, is_source_deleted, synced_from};
    use super::*;

    fn record(keys: &[&str]) -> Record {
        let pushed: Vec<_> = keys.iter().map(|key| json!({"store": "SecretStore/vault", "key": key})).collect();
        Record::read(PushKind::Native, &json!({"pushed": pushed}))
    }

    fn synced(version: &str, keys: &[&str]) -> Report {
        let outcome = Outcome::Synced { version: version.to_owned(), only_if_absent: false };
        Report { outcome, record: record(keys) }
    }

    fn failed(reason: Reason) -> Report {
        let failure = Failure { step: Step::Push, reason, detail: "the store is down; wait".to_owned() };
        Report { outcome: Outcome::Failed(failure), record: record(&["a"]) }
    }

    const EARLY: Timestamp = Timestamp::UNIX_EPOCH;

    fn late() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    #[test]
    fn the_same_is_not_told_twice() {
        let first = difference(&Value::Null, 1, &synced("1-a", &["a"]), EARLY).unwrap();
        assert_eq!(difference(&first, 1, &synced("1-a", &["a"]), late()), None);
        assert_eq!(synced_from(&first, "1-a", 0), Synced::Lasting);
        let second = difference(&first, 2, &synced("2-a", &[]), late()).unwrap();
        assert_eq!((&second["pushed"], &second["observedGeneration"]), (&json!([]), &json!(2)));
        assert_eq!(second["conditions"][0]["lastTransitionTime"], json!(Time(EARLY)), "it was ready throughout");
    }

    #[test]
    fn a_failure_is_told_with_its_class_and_what_stands_in_stores() {
        let told = difference(&Value::Null, 1, &failed(Reason::StoreNotReady), EARLY).unwrap();
        let ready = &told["conditions"][0];
        assert_eq!((&ready["reason"], &ready["message"]), (&json!("StoreNotReady"), &json!("the store is down; wait")));
        assert_eq!((told["conditions"].as_array().unwrap().len(), &told["pushed"][0]["key"]), (1, &json!("a")));
        assert_eq!(difference(&told, 1, &failed(Reason::StoreNotReady), late()), None);
        let stalled = difference(&told, 1, &failed(Reason::SpecInvalid), EARLY).unwrap();
        assert_eq!(stalled["conditions"][1]["type"], "Stalled");
    }

    #[test]
    fn a_source_that_is_gone_is_told() {
        let gone = Report { outcome: Outcome::SourceDeleted, record: Record::default() };
        let told = difference(&Value::Null, 1, &gone, EARLY).unwrap();
        assert!(is_source_deleted(&told) && told["pushed"] == json!([]), "{told}");
    }
}
