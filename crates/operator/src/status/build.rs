//! The status that a report makes of the last one. Pure.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use sealbridge_api::bridged_secret::{BridgedSecretStatus, MAX_STATUS_SOURCES, RolloutStatus, SourceStatus, TargetStatus};
use sealbridge_api::condition::condition;
use sealbridge_api::{ConditionType, Reason};

use super::{Report, Rollout, SourceSeen, Target, Verdict};
use crate::decode::Loaded;

/// The status after the report.
pub(super) fn status(loaded: &Loaded, report: &Report, now: Timestamp) -> BridgedSecretStatus {
    let now = whole_second(now);
    let mut status = loaded.status.clone();
    if report.verdict.is_some() {
        status.observed_generation = Some(loaded.generation());
    }
    if let Some(sources) = &report.sources {
        status.source_count = Some(i32::try_from(sources.len()).unwrap_or(i32::MAX)).filter(|count| *count > 0);
        status.sources = sources.iter().take(MAX_STATUS_SOURCES).map(|seen| source(seen, &loaded.status.sources, now)).collect();
    }
    if let Some(opened_with) = &report.opened_with {
        status.opened_with.clone_from(opened_with);
    }
    if let Some(handled) = &report.handled {
        status.last_handled_refresh.clone_from(&handled.requests);
        status.last_handled_reconcile_at.clone_from(&handled.flux);
    }
    match &report.target {
        None => {}
        Some(Target::Deleted) => status.target = None,
        Some(Target::Written(written)) => {
            status.target = Some(TargetStatus {
                name: loaded.target_name().to_owned(),
                uid: written.uid.clone(),
                resource_version: written.resource_version.clone(),
            });
        }
    }
    match &report.rollout {
        Some(Rollout::None) => status.rollout = None,
        Some(Rollout::Complete(revision) | Rollout::Pending(revision)) => {
            status.rollout = Some(RolloutStatus { revision: revision.clone() });
        }
        Some(Rollout::Failed(..)) | None => {}
    }
    status.conditions = conditions(loaded, report, now);
    status
}

fn conditions(loaded: &Loaded, report: &Report, now: Timestamp) -> Vec<Condition> {
    let before = &loaded.status.conditions;
    let generation = loaded.generation();
    let make = |kind, status, reason, message: &str| condition(kind, status, reason, message, generation, before, now);
    let keep = |kind: ConditionType| before.iter().find(|condition| condition.type_ == kind.as_str()).cloned();
    let mut conditions = Vec::new();
    match &report.verdict {
        Some(Verdict { ready, reason, message }) => {
            conditions.push(make(ConditionType::Ready, *ready, *reason, message));
            if !ready && needs_a_person(*reason) {
                conditions.push(make(ConditionType::Stalled, true, *reason, message));
            }
        }
        None => conditions.extend([keep(ConditionType::Ready), keep(ConditionType::Stalled)].into_iter().flatten()),
    }
    match &report.rollout {
        Some(Rollout::None) => {}
        Some(Rollout::Complete(_)) => {
            let message = "every workload carries the Secret's revision";
            conditions.push(make(ConditionType::RolledOut, true, Reason::RolloutComplete, message));
        }
        Some(Rollout::Pending(_)) => {
            let message = "the workloads under spec.rollout are about to be restarted";
            conditions.push(make(ConditionType::RolledOut, false, Reason::RolloutPending, message));
        }
        Some(Rollout::Failed(reason, message)) => conditions.push(make(ConditionType::RolledOut, false, *reason, message)),
        None => conditions.extend(keep(ConditionType::RolledOut)),
    }
    conditions
}

/// Whether nothing changes before somebody edits the object or its Secret.
fn needs_a_person(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::SpecInvalid | Reason::TargetNotOwned | Reason::TargetInvalid | Reason::SealedForOther | Reason::SealedInvalid
    )
}

fn source(seen: &SourceSeen, before: &[SourceStatus], now: Timestamp) -> SourceStatus {
    let known = before.iter().find(|known| known.store == seen.store && known.key == seen.key && known.version == seen.version);
    SourceStatus {
        store: seen.store.clone(),
        store_id: seen.store_id.clone(),
        key: seen.key.clone(),
        version: seen.version.clone(),
        changed_at: Some(known.and_then(|known| known.changed_at.clone()).unwrap_or(Time(now))),
    }
}

fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;
    use crate::identity::Kind;

    fn loaded(status: &BridgedSecretStatus) -> Loaded {
        let status = serde_json::to_string(status).unwrap();
        let text = format!(
            r#"{{"metadata":{{"name":"a","namespace":"n","generation":3}},"spec":{{"data":{{"K":{{"plain":"v"}}}}}},"status":{status}}}"#
        );
        decode::object(Kind::BridgedSecret, &text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn failed(reason: Reason) -> Report {
        Report { verdict: Some(Verdict { ready: false, reason, message: "m".into() }), ..Report::default() }
    }

    #[test]
    fn an_unchanged_failure_makes_an_equal_status() {
        let first = status(&loaded(&BridgedSecretStatus::default()), &failed(Reason::NoKey), at(100));
        let second = status(&loaded(&first), &failed(Reason::NoKey), at(200));
        assert_eq!(first, second);
        assert_eq!(first.observed_generation, Some(3));
    }

    #[test]
    fn stalled_goes_when_its_cause_goes() {
        let first = status(&loaded(&BridgedSecretStatus::default()), &failed(Reason::TargetInvalid), at(100));
        assert!(first.conditions.iter().any(|condition| condition.type_ == "Stalled"));
        let second = status(&loaded(&first), &failed(Reason::StoreNotReady), at(200));
        assert!(!second.conditions.iter().any(|condition| condition.type_ == "Stalled"));
        assert_eq!(second.conditions[0].last_transition_time, Time(at(100)), "Ready was False before");
    }

    #[test]
    fn the_time_of_a_source_moves_only_with_its_version() {
        let seen = |version: &str| Report {
            sources: Some(vec![SourceSeen { store: "s".into(), store_id: None, key: "k".into(), version: Some(version.into()) }]),
            ..Report::default()
        };
        let first = status(&loaded(&BridgedSecretStatus::default()), &seen("1"), at(100));
        let second = status(&loaded(&first), &seen("1"), at(200));
        assert_eq!(second.sources[0].changed_at, Some(Time(at(100))));
        let third = status(&loaded(&second), &seen("2"), at(300));
        assert_eq!(third.sources[0].changed_at, Some(Time(at(300))));
    }
}
