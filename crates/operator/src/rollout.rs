//! Restarts workloads when the data of a Secret that they use changes.
//!
//! ```text
//!   request (object, Secret, revision, workloads) ─▶ batches: one window per workload ─▶ one server-side apply
//!                                    result per object ◀───────────────────────────────┘
//! ```
//!
//! Owns: when a workload is told, what it is told, and the tries after a failure.
//! Must never: create a workload, set anything but our annotations in its pod template, or decide that a
//! restart is due: that is the caller's, who knows the revisions.

mod annotation;
mod batches;
mod error;
mod patch;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use kube::Client;
use sealbridge_api::bridged_secret::WorkloadRef;
use tokio::sync::mpsc;
use tokio::time::Instant;

pub use annotation::annotation_name;
pub use error::{RolloutError, RolloutFailure};

use crate::identity::ObjectId;
use batches::{Batch, Batches, Outcome, Workload};

/// How long requests for one workload are collected, so that several Secrets that change together restart it once.
pub const WINDOW: Duration = Duration::from_secs(2);

/// Workloads that are told at the same time.
const PARALLEL: usize = 8;

/// How long workloads are still told after the signal to stop.
const LAST_MOMENT: Duration = Duration::from_secs(10);

/// Asks that workloads follow a Secret. A newer request of the same object replaces the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRequest {
    /// The object whose Secret changed.
    pub object: ObjectId,
    /// The Secret's name.
    pub secret: String,
    /// The Secret's revision.
    pub revision: String,
    /// The workloads, in the object's namespace.
    pub workloads: Vec<WorkloadRef>,
}

/// What became of the newest request of an object, once all its workloads were told or cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutResult {
    /// The object.
    pub object: ObjectId,
    /// The revision of the request.
    pub revision: String,
    /// Ok if every workload has been told; else the first failure.
    pub outcome: Result<(), RolloutError>,
}

/// The revisions that the caller knows of.
pub trait Revisions: Send + Sync {
    /// The revision of each Secret, by name, that the workload is to follow. It holds the revision of a request
    /// before that request is sent; a Secret that is missing here loses its annotation.
    fn of_workload(&self, namespace: &str, workload: &WorkloadRef) -> BTreeMap<String, String>;
}

/// Tells a workload; apart from the loop, so that the loop can be tested without a cluster.
trait Tell {
    async fn tell(&self, workload: &Workload) -> Outcome;
}

struct Cluster {
    client: Client,
    revisions: Arc<dyn Revisions>,
}

impl Tell for Cluster {
    async fn tell(&self, workload: &Workload) -> Outcome {
        let revisions = self.revisions.of_workload(&workload.namespace, &workload.workload);
        patch::tell(&self.client, workload, &revisions).await
    }
}

/// Serves requests until `shutdown` completes or all senders are gone; then tells what is pending at once, each
/// workload one time, and returns. Workloads that could not be told have no result: the caller still sees that
/// the revision was not reached, and asks again after a restart. Whoever sends requests must not be the one who
/// takes results: both channels have ends.
pub async fn run(
    client: Client,
    revisions: Arc<dyn Revisions>,
    window: Duration,
    requests: mpsc::Receiver<RolloutRequest>,
    results: mpsc::Sender<RolloutResult>,
    shutdown: impl Future<Output = ()>,
) {
    serve(&Cluster { client, revisions }, window, requests, results, shutdown).await;
}

async fn serve(
    teller: &impl Tell,
    window: Duration,
    mut requests: mpsc::Receiver<RolloutRequest>,
    results: mpsc::Sender<RolloutResult>,
    shutdown: impl Future<Output = ()>,
) {
    let mut batches = Batches::new(window);
    let mut running = FuturesUnordered::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        // What was asked already goes into this batch, or the workload would be restarted twice.
        while let Ok(request) = requests.try_recv() {
            send(&results, batches.add(request, Instant::now())).await;
        }
        while running.len() < PARALLEL
            && let Some(batch) = batches.take_due(Instant::now())
        {
            running.push(told(teller, batch));
        }
        let room = running.len() < PARALLEL;
        let due = batches.next_due().filter(|_| room);
        tokio::select! {
            () = &mut shutdown => break,
            request = requests.recv() => match request {
                Some(request) => send(&results, batches.add(request, Instant::now())).await,
                None => break,
            },
            Some((batch, outcome)) = running.next() => {
                send(&results, batches.finish(batch, outcome, Instant::now())).await;
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
        }
    }
    requests.close();
    while let Ok(request) = requests.try_recv() {
        send(&results, batches.add(request, Instant::now())).await;
    }
    let flush = async {
        while let Some((batch, outcome)) = running.next().await {
            send(&results, batches.finish(batch, outcome, Instant::now())).await;
        }
        let mut last = futures::stream::iter(batches.take_all()).map(|batch| told(teller, batch)).buffer_unordered(PARALLEL);
        while let Some((batch, outcome)) = last.next().await {
            send(&results, batches.finish(batch, outcome, Instant::now())).await;
        }
    };
    if tokio::time::timeout(LAST_MOMENT, flush).await.is_err() {
        tracing::warn!("stopped before every workload was told of a new revision; they are told after the next start");
    }
}

async fn told(teller: &impl Tell, batch: Batch) -> (Batch, Outcome) {
    let outcome = teller.tell(&batch.workload).await;
    (batch, outcome)
}

async fn send(results: &mpsc::Sender<RolloutResult>, finished: Vec<RolloutResult>) {
    for result in finished {
        if results.send(result).await.is_err() {
            tracing::debug!("nobody waits for the result of a rollout");
        }
    }
}

#[cfg(test)]
mod tests;
