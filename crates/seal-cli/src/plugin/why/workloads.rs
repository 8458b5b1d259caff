//! The workloads that use a Secret, or are restarted for it, and whether they follow it.
//!
//! Must never: call one missing that may not be looked at.

use sealbridge_api::bridged_secret::WorkloadRef;
use serde::Serialize;

use crate::cluster::{self, Cluster, LiveSecret, Workload};
use crate::plugin::object::Declared;

const MISSING: &str = "does not exist; create it, or take it out of spec.rollout";
const TOLD: &str = "follows: it is restarted when the data changes";
const PENDING: &str = "is about to be restarted; if that lasts, see the rollout above";
const UNUSED: &str = ", though it does not use the Secret";
const ENVIRONMENT: &str = "does not follow: variables are read at the start only; name it under spec.rollout";
const NEVER_RESTARTED: &str = "does not follow: variables are read at the start only, and nothing restarts it";
const NEXT_RUN: &str = "follows with its next run";
const FILES: &str = "is not restarted: its files follow by themselves, but for those mounted by subPath";
const PULLED: &str = "follows with its next pull of an image";

/// One workload.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkloadTold {
    pub(super) kind: String,
    pub(super) name: String,
    /// Where it names the Secret.
    pub(super) uses: Vec<String>,
    /// Whether a change reaches it.
    pub(super) follows: bool,
    pub(super) explained: String,
}

/// What workloads are judged by.
struct Followed<'a> {
    rollout: &'a [WorkloadRef],
    secret: &'a str,
    /// The revision of the Secret's data.
    revision: Option<&'a str>,
    /// Whether the operator says that every workload carries it.
    is_complete: bool,
}

/// The workloads of an object's namespace that have to do with its Secret.
pub(super) async fn told(
    cluster: &Cluster,
    declared: &Declared,
    live: Option<&LiveSecret>,
    incomplete: &mut Vec<String>,
) -> Vec<WorkloadTold> {
    let (workloads, failures) = cluster::workloads(cluster, Some(&declared.namespace)).await;
    incomplete.extend(failures.iter().map(ToString::to_string));
    let plan = declared.plan();
    let status = declared.status();
    let of_status = status.rollout.as_ref().map(|rollout| rollout.revision.as_str());
    let followed = Followed {
        rollout: plan.as_ref().map(|plan| plan.rollout.as_slice()).unwrap_or_default(),
        secret: declared.secret(),
        revision: live.and_then(|live| live.revision.as_deref()).or(of_status),
        is_complete: declared.rollout().is_some_and(|rollout| rollout.done),
    };
    followed.told(&workloads, failures.is_empty())
}

impl Followed<'_> {
    fn told(&self, workloads: &[Workload], all_are_known: bool) -> Vec<WorkloadTold> {
        let mut told: Vec<_> = workloads.iter().filter_map(|workload| self.judged(workload)).collect();
        let missing = self.rollout.iter().filter(|named| !workloads.iter().any(|workload| is_named(workload, named)));
        told.extend(missing.filter(|_| all_are_known).map(|named| WorkloadTold {
            kind: format!("{:?}", named.kind),
            name: named.name.clone(),
            uses: Vec::new(),
            follows: false,
            explained: MISSING.to_owned(),
        }));
        told
    }

    fn judged(&self, workload: &Workload) -> Option<WorkloadTold> {
        let uses = workload.uses(self.secret);
        let is_restarted = self.rollout.iter().any(|named| is_named(workload, named));
        if uses.is_empty() && !is_restarted {
            return None;
        }
        let (follows, explained) = if is_restarted { self.restarted(workload) } else { left_alone(workload, &uses) };
        let unused = if uses.is_empty() { UNUSED } else { "" };
        Some(WorkloadTold {
            kind: workload.kind.to_owned(),
            name: workload.name.clone(),
            uses,
            follows,
            explained: format!("{explained}{unused}"),
        })
    }

    fn restarted(&self, workload: &Workload) -> (bool, &'static str) {
        // After a first sync nobody carries a revision: the pods started with what is there.
        let carries = self.revision.is_some_and(|revision| workload.revisions.iter().any(|told| told == revision));
        if self.is_complete || carries { (true, TOLD) } else { (false, PENDING) }
    }
}

fn left_alone(workload: &Workload, uses: &[String]) -> (bool, &'static str) {
    let reads_variables = uses.iter().any(|place| place.starts_with("env"));
    let only_pulls = uses.iter().all(|place| place == "imagePullSecrets");
    match workload.kind {
        "CronJob" => (true, NEXT_RUN),
        _ if only_pulls => (true, PULLED),
        _ if !reads_variables => (true, FILES),
        "Deployment" | "StatefulSet" | "DaemonSet" => (false, ENVIRONMENT),
        _ => (false, NEVER_RESTARTED),
    }
}

fn is_named(workload: &Workload, named: &WorkloadRef) -> bool {
    format!("{:?}", named.kind) == workload.kind && named.name == workload.name
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::WorkloadKind;
    use serde_json::json;

    use super::*;

    fn told(kind: &'static str, pod: &serde_json::Value, carried: &str, is_complete: bool) -> Vec<WorkloadTold> {
        let object = json!({"metadata": {"name": "web", "namespace": "n"}, "spec": {"template": {
            "metadata": {"annotations": {"revision.sealbridge.dev/s": carried}}, "spec": pod}}});
        let workload = Workload::of_kind(kind, serde_json::from_value(object).expect("an object")).expect("a workload");
        let rollout = [WorkloadRef { kind: WorkloadKind::StatefulSet, name: "web".to_owned() }];
        Followed { rollout: &rollout, secret: "s", revision: Some("new"), is_complete }.told(&[workload], true)
    }

    fn variable() -> serde_json::Value {
        json!({"containers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]})
    }

    #[rstest]
    #[case::told("new", false, true, TOLD)]
    #[case::told_before("old", false, false, PENDING)]
    #[case::never_told_after_a_first_sync("", true, true, TOLD)]
    fn a_workload_under_rollout(#[case] carried: &str, #[case] is_complete: bool, #[case] follows: bool, #[case] explained: &str) {
        let told = told("StatefulSet", &variable(), carried, is_complete);
        assert_eq!((told.len(), told[0].follows, told[0].explained.as_str()), (1, follows, explained));
    }

    #[rstest]
    #[case("Deployment", variable(), false, ENVIRONMENT)]
    #[case("Job", variable(), false, NEVER_RESTARTED)]
    #[case("Deployment", json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}), true, FILES)]
    #[case("Deployment", json!({"imagePullSecrets": [{"name": "s"}]}), true, PULLED)]
    fn a_workload_beside_it(
        #[case] kind: &'static str,
        #[case] pod: serde_json::Value,
        #[case] follows: bool,
        #[case] explained: &str,
    ) {
        let told = told(kind, &pod, "", true);
        assert_eq!((told[0].follows, told[0].explained.as_str()), (follows, explained));
        assert_eq!((told[1].kind.as_str(), told[1].explained.as_str()), ("StatefulSet", MISSING), "another kind of the name");
    }

    #[test]
    fn what_has_nothing_to_do_with_the_secret_is_left_out() {
        assert_eq!(told("Deployment", &json!({}), "", true).len(), 1, "only the missing one");
        assert!(told("StatefulSet", &json!({}), "new", true)[0].explained.ends_with(UNUSED));
    }
}
