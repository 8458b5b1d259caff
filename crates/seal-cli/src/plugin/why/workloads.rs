//! The workloads that use a Secret, or are restarted for it, and whether they follow it.

use sealbridge_api::bridged_secret::WorkloadRef;
use serde::Serialize;

use crate::cluster::{self, Cluster, LiveSecret, Workload};
use crate::plugin::object::Declared;

const MISSING: &str = "does not exist; create it, or take it out of spec.rollout";
const TOLD: &str = "follows: it was told of the present data, and restarts for the next";
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
    let spec = declared.spec();
    let status = declared.status();
    let of_status = status.rollout.as_ref().map(|rollout| rollout.revision.as_str());
    let followed = Followed {
        rollout: spec.as_ref().map(|spec| spec.rollout.as_slice()).unwrap_or_default(),
        secret: declared.secret(),
        revision: live.and_then(|live| live.revision.as_deref()).or(of_status),
        is_complete: declared.rollout().is_some_and(|told| told.holds),
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
