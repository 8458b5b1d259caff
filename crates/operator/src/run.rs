//! Puts the parts together and runs them until the process is asked to stop.
//!
//! Owns: the order of starting and of stopping. Must never: read or write anything for anybody's Secret
//! before this process leads.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kube::Client;
use tokio::task::JoinSet;
use tracing::info;

use crate::admin::{self, Readiness};
use crate::args::Args;
use crate::dialects::Dialects;
use crate::lead::{Surroundings, lead};
use crate::lease::{Keeper, LeaseConfig};
use crate::metrics::Metrics;
use crate::namespaces::Namespaces;
use crate::shutdown::Shutdown;
use crate::stores::{ApiAudiences, Stores, StoresConfig};
use crate::{cluster, schedule};

/// How long sessions may take to be given back at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// Runs the operator until `shutdown`.
///
/// # Errors
/// What keeps the operator from working at all; it is started again by its Deployment.
pub async fn run(args: Args, shutdown: Shutdown) -> anyhow::Result<()> {
    let config = cluster::config(args.kubeconfig.as_deref()).await?;
    let api_audiences = ApiAudiences::of(&config).await;
    let client = Client::try_from(config).map_err(|_| anyhow::anyhow!("the cluster's address or certificates cannot be used"))?;
    let metrics = Arc::new(Metrics::new());
    let readiness = Readiness::default();
    let lease_gate = readiness.gate("lease");

    let (store_events, store_changes) = tokio::sync::mpsc::unbounded_channel();
    let namespaces = Namespaces::new(client.clone());
    let stores = Stores::new(
        client.clone(),
        StoresConfig {
            dialects: Dialects::of(&args),
            controller_class: args.controller_class.clone(),
            watch_namespaces: args.watch_namespaces.clone(),
            allow_ambient_identity: args.allow_ambient_identity,
            allow_webhook_loopback: args.allow_webhook_loopback,
            api_audiences,
        },
        Arc::clone(&namespaces),
        Arc::clone(&metrics),
        store_events,
        shutdown.clone(),
    );
    let collect = {
        let stores = Arc::clone(&stores);
        Arc::new(move |_: &Metrics| stores.report())
    };
    // Served until the work in hand is done and the lease given up: if it ended before, so would they.
    let (_worked, work_done) = crate::shutdown::channel();
    let mut background = JoinSet::new();
    background.spawn(admin::serve(args.listen, Arc::clone(&metrics), collect, readiness.clone(), work_done));

    let keeper = Keeper::new(client.clone(), lease_config(&args)).await?;
    let leadership = keeper.leadership();
    lease_gate.open();
    let surroundings = Surroundings { args, client, metrics, namespaces, stores: Arc::clone(&stores), shutdown: shutdown.clone() };
    let work = async {
        let mut leader = leadership.leader();
        tokio::select! {
            leads = leader.wait_for(|leads| *leads) => drop(leads.context("the lease ended before it was held")?),
            () = shutdown.requested() => return Ok(()),
        }
        info!("leading");
        let since = leadership.previous_renewal().map_or_else(schedule::wall_clock, since_epoch);
        lead(surroundings, leadership, since, store_changes, &readiness).await
    };
    let outcome = tokio::select! {
        outcome = hold_lease(keeper, &shutdown, work) => outcome,
        Some(ended) = background.join_next() => ended.context("the admin server ended")?.map_err(Into::into),
    };
    drop(tokio::time::timeout(CLOSING, stores.close()).await);
    outcome
}

/// Keeps the lease while `work` runs, also while it finishes what it has in hand, and gives it up afterwards.
async fn hold_lease(keeper: Keeper, shutdown: &Shutdown, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let (done, finished) = crate::shutdown::channel();
    tokio::pin!(work);
    let keep = keeper.run(&finished);
    tokio::pin!(keep);
    let outcome = tokio::select! {
        outcome = &mut work => outcome,
        lost = &mut keep => return lost.map_err(Into::into),
    };
    if shutdown.is_requested() {
        info!("stopped");
    }
    done.stop();
    keep.await?;
    outcome
}

fn lease_config(args: &Args) -> LeaseConfig {
    LeaseConfig {
        namespace: args.namespace.clone(),
        name: args.lease_name.clone(),
        identity: args.identity.clone().unwrap_or_else(|| format!("sealbridge-operator-{}", std::process::id())),
        duration: args.lease_duration,
    }
}

fn since_epoch(at: jiff::Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default())
}
