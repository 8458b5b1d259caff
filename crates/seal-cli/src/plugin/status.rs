//! `kubectl seal status`: which Secrets are as they are declared.
//!
//! Must never: read a Secret, or count an object as ready on the word of an older answer.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::object::{Declared, Heading, Rollout, Told};
use super::table::{self, Cell};
use super::{ClusterArgs, NamespaceArgs};
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster};
use crate::error::Error;
use crate::output::Output;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal status
  kubectl seal status --namespace shop checkout billing
  kubectl seal status --all-namespaces -o json

Exit status: 0 all are ready, 1 some are not, 2 could not judge or bad use.";

/// Show which BridgedSecrets, and SealedSecrets that the operator serves, are ready.
///
/// CHANGED is when the spec, the version of a source or the readiness last changed; NEXT is when stores are read again
/// by themselves. Both are moments in a pipe and in JSON.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    /// Objects of the namespace; all of them if none is named.
    #[arg(value_name = "NAME", conflicts_with = "all_namespaces")]
    names: Vec<String>,
    #[command(flatten)]
    namespace: NamespaceArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(flatten)]
    heading: Heading,
    ready: bool,
    #[serde(flatten)]
    told: Told,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_change: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_refresh: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<Rollout>,
}

pub(crate) fn run(args: &StatusArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let now = Timestamp::now();
    let rows: Vec<Row> = cluster::wait_for(asked(args))?.iter().map(|declared| Row::new(declared, now)).collect();
    let heading = ["KIND", "OBJECT", "READY", "REASON", "SECRET", "CHANGED", "NEXT", "ROLLOUT"];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    table::say(output, heading, &cells)?;
    output.document(&rows)?;
    let failing = rows.iter().filter(|row| !row.ready).count();
    if failing > 0 {
        output.note(&format!("{failing} of {} not ready; `kubectl seal why NAME` tells why", rows.len()));
        return Err(Error::Differences);
    }
    if rows.is_empty() {
        output.note("there is no BridgedSecret here, nor a SealedSecret that the operator serves");
    }
    Ok(())
}

async fn asked(args: &StatusArgs) -> Result<Vec<Declared>, Error> {
    let cluster = Cluster::of(args.cluster.context.as_deref()).await?;
    let namespace = args.namespace.of(&cluster);
    let served = cluster::served(&cluster, namespace).await?;
    let mut declared: Vec<Declared> = served.into_iter().map(Declared::new).collect();
    if let Some(name) = args.names.iter().find(|name| !declared.iter().any(|one| one.name == **name)) {
        return Err(super::no_such(name, namespace));
    }
    declared.retain(|one| args.names.is_empty() || args.names.contains(&one.name));
    Ok(declared)
}

impl Row {
    fn new(declared: &Declared, now: Timestamp) -> Self {
        let told = declared.readiness();
        Self {
            heading: declared.heading(),
            ready: told.holds,
            told,
            last_change: declared.last_change(),
            next_refresh: declared.plan().and_then(|plan| declared.next_refresh(&plan, now)),
            rollout: declared.rollout(),
        }
    }

    fn cells(&self) -> [Cell; 8] {
        [
            Cell::text(self.heading.kind),
            Cell::text(format!("{}/{}", self.heading.namespace, self.heading.name)),
            Cell::text(if self.ready { "ready" } else { "NOT READY" }),
            Cell::text(&self.told.reason),
            Cell::text(&self.heading.secret),
            Cell::Moment(self.last_change),
            Cell::Moment(self.next_refresh),
            Cell::text(self.rollout.as_ref().map(|rollout| rollout.told.reason.clone()).unwrap_or_default()),
        ]
    }
}
