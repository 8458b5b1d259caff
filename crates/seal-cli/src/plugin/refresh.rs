//! `kubectl seal refresh`: has the sources of Secrets read now.
//!
//! Must never: say that something was refreshed before the operator said so.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use kube::api::DynamicObject;
use sealbridge_api::{duration, labels};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::object::{Declared, Told};
use super::{ClusterArgs, NamespaceArgs};
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster, Kind};
use crate::error::Error;
use crate::output::Output;

/// Between two looks at what was answered.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal refresh checkout
  kubectl seal refresh --namespace shop checkout billing --wait --timeout 30s
  kubectl seal refresh --all --wait -o json

Exit status: 0 done, 1 refreshed and not ready, 2 could not judge or bad use.";

/// Have the stores of BridgedSecrets read now, by the annotation sealbridge.dev/refresh.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RefreshArgs {
    /// BridgedSecrets of the namespace.
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "all_namespaces"], conflicts_with_all = ["all", "all_namespaces"])]
    names: Vec<String>,
    /// Every BridgedSecret of the namespace; with --all-namespaces of the cluster.
    #[arg(long)]
    all: bool,
    /// Wait until the operator has acted, and tell what came of it.
    #[arg(long)]
    wait: bool,
    /// How long to wait, for all of them together.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration::parse, requires = "wait")]
    timeout: Duration,
    #[command(flatten)]
    namespace: NamespaceArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
struct Refreshed {
    namespace: String,
    name: String,
    /// Whether the operator has said that it acted; false without --wait.
    handled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    told: Option<Told>,
}

pub(crate) fn run(args: &RefreshArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let refreshed = cluster::wait_for(refresh(args, output))?;
    if refreshed.is_empty() {
        output.note("there is no BridgedSecret here");
    }
    output.document(&refreshed)?;
    let late: Vec<_> = refreshed.iter().filter(|one| args.wait && !one.handled).map(Refreshed::full_name).collect();
    if !late.is_empty() {
        return Err(Error::Cluster(format!(
            "no operator has acted upon {} in time; check that one runs and watches the namespace, or wait longer with --timeout",
            late.join(", ")
        )));
    }
    if refreshed.iter().any(|one| one.ready == Some(false)) { Err(Error::Differences) } else { Ok(()) }
}

impl Refreshed {
    fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

async fn refresh(args: &RefreshArgs, output: Output) -> Result<Vec<Refreshed>, Error> {
    let cluster = Cluster::of(args.cluster.context.as_deref()).await?;
    let request = Timestamp::now().to_string();
    let mut asked = Vec::new();
    for (namespace, name) in objects(args, &cluster).await? {
        if !cluster::ask_for_refresh(&cluster, &namespace, &name, &request).await? {
            // One of a list may have been deleted since.
            if args.names.is_empty() {
                continue;
            }
            return Err(Error::Cluster(format!(
                "there is no BridgedSecret {name} in namespace {namespace}; check its name with `kubectl seal status`"
            )));
        }
        if !args.wait {
            output.say(&format!("asked for a refresh of {namespace}/{name}"))?;
        }
        asked.push(Refreshed { namespace, name, handled: false, ready: None, told: None });
    }
    if args.wait {
        answered(args, &cluster, &request, &mut asked, output).await?;
    }
    Ok(asked)
}

async fn objects(args: &RefreshArgs, cluster: &Cluster) -> Result<Vec<(String, String)>, Error> {
    let namespace = args.namespace.of(cluster);
    if !args.names.is_empty() {
        let namespace = namespace.unwrap_or_default();
        return Ok(args.names.iter().map(|name| (namespace.to_owned(), name.clone())).collect());
    }
    let listed = cluster::listed(cluster, &cluster::bridged_secrets(), namespace).await?;
    Ok(listed.into_iter().filter_map(|object| Some((object.metadata.namespace?, object.metadata.name?))).collect())
}

/// Waits until the operator has acted upon all, or time is over.
async fn answered(
    args: &RefreshArgs,
    cluster: &Cluster,
    request: &str,
    asked: &mut [Refreshed],
    output: Output,
) -> Result<(), Error> {
    let deadline = Instant::now() + args.timeout;
    loop {
        for one in asked.iter_mut().filter(|one| !one.handled) {
            let object = cluster::one(cluster, &cluster::bridged_secrets(), Some(&one.namespace), &one.name).await?;
            let Some(object) = object else {
                return Err(Error::Cluster(format!("BridgedSecret {} was deleted meanwhile", one.full_name())));
            };
            if !is_handled(&object, request) {
                continue;
            }
            let told = Declared::new((Kind::BridgedSecret, object)).readiness();
            one.handled = true;
            one.ready = Some(told.holds);
            let readiness = if told.holds { "ready" } else { "NOT READY" };
            output.say(&format!("refreshed {}: {readiness}, {}: {}", one.full_name(), told.reason, told.message))?;
            one.told = Some(told);
        }
        if asked.iter().all(|one| one.handled) || Instant::now() >= deadline {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
}

fn is_handled(object: &DynamicObject, request: &str) -> bool {
    let handled = object.data.pointer("/status/lastHandledRefresh").and_then(serde_json::Value::as_str).unwrap_or_default();
    handled.split(' ').any(|one| one.strip_prefix(labels::REFRESH).and_then(|rest| rest.strip_prefix('=')) == Some(request))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_this_very_request_counts_as_handled() {
        let object = |handled: &str| {
            let object = json!({"metadata": {"name": "a"}, "status": {"lastHandledRefresh": handled}});
            serde_json::from_value::<DynamicObject>(object).expect("an object")
        };
        assert!(is_handled(&object("sealbridge.dev/refresh=2 force-sync=1"), "2"));
        assert!(!is_handled(&object("sealbridge.dev/refresh=1 force-sync=2"), "2"));
        assert!(!is_handled(&object("sealbridge.dev/refresh=22"), "2"));
    }
}
