//! The operator's way from its start to a thousand Secrets and as many statuses that say so, beside a bare loop
//! that makes the same writes on the same API server. It must never let one of the two see another load.
//!
//! ```text
//! namespace a: objects ─▶ operator starts ─▶ all Ready     every object watched by this process
//! namespace b: objects ─▶ bare loop       ─▶ all Ready     in the same way; both, in turn, three times
//! ```

mod bare_loop;
mod image;
mod objects;
mod readiness;

use std::time::{Duration, Instant};

use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, eventually};

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::{Pairs, median};
use crate::report::Report;
use bare_loop::Writes;
use objects::PATHS;
use readiness::Readiness;

const RUNS: usize = 3;

/// Two intervals of the objects, and some time to read.
const QUIET_ROUND: Duration = Duration::from_mins(3);

/// Resident memory in MiB.
struct Memory {
    anonymous: f64,
    all: f64,
}

pub(crate) fn measure(report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(on_real_parts(report));
}

async fn on_real_parts(report: &mut Report) {
    let cluster = Cluster::private().await;
    let bao = Bao::shared().await;
    let mount = objects::fill(bao).await;
    let mut pairs = Pairs::default();
    let mut at_once = Vec::new();
    // Kept until the end, since deleting a namespace is work for the API server.
    let mut namespaces = Vec::new();
    let mut quiet = None;
    for run in 1..=RUNS {
        let ours = cluster.namespace("operator-run").await;
        let others = cluster.namespace("bare-run").await;
        objects::declare_store(&ours, bao, &mount).await;
        objects::create(&ours).await;
        let uids = objects::create(&others).await;
        let (operator, seconds) = start_operator(&cluster, &ours).await;
        at_once.push(memory(&operator));
        if run == RUNS {
            quiet = Some(memory_after_a_quiet_round(&operator, bao, &mount).await);
        }
        stop(operator).await;
        let writes = Writes::like(&ours, &others, &uids).await;
        pairs.push(seconds, bare(&others, writes).await);
        namespaces.extend([ours, others]);
    }
    let version = cluster.client().await.apiserver_version().await.expect("a version").git_version;
    report.conditions(&format!(
        "{} objects of 5 entries over {PATHS} paths, {} workers in the loop, median of {RUNS}, kube-apiserver {version}",
        objects::COUNT,
        bare_loop::WORKERS,
    ));
    for figure in figures(&pairs, &at_once, &quiet.expect("the last run")) {
        report.tell(&figure);
    }
}

fn figures(pairs: &Pairs, at_once: &[Memory], quiet: &Memory) -> Vec<Figure> {
    let anonymous = median(at_once.iter().map(|memory| memory.anonymous));
    let all = median(at_once.iter().map(|memory| memory.all));
    let size = |name, value, goal| Figure::alone(name, value, Unit::Mebibytes, Goal::AtMost(goal));
    vec![
        Figure::beside("start until all are Ready", "bare loop", pairs, Unit::Seconds, Goal::RatioAtMost(1.5)),
        size("RssAnon when all are Ready", anonymous, 30.0),
        size("RssAnon after a quiet round", quiet.anonymous, 30.0),
        size("VmRSS when all are Ready", all, 40.0),
        size("VmRSS after a quiet round", quiet.all, 40.0),
    ]
}

/// Starts an operator as the image does; it, and the seconds from there until all objects were Ready.
async fn start_operator<'a>(cluster: &'a Cluster, namespace: &Namespace<'_>) -> (Operator<'a>, f64) {
    let readiness = Readiness::watch(namespace).await;
    let mut builder = Operator::of(cluster).watch(namespace).env("SEALBRIDGE_LOG", "info");
    for (name, value) in image::environment() {
        builder = builder.env(&name, value);
    }
    let operator = builder.start_unready().await;
    let ready_at = readiness.of_all().await;
    let took = ready_at.duration_since(operator.spawned());
    (operator, took.as_secs_f64())
}

async fn bare(namespace: &Namespace<'_>, writes: Writes) -> f64 {
    let readiness = Readiness::watch(namespace).await;
    let began = Instant::now();
    writes.make().await;
    readiness.of_all().await.duration_since(began).as_secs_f64()
}

async fn memory_after_a_quiet_round(operator: &Operator<'_>, bao: &Bao, mount: &Mount<'_>) -> Memory {
    let mark = bao.mark();
    eventually(QUIET_ROUND, "a quiet round was read", async || {
        let reads = bao.requests(mark).reads(mount.path()).count();
        if reads >= PATHS { Ok(()) } else { Err(format!("{reads} reads")) }
    })
    .await;
    memory(operator)
}

fn memory(operator: &Operator<'_>) -> Memory {
    let mebibytes = |kind| f64::from(u32::try_from(operator.memory(kind)).expect("below 4 TiB")) / 1024.0;
    Memory { anonymous: mebibytes("RssAnon"), all: mebibytes("VmRSS") }
}

async fn stop(mut operator: Operator<'_>) {
    operator.stop().await;
}
