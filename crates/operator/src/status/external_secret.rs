//! The status of an ExternalSecret, in the words of that kind.
//!
//! Must never: write a status because time passed, or leave out why something failed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use sealbridge_api::bridged_secret::BridgedSecretStatus;
use sealbridge_api::{ConditionType, Reason};
use serde_json::{Map, Value, json};

use crate::decode::Loaded;
use crate::reconcile::RETAINED;

/// The status as a JSON merge patch (RFC 7396); `None` if it says what the old one says.
pub(super) fn difference(loaded: &Loaded, new: &BridgedSecretStatus, now: jiff::Timestamp) -> Option<Value> {
    let ready = |status: &BridgedSecretStatus| {
        status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str()).cloned()
    };
    let before = ready(&loaded.status);
    let ready = ready(new)?;
    let told = told(&ready, loaded.has_other_target);
    let is_unchanged = before.as_ref().is_some_and(|before| {
        (before.status.as_str(), &before.reason, &before.message) == (told.status, &ready.reason, &told.message)
    });
    let synced = new.last_handled_refresh.as_deref().unwrap_or_default();
    let is_synced = (loaded.status.observed_generation, loaded.status.last_handled_refresh.as_deref())
        == (Some(loaded.generation()), Some(synced));
    if is_unchanged && is_synced {
        return None;
    }
    let turned = before.filter(|before| before.status == told.status).map_or(Time(now), |before| before.last_transition_time);
    let condition = json!({
        "type": ConditionType::Ready.as_str(),
        "status": told.status,
        "reason": told.reason,
        "message": told.message,
        "lastTransitionTime": turned,
    });
    let mut status = Map::new();
    status.insert("syncedResourceVersion".to_owned(), format!("{}-{synced}", loaded.generation()).into());
    status.insert("conditions".to_owned(), json!([condition]));
    if told.status == "True" {
        status.insert("refreshTime".to_owned(), json!(Time(now)));
        status.insert("binding".to_owned(), json!({"name": loaded.target_name()}));
    }
    Some(status.into())
}

struct Told {
    status: &'static str,
    reason: &'static str,
    message: String,
}

/// Reasons and messages of that kind. A failure says after them what the cause was and what to do.
fn told(ready: &Condition, is_other: bool) -> Told {
    let is = |reason: Reason| ready.reason == reason.as_str();
    let what = if is_other { "resource" } else { "secret" };
    let of = |secret, resource| if is_other { resource } else { secret };
    let succeeded = |reason, message: &str| Told { status: "True", reason, message: format!("{what} {message}") };
    if is(Reason::SecretMissing) {
        return succeeded(of("SecretMissing", "ResourceMissing"), "will not be created due to CreationPolicy=Merge");
    }
    if is(Reason::SecretDeleted) {
        return succeeded(of("SecretDeleted", "ResourceDeleted"), "deleted due to DeletionPolicy=Delete");
    }
    let synced = of("SecretSynced", "ResourceSynced");
    if ready.status == "True" && ready.message == RETAINED {
        return succeeded(synced, "retained due to DeletionPolicy=Retain");
    }
    if ready.status == "True" {
        return succeeded(synced, "synced");
    }
    let prefix = if is(Reason::TargetNotOwned) && ready.message.contains("ExternalSecret") {
        "target is owned by another ExternalSecret".to_owned()
    } else if is(Reason::TargetNotOwned) {
        format!("failed to take ownership of target {what}")
    } else if is(Reason::TargetInvalid) && ready.message.contains("immutable") {
        format!("could not update {what}, target is immutable")
    } else if [Reason::TargetInvalid, Reason::Forbidden, Reason::Contested].into_iter().any(is) {
        format!("could not update {what}")
    } else {
        "could not get secret data from provider".to_owned()
    };
    let reason = of("SecretSyncedError", "ResourceSyncedError");
    Told { status: "False", reason, message: format!("{prefix}: {}: {}", ready.reason, ready.message) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::condition::condition;

    use super::*;
    use crate::decode;
    use crate::identity::Kind;

    fn ready(reason: Reason, is_ready: bool, message: &str) -> Condition {
        condition(ConditionType::Ready, is_ready, reason, message, 1, &[], jiff::Timestamp::UNIX_EPOCH)
    }

    #[rstest]
    #[case::synced(ready(Reason::Synced, true, "fine"), "True", "SecretSynced", "secret synced")]
    #[case::retained(ready(Reason::Synced, true, RETAINED), "True", "SecretSynced", "secret retained due to DeletionPolicy=Retain")]
    #[case::missing(
        ready(Reason::SecretMissing, false, "x"),
        "True",
        "SecretMissing",
        "secret will not be created due to CreationPolicy=Merge"
    )]
    #[case::store(
        ready(Reason::StoreNotReady, false, "down; wait"),
        "False",
        "SecretSyncedError",
        "could not get secret data from provider: StoreNotReady: down; wait"
    )]
    #[case::another(
        ready(Reason::TargetNotOwned, false, "belongs to ExternalSecret b"),
        "False",
        "SecretSyncedError",
        "target is owned by another ExternalSecret: TargetNotOwned: belongs to ExternalSecret b"
    )]
    #[case::foreign(
        ready(Reason::TargetNotOwned, false, "belongs to Pod b"),
        "False",
        "SecretSyncedError",
        "failed to take ownership of target secret: TargetNotOwned: belongs to Pod b"
    )]
    fn words(#[case] condition: Condition, #[case] status: &str, #[case] reason: &str, #[case] message: &str) {
        let told = told(&condition, false);
        assert_eq!((told.status, told.reason, told.message.as_str()), (status, reason, message));
    }

    #[rstest]
    #[case(ready(Reason::Synced, true, "fine"), "ResourceSynced", "resource synced")]
    #[case(ready(Reason::SecretMissing, false, "x"), "ResourceMissing", "resource will not be created due to CreationPolicy=Merge")]
    #[case(ready(Reason::SecretDeleted, true, "x"), "ResourceDeleted", "resource deleted due to DeletionPolicy=Delete")]
    #[case(ready(Reason::TargetInvalid, false, "a; b"), "ResourceSyncedError", "could not update resource: TargetInvalid: a; b")]
    fn words_of_another_kind(#[case] condition: Condition, #[case] reason: &str, #[case] message: &str) {
        let told = told(&condition, true);
        assert_eq!((told.reason, told.message.as_str()), (reason, message));
    }

    #[test]
    fn the_same_is_not_told_twice_and_a_new_generation_is() {
        let text = |generation: i64, status: &Value| {
            format!(
                r#"{{"metadata":{{"name":"a","namespace":"n","generation":{generation}}},"spec":{{"data":[]}},"status":{status}}}"#
            )
        };
        let object = |generation, status: &Value| decode::object(Kind::ExternalSecret, &text(generation, status)).unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let new = BridgedSecretStatus {
            conditions: vec![ready(Reason::Synced, true, "m")],
            last_handled_refresh: Some("hash".to_owned()),
            ..BridgedSecretStatus::default()
        };
        let first = difference(&object(1, &json!({})), &new, now).unwrap();
        assert_eq!((&first["syncedResourceVersion"], &first["binding"]["name"]), (&json!("1-hash"), &json!("a")));
        assert_eq!(difference(&object(1, &first), &new, now), None);
        assert_eq!(difference(&object(2, &first), &new, now).unwrap()["syncedResourceVersion"], "2-hash");
    }
}
