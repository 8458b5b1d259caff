//! What is said of an object that pushes. Pure.
//!
//! Must never: say another thing while the cause is the same, or carry what a store or template answered of a value.

mod native;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sealbridge_api::Reason;
use serde_json::{Map, Value, json};

use super::declared::Declared;
use super::kind::PushKind;
use super::record::Record;

/// What became of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) outcome: Outcome,
    /// What is known to be in stores by this object.
    pub(super) record: Record,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything is as declared; what it was synced from, see [`super::source::Versions`].
    Synced { version: String, only_if_absent: bool },
    /// The sources are gone, and with them what was pushed.
    SourceDeleted,
    /// It is not as declared.
    Failed(Failure),
}

/// Why it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) step: Step,
    pub(super) reason: Reason,
    /// What failed and what to do.
    pub(super) detail: String,
}

/// Where it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Spec,
    Source,
    Push,
    TakeBack,
}

/// The words of the other controller, before ours.
fn told(failure: &Failure) -> String {
    let prefix = match failure.step {
        Step::Spec => "could not read the object",
        Step::Source => "could not get source secret",
        Step::Push => "set secret failed",
        Step::TakeBack => "could not delete secret from provider",
    };
    format!("{prefix}: {}: {}", failure.reason.as_str(), failure.detail)
}

/// The status of an object as a JSON merge patch (RFC 7396); `None` if it says what it said before.
pub(super) fn difference(declared: &Declared, report: &Report, now: Timestamp) -> Option<Value> {
    match declared.id.kind {
        PushKind::Native => native::difference(&declared.status, declared.generation, report, now),
        PushKind::External => external(&declared.status, report, now),
    }
}

/// As the other controller says it.
fn external(former: &Value, report: &Report, now: Timestamp) -> Option<Value> {
    let (is_ready, reason, message) = match &report.outcome {
        Outcome::Synced { only_if_absent: false, .. } => ("True", "Synced", "PushSecret synced successfully".to_owned()),
        Outcome::Synced { only_if_absent: true, .. } => {
            ("True", "Synced", "PushSecret synced successfully. Existing secrets in providers unchanged.".to_owned())
        }
        Outcome::SourceDeleted => {
            ("False", "SourceDeleted", "the source Secret is gone, and what was pushed of it is taken back".to_owned())
        }
        Outcome::Failed(failure) => ("False", "Errored", told(failure)),
    };
    let mut status = Map::new();
    let synced = match &report.outcome {
        Outcome::Synced { version, .. } => Some(version.as_str()),
        Outcome::SourceDeleted | Outcome::Failed(_) => None,
    };
    let ready = ready(former);
    let is_told = ready.is_some_and(|ready| {
        let text = |field: &str| ready.get(field).and_then(Value::as_str);
        (text("status"), text("reason"), text("message")) == (Some(is_ready), Some(reason), Some(message.as_str()))
    });
    let was_synced = former.get("syncedResourceVersion").and_then(Value::as_str);
    let record = report.record.told(PushKind::External);
    let none = json!({});
    let former_record = former.get("syncedPushSecrets").filter(|record| !record.is_null()).unwrap_or(&none);
    if is_told && *former_record == record && synced.is_none_or(|synced| was_synced == Some(synced)) {
        return None;
    }
    let turned = ready.filter(|ready| ready.get("status").and_then(Value::as_str) == Some(is_ready));
    let turned = turned.and_then(|ready| ready.get("lastTransitionTime").cloned()).unwrap_or_else(|| json!(Time(now)));
    let condition =
        json!({"type": "Ready", "status": is_ready, "reason": reason, "message": message, "lastTransitionTime": turned});
    status.insert("conditions".to_owned(), json!([condition]));
    status.insert("syncedPushSecrets".to_owned(), changed(former_record, &record));
    if let Some(synced) = synced {
        status.insert("syncedResourceVersion".to_owned(), synced.into());
        status.insert("refreshTime".to_owned(), json!(Time(now)));
    }
    Some(status.into())
}

/// The condition as it was told last.
pub(super) fn ready(status: &Value) -> Option<&Value> {
    let conditions = status.get("conditions").and_then(Value::as_array).into_iter().flatten();
    conditions.into_iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some("Ready"))
}

/// Whether an object is as it was told last. Moments are in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Synced {
    /// It was told something else, or what was pushed has ended.
    No,
    /// Until something changes.
    Lasting,
    /// Until then, when something of it ends.
    Until(u64),
}

/// What is told of a version of which something ends, in seconds since the Unix epoch.
pub(super) fn ending(version: &str, ends: Option<u64>) -> String {
    ends.map_or_else(|| version.to_owned(), |ends| format!("{version}-{ends}"))
}

/// Whether it was told last that it is synced from `version`, which holds at `now`, in seconds since the Unix epoch.
pub(super) fn synced_from(status: &Value, version: &str, now: u64) -> Synced {
    let is_ready = ready(status).and_then(|ready| ready.get("status")).and_then(Value::as_str) == Some("True");
    let synced = status.get("syncedResourceVersion").and_then(Value::as_str).filter(|_| is_ready);
    match synced.and_then(|synced| synced.strip_prefix(version)) {
        Some("") => Synced::Lasting,
        Some(rest) => {
            let ends = rest.strip_prefix('-').and_then(|ends| ends.parse().ok());
            ends.filter(|ends| *ends > now).map_or(Synced::No, Synced::Until)
        }
        None => Synced::No,
    }
}

/// Whether it was told last that the sources are gone.
pub(super) fn is_source_deleted(status: &Value) -> bool {
    ready(status).and_then(|ready| ready.get("reason")).and_then(Value::as_str) == Some("SourceDeleted")
}

