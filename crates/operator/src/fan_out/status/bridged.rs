//! The status of a ClusterBridgedSecret. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use sealbridge_api::cluster_bridged_secret::{MAX_STATUS_FAILURES, NamespaceFailure};
use sealbridge_api::condition::condition;
use sealbridge_api::{ConditionType, Reason};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::super::copy::CopyError;
use super::super::declared::Declared;

const STANDS: &str = "every selected namespace has the BridgedSecret; whether it is Ready it says itself";
const NOT_EVERYWHERE: &str = "some selected namespaces do not have the BridgedSecret as declared; status.failures says why";

/// The status of one that was carried out.
pub(super) fn of(declared: &Declared, provisioned: usize, failed: &BTreeMap<Arc<str>, CopyError>) -> Value {
    let ready = match failed.values().map(reason).max() {
        None => make(declared, ConditionType::Ready, true, Reason::Synced, STANDS),
        Some(reason) => make(declared, ConditionType::Ready, false, reason, NOT_EVERYWHERE),
    };
    let failures = failed.iter().take(MAX_STATUS_FAILURES);
    let failures = failures
        .map(|(namespace, error)| NamespaceFailure { namespace: namespace.as_ref().to_owned(), message: error.to_string() });
    // Every field, so that one which is not there any more is taken out.
    json!({
        "observedGeneration": declared.generation,
        "conditions": [ready],
        "provisioned": provisioned,
        "failed": failed.len(),
        "failures": failures.collect::<Vec<_>>(),
    })
}

/// The status of one that cannot be acted upon; how many copies there are stays said.
pub(super) fn not_understood(declared: &Declared, problem: &str) -> Value {
    let conditions = [ConditionType::Ready, ConditionType::Stalled].map(|kind| {
        let holds = kind == ConditionType::Stalled;
        make(declared, kind, holds, Reason::SpecInvalid, problem)
    });
    json!({"observedGeneration": declared.generation, "conditions": conditions})
}

fn make(declared: &Declared, kind: ConditionType, holds: bool, reason: Reason, message: &str) -> Condition {
    let former = declared.status.get("conditions").map(Vec::<Condition>::deserialize);
    let former = former.and_then(Result::ok).unwrap_or_default();
    condition(kind, holds, reason, message, declared.generation, &former, Timestamp::now())
}

/// The class of a failure. Of several the one counts that stands last among the reasons: what passes by itself stands first.
fn reason(error: &CopyError) -> Reason {
    match error {
        CopyError::NotYet | CopyError::Going => Reason::Progressing,
        CopyError::Refused(403) => Reason::Forbidden,
        CopyError::Refused(_) => Reason::TargetInvalid,
        CopyError::Taken => Reason::TargetNotOwned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fan_out::kind::FanOutKind;
    use crate::fan_out::status::says;

    fn declared(status: &Value) -> Declared {
        let object = json!({"metadata": {"name": "all", "generation": 3}, "spec": {}, "status": status});
        Declared::new(FanOutKind::Bridged, &serde_json::from_value(object).unwrap())
    }

    #[test]
    fn who_failed_is_named_and_why() {
        let failed = BTreeMap::from([(Arc::from("a"), CopyError::NotYet), (Arc::from("b"), CopyError::Taken)]);
        let status = of(&declared(&json!({})), 2, &failed);
        assert_eq!(
            (&status["provisioned"], &status["failed"], &status["failures"][1]["namespace"]),
            (&json!(2), &json!(2), &json!("b"))
        );
        let ready = &status["conditions"][0];
        assert_eq!((&ready["status"], &ready["reason"]), (&json!("False"), &json!("TargetNotOwned")));
    }

    #[test]
    fn what_is_the_same_is_not_said_again() {
        let status = of(&declared(&json!({})), 2, &BTreeMap::new());
        let again = of(&declared(&status), 2, &BTreeMap::new());
        assert!(says(&status, &again), "{again}");
        let stalled = not_understood(&declared(&status), "spec.x is not a known field");
        assert!(!says(&status, &stalled) && stalled["conditions"][1]["type"] == "Stalled", "{stalled}");
        assert!(stalled.get("provisioned").is_none(), "what stood there is left");
    }

    #[test]
    fn failures_are_bounded() {
        let failed: BTreeMap<Arc<str>, _> = (0..100).map(|at| (Arc::from(format!("n{at}")), CopyError::Taken)).collect();
        let status = of(&declared(&json!({})), 0, &failed);
        assert_eq!((status["failures"].as_array().unwrap().len(), &status["failed"]), (MAX_STATUS_FAILURES, &json!(100)));
    }
}
