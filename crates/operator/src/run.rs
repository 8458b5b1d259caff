//! Puts the parts together and runs them until the process is asked to stop.
//!
//! Owns: the order of starting. Nothing is read or written for anybody's Secret before this process leads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use sealbridge_api::BridgedSecret;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::info;

use crate::admin::Readiness;
use crate::args::Args;
use crate::context::{Context, Parts};
use crate::index::{Index, Work};
use crate::lease::{Keeper, LeaseConfig};
use crate::metrics::Metrics;
use crate::reconcile;
use crate::schedule::dispatch;
use crate::shutdown::Shutdown;
use crate::watch::{self, BridgedSecrets, OwnedSecrets, SecretStamp};
use crate::{admin, cluster, digest_key, keyring, rollout, stores};

/// Rollouts that wait for their window. A full queue slows the writers of Secrets down.
const QUEUED_ROLLOUTS: usize = 1024;

/// Runs the operator until `shutdown`.
///
/// # Errors
/// What keeps the operator from working at all; it is started again by its Deployment.
pub async fn run(args: Args, shutdown: Shutdown) -> anyhow::Result<()> {
    let client = cluster::client(args.kubeconfig.as_deref()).await?;
    let metrics = Arc::new(Metrics::new());
    let readiness = Readiness::default();
    let lease_known = readiness.gate("lease");
    let mut background = JoinSet::new();
    background.spawn(admin::serve(args.listen, readiness.clone(), Arc::clone(&metrics), shutdown.clone()));

    let keeper = Keeper::new(client.clone(), lease_config(&args)).await?;
    let leadership = keeper.leadership();
    lease_known.open();
    let mut leader = leadership.leader();
    let work = async {
        leader.wait_for(|leads| *leads).await.context("the lease ended before it was held")?;
        let since = leadership.previous_renewal().map_or_else(wall_clock, |at| Duration::from_secs(at.as_second().unsigned_abs()));
        info!("leading");
        lead(&args, client.clone(), metrics, &readiness, leadership.leader(), since, shutdown.clone()).await
    };
    tokio::select! {
        outcome = keeper.run(&shutdown) => outcome?,
        outcome = work => outcome?,
        Some(ended) = background.join_next() => ended.context("the admin server ended")??,
    }
    Ok(())
}