/// A merge patch that makes `new` of `old`: what is gone is null there.
fn changed(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let kept = new.iter().map(|(key, value)| (key.clone(), changed(old.get(key).unwrap_or(&Value::Null), value)));
    Value::Object(gone.chain(kept).collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn record(places: &[&str]) -> Record {
        let places = places.iter().map(|key| ((*key).to_owned(), json!({"match": {"remoteRef": {"remoteKey": key}}})));
        let synced = json!({"SecretStore/vault": places.collect::<Map<_, _>>()});
        Record::read(PushKind::External, &json!({"syncedPushSecrets": synced}))
    }

    fn synced(version: &str, places: &[&str]) -> Report {
        let outcome = Outcome::Synced { version: version.to_owned(), only_if_absent: false };
        Report { outcome, record: record(places) }
    }

    fn failed(step: Step, places: &[&str]) -> Report {
        let detail = "the store is down; wait".to_owned();
        Report { outcome: Outcome::Failed(Failure { step, reason: Reason::StoreNotReady, detail }), record: record(places) }
    }

    /// What the API server makes of a status and a merge patch.
    fn merged(status: &Value, patch: &Value) -> Value {
        let (Value::Object(fields), Value::Object(changes)) = (status, patch) else { return patch.clone() };
        let mut fields = fields.clone();
        for (key, change) in changes {
            if change.is_null() {
                fields.remove(key);
            } else {
                let made = merged(fields.get(key).unwrap_or(&Value::Null), change);
                fields.insert(key.clone(), without_nulls(made));
            }
        }
        Value::Object(fields)
    }

    fn without_nulls(value: Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(
                fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k, without_nulls(v))).collect(),
            ),
            other => other,
        }
    }

    const EARLY: Timestamp = Timestamp::UNIX_EPOCH;

    fn late() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    #[test]
    fn the_same_is_not_told_twice_and_a_place_that_is_gone_is_removed() {
        let first = merged(&json!({}), &external(&Value::Null, &synced("1-a", &["x", "y"]), EARLY).unwrap());
        assert_eq!(external(&first, &synced("1-a", &["x", "y"]), late()), None);
        let second = merged(&first, &external(&first, &synced("1-b", &["y"]), late()).unwrap());
        assert_eq!(second["syncedPushSecrets"], record(&["y"]).told(PushKind::External));
        assert_eq!((&second["syncedResourceVersion"], &second["refreshTime"]), (&json!("1-b"), &json!(Time(late()))));
        assert_eq!(second["conditions"][0]["lastTransitionTime"], json!(Time(EARLY)), "it was ready throughout");
        assert_eq!((synced_from(&second, "1-b", 0), synced_from(&second, "1-a", 0)), (Synced::Lasting, Synced::No));
        let none = merged(&second, &external(&second, &synced("1-b", &[]), late()).unwrap());
        assert_eq!(none["syncedPushSecrets"], json!({}));
    }

    #[test]
    fn a_failure_says_what_it_was_and_keeps_when_it_was_synced() {
        let first = merged(&json!({}), &external(&Value::Null, &synced("1-a", &["x"]), EARLY).unwrap());
        let second = merged(&first, &external(&first, &failed(Step::Push, &["x"]), late()).unwrap());
        assert_eq!(second["conditions"][0]["message"], "set secret failed: StoreNotReady: the store is down; wait");
        assert_eq!((&second["refreshTime"], &second["conditions"][0]["reason"]), (&json!(Time(EARLY)), &json!("Errored")));
        assert_eq!(synced_from(&second, "1-a", 0), Synced::No);
        assert_eq!(external(&second, &failed(Step::Push, &["x"]), late()), None);
    }

    #[rstest]
    #[case::nothing_ends(None, "1-a", Synced::Lasting)]
    #[case::later(Some(100), "1-a", Synced::Until(100))]
    #[case::ended(Some(99), "1-a", Synced::No)]
    #[case::of_another_version(Some(100), "1-b", Synced::No)]
    #[case::of_a_longer_version(Some(100), "1-", Synced::No)]
    fn what_ends_is_synced_until_then(#[case] ends: Option<u64>, #[case] asked: &str, #[case] told: Synced) {
        let report = synced(&ending("1-a", ends), &[]);
        let status = merged(&json!({}), &external(&Value::Null, &report, EARLY).unwrap());
        assert_eq!(synced_from(&status, asked, 99), told);
    }

    #[rstest]
    #[case(Step::Source, "could not get source secret: ")]
    #[case(Step::Spec, "could not read the object: ")]
    #[case(Step::TakeBack, "could not delete secret from provider: ")]
    fn each_step_has_its_words(#[case] step: Step, #[case] prefix: &str) {
        let told = external(&Value::Null, &failed(step, &[]), EARLY).unwrap();
        assert!(told["conditions"][0]["message"].as_str().unwrap().starts_with(prefix));
    }

    #[test]
    fn what_was_kept_is_said_and_that_a_source_is_gone() {
        let outcome = Outcome::Synced { version: "1-a".to_owned(), only_if_absent: true };
        let told = external(&Value::Null, &Report { outcome, record: Record::default() }, EARLY).unwrap();
        let message = "PushSecret synced successfully. Existing secrets in providers unchanged.";
        assert_eq!(told["conditions"][0]["message"], message);
        let gone = Report { outcome: Outcome::SourceDeleted, record: Record::default() };
        let told = external(&Value::Null, &gone, EARLY).unwrap();
        assert!(is_source_deleted(&told) && told["conditions"][0]["status"] == "False");
    }
}
