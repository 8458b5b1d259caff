//! `kubectl seal why`: the whole story of one Secret.
//!
//! Must never: read the Secret's data, or show a value that stands in the object.

mod keys;
mod print;
mod stores;
mod workloads;

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use self::keys::KeyTold;
use self::stores::StoreTold;
use self::workloads::WorkloadTold;
use super::object::{Declared, Heading, Rollout, Told};
use super::{ClusterArgs, no_such};
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster, LiveSecret};
use crate::error::Error;
use crate::output::Output;
use crate::why::{self, EntryTold};

/// The kind of most targets.
const SECRET: &str = "Secret";

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal why checkout
  kubectl seal why --namespace shop checkout DB_PASSWORD
  kubectl seal why checkout -o json";

/// Tell where each entry of a Secret comes from, what is wrong, and who follows.
///
/// The whole story of one Secret: its sources and their versions, the last answer and what to do, the next refresh, who
/// owns the live Secret, and the workloads. Of Secrets it reads metadata only.
/// NAME is a BridgedSecret, a SealedSecret that the operator serves, or the Secret that one of them declares.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WhyArgs {
    /// The object, or its Secret.
    #[arg(value_name = "NAME")]
    name: String,
    /// Only this entry.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// The namespace; by default that of the kubeconfig's context.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Everything that is known of one Secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Story {
    #[serde(flatten)]
    heading: Heading,
    #[serde(skip)]
    target_kind: String,
    ready: bool,
    #[serde(flatten)]
    told: Told,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<Rollout>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_change: Option<Timestamp>,
    /// Not known of a spec that this release does not understand.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<Refresh>,
    entries: Vec<EntryTold>,
    /// Fields that are left out, and what they then are.
    defaults: BTreeMap<&'static str, String>,
    stores: Vec<StoreTold>,
    sealing_keys: Vec<KeyTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<LiveSecret>,
    #[serde(skip)]
    live_is_known: bool,
    workloads: Vec<WorkloadTold>,
    /// What could not be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<String>,
}

impl Story {
    /// All of it, for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        print::lines(self, Timestamp::now())
    }
}

/// When the stores are read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    /// In seconds; 0 is once.
    every_seconds: u64,
    /// Whether anything is read from a store.
    reads_stores: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
    /// The request that was last acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_request: Option<String>,
}

pub(crate) fn run(args: &WhyArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let story = cluster::wait_for(tell(args))?;
    story.lines().iter().try_for_each(|line| output.say(line))?;
    output.document(&story)
}

async fn tell(args: &WhyArgs) -> Result<Story, Error> {
    let cluster = Cluster::of(args.cluster.context.as_deref()).await?;
    let namespace = args.namespace.as_deref().unwrap_or(&cluster.namespace);
    let declared = find(&cluster, namespace, &args.name).await?;
    story(&cluster, &declared, args.key.as_deref()).await
}

/// What is known of what an object declares, of one entry or of all.
pub(crate) async fn story(cluster: &Cluster, declared: &Declared, key: Option<&str>) -> Result<Story, Error> {
    let told = declared.readiness();
    let mut story = Story {
        heading: declared.heading(),
        target_kind: SECRET.to_owned(),
        ready: told.holds,
        told,
        rollout: declared.rollout(),
        last_change: declared.last_change(),
        refresh: None,
        entries: Vec::new(),
        defaults: BTreeMap::new(),
        stores: Vec::new(),
        sealing_keys: Vec::new(),
        live: None,
        live_is_known: false,
        workloads: Vec::new(),
        incomplete: Vec::new(),
    };
    match declared.plan() {
        Some(plan) => {
            story.refresh = Some(Refresh {
                every_seconds: plan.refresh_interval.as_secs(),
                reads_stores: !plan.sources().is_empty(),
                next: declared.next_refresh(&plan, Timestamp::now()),
                last_request: declared.status().last_handled_refresh,
            });
            story.entries = why::told(&plan, &declared.status().sources);
            story.defaults = why::defaults(declared.kind.as_str(), declared.spec(), &plan);
            story.stores = stores::told(cluster, &plan, &mut story.incomplete).await;
        }
        None => story.incomplete.push(
            "the spec is not understood by this kubectl-seal; see the answer above, and use the operator's release".to_owned(),
        ),
    }
    if let Some(key) = key {
        story.entries.retain(|entry| entry.is_about(key));
        if story.entries.is_empty() {
            return Err(Error::Cluster(format!(
                "{} {} has no such entry; `kubectl seal why {}` lists those that it has",
                story.heading.kind,
                declared.full_name(),
                declared.name
            )));
        }
        let used: Vec<_> = story.entries.iter().filter_map(|entry| entry.store.clone()).collect();
        story.stores.retain(|store| used.contains(&store.store));
    }
    story.sealing_keys = keys::told(cluster, &story.entries, &declared.status().opened_with, &mut story.incomplete).await;
    if let Some(kind) = declared.other_kind() {
        story.target_kind = kind.to_owned();
        story.incomplete.push(format!("the live {kind}: only Secrets are looked at; see `kubectl get`"));
        return Ok(story);
    }
    match cluster::live_secret(cluster, &declared.namespace, declared.secret(), declared.uid()).await {
        Ok(live) => {
            story.live = live;
            story.live_is_known = true;
        }
        Err(error) => story.incomplete.push(format!("the live Secret: {error}")),
    }
    story.workloads = workloads::told(cluster, declared, story.live.as_ref(), &mut story.incomplete).await;
    Ok(story)
}

/// The object of a name, else the one that declares the Secret of that name.
pub(crate) async fn find(cluster: &Cluster, namespace: &str, name: &str) -> Result<Declared, Error> {
    let served = cluster::served(cluster, Some(namespace)).await?.into_iter().map(Declared::new);
    let (named, others): (Vec<_>, Vec<_>) = served.partition(|declared| declared.name == name);
    let found = if named.is_empty() { others.into_iter().filter(|other| other.secret() == name).collect() } else { named };
    let names = found.iter().map(|one| format!("{} {}", one.kind.as_str(), one.name)).collect::<Vec<_>>().join(", ");
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(no_such(name, Some(namespace))),
        (Some(only), None) => Ok(only),
        // Ours is the one whose name was given, where a SealedSecret has it too.
        (Some(first), Some(_)) if first.name == name => Ok(first),
        _ => Err(Error::Cluster(format!("several objects write the Secret {name}; name one of them: {names}"))),
    }
}
