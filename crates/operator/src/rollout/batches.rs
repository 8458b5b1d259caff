//! Which workloads are told when, and which objects wait for it. Pure: the clock is handed in.
//!
//! Owns: one window per workload, the pauses after a failure, and the result of each object's newest request.
//! Must never: do I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::bridged_secret::WorkloadRef;
use tokio::time::Instant;

use super::error::{RolloutError, RolloutFailure};
use super::{RolloutRequest, RolloutResult};
use crate::identity::ObjectId;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A workload of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Workload {
    pub(super) namespace: Arc<str>,
    pub(super) workload: WorkloadRef,
}

/// What became of telling a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Told,
    Failed(RolloutFailure),
    /// To be tried again.
    Unavailable,
}

/// A workload to be told, for the requests that came before.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) workload: Workload,
    /// The objects with the revision that each asked for.
    asked: Vec<(ObjectId, String)>,
    failures: u32,
}

#[derive(Debug)]
struct Waiting {
    due: Instant,
    objects: BTreeSet<ObjectId>,
    failures: u32,
}

/// The newest request of an object.
#[derive(Debug)]
struct Pending {
    revision: String,
    left: BTreeSet<WorkloadRef>,
    failed: Option<RolloutError>,
}

/// All that is pending. A workload is either waiting or taken; while it is taken, newer requests open its next
/// window.
#[derive(Debug)]
pub(super) struct Batches {
    window: Duration,
    waiting: BTreeMap<Workload, Waiting>,
    taken: BTreeSet<Workload>,
    pending: BTreeMap<ObjectId, Pending>,
}

impl Batches {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, waiting: BTreeMap::new(), taken: BTreeSet::new(), pending: BTreeMap::new() }
    }

    /// Adds a request; a request without workloads is done at once. The window of a workload starts with its
    /// first request and is not prolonged by later ones.
    pub(super) fn add(&mut self, request: RolloutRequest, now: Instant) -> Vec<RolloutResult> {
        let RolloutRequest { object, revision, workloads, .. } = request;
        self.forget(&object);
        let left: BTreeSet<WorkloadRef> = workloads.into_iter().collect();
        for workload in &left {
            let workload = Workload { namespace: Arc::clone(&object.namespace), workload: workload.clone() };
            let opened = || Waiting { due: now + self.window, objects: BTreeSet::new(), failures: 0 };
            self.waiting.entry(workload).or_insert_with(opened).objects.insert(object.clone());
        }
        self.pending.insert(object.clone(), Pending { revision, left, failed: None });
        self.result_of(&object).into_iter().collect()
    }

    fn forget(&mut self, object: &ObjectId) {
        let Some(older) = self.pending.remove(object) else { return };
        for workload in older.left {
            self.stop_waiting(&Workload { namespace: Arc::clone(&object.namespace), workload }, object);
        }
    }

    fn stop_waiting(&mut self, workload: &Workload, object: &ObjectId) {
        if let Some(waiting) = self.waiting.get_mut(workload) {
            waiting.objects.remove(object);
            if waiting.objects.is_empty() {
                self.waiting.remove(workload);
            }
        }
    }

    /// When the next workload can be taken.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.free().map(|(_, waiting)| waiting.due).min()
    }

    /// A workload whose window is over.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Batch> {
        let workload = self.free().find(|(_, waiting)| waiting.due <= now).map(|(workload, _)| workload.clone())?;
        self.take(workload)
    }

    /// All workloads that wait, windows open or not.
    pub(super) fn take_all(&mut self) -> Vec<Batch> {
        let workloads: Vec<Workload> = self.free().map(|(workload, _)| workload.clone()).collect();
        workloads.into_iter().filter_map(|workload| self.take(workload)).collect()
    }

    fn free(&self) -> impl Iterator<Item = (&Workload, &Waiting)> {
        self.waiting.iter().filter(|(workload, _)| !self.taken.contains(*workload))
    }

    fn take(&mut self, workload: Workload) -> Option<Batch> {
        let Waiting { objects, failures, .. } = self.waiting.remove(&workload)?;
        let asked = objects.into_iter().filter_map(|object| {
            let revision = self.pending.get(&object)?.revision.clone();
            Some((object, revision))
        });
        let asked = asked.collect();
        self.taken.insert(workload.clone());
        Some(Batch { workload, asked, failures })
    }

    /// Ends a batch. Results are those of objects none of whose workloads is left.
    pub(super) fn finish(&mut self, batch: Batch, outcome: Outcome, now: Instant) -> Vec<RolloutResult> {
        let Batch { workload, asked, failures } = batch;
        self.taken.remove(&workload);
        // An object that asked again meanwhile waits for its newer request.
        let current = |(object, revision): &(ObjectId, String)| {
            self.pending
                .get(object)
                .is_some_and(|pending| pending.revision == *revision && pending.left.contains(&workload.workload))
        };
        let objects: Vec<ObjectId> = asked.into_iter().filter(current).map(|(object, _)| object).collect();
        let failed = match outcome {
            Outcome::Unavailable => {
                self.wait_again(workload, objects, failures, now);
                return Vec::new();
            }
            Outcome::Told => None,
            Outcome::Failed(failure) => Some(RolloutError { workload: workload.workload.clone(), failure }),
        };
        for object in &objects {
            // The same revision may have been asked for twice.
            self.stop_waiting(&workload, object);
            if let Some(pending) = self.pending.get_mut(object) {
                pending.left.remove(&workload.workload);
                if pending.failed.is_none() {
                    pending.failed.clone_from(&failed);
                }
            }
        }
        objects.iter().filter_map(|object| self.result_of(object)).collect()
    }

    fn wait_again(&mut self, workload: Workload, objects: Vec<ObjectId>, failures: u32, now: Instant) {
        if objects.is_empty() {
            return;
        }
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
        let due = now + pause;
        let waiting = self.waiting.entry(workload).or_insert(Waiting { due, objects: BTreeSet::new(), failures: 0 });
        waiting.due = waiting.due.max(due);
        waiting.failures = failures.saturating_add(1);
        waiting.objects.extend(objects);
    }

    fn result_of(&mut self, object: &ObjectId) -> Option<RolloutResult> {
        if !self.pending.get(object)?.left.is_empty() {
            return None;
        }
        let Pending { revision, failed, .. } = self.pending.remove(object)?;
        Some(RolloutResult { object: object.clone(), revision, outcome: failed.map_or(Ok(()), Err) })
    }
}

#[cfg(test)]
mod tests;
