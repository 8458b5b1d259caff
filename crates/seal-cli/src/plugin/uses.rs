//! `kubectl seal uses`: what a store, a key in it or a sealing key is needed for.
//!
//! Must never: read a Secret, or leave out in silence what could not be looked at.

mod claimed;

use std::str::FromStr;

use clap::Args;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::{Entry, Plan, SourceRef, StoreGroup, StoreName};
use sealbridge_seal::KeyId;
use serde::Serialize;

use super::object::{Declared, Heading};
use super::table::{self, Cell};
use super::{ClusterArgs, NamespaceArgs};
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster, Workload};
use crate::cmd::keys;
use crate::error::Error;
use crate::output::Output;
use crate::why::claims;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal uses ClusterSecretStore/vault --all-namespaces
  kubectl seal uses SecretStore/aws prod/token --namespace shop
  kubectl seal uses --sealing-key 3f9c21ab90c1d2e4 --all-namespaces -o json";

/// List the Secrets and workloads that need a store, a key in it or a sealing key.
///
/// A workload is what a person wrote: a Deployment and not its pods. With --sealing-key the entries are those that name the key. `opened` says that it opened one of them; `claimed`
/// that they name it, and that another key opened them or none did so far.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UsesArgs {
    /// SecretStore/NAME or ClusterSecretStore/NAME.
    #[arg(value_name = "STORE", required_unless_present = "sealing_key", conflicts_with = "sealing_key")]
    store: Option<String>,
    /// Only entries that read this key of the store, as their manifest has it.
    #[arg(value_name = "KEY", requires = "store")]
    key: Option<String>,
    /// The id of a sealing key.
    #[arg(long, value_name = "ID")]
    sealing_key: Option<String>,
    #[command(flatten)]
    namespace: NamespaceArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is asked about.
enum Wanted<'a> {
    Store { store: StoreName, key: Option<&'a str> },
    SealingKey(KeyId),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    uses: Vec<Use>,
    /// What could not be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<String>,
}

/// One Secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Use {
    #[serde(flatten)]
    heading: Heading,
    /// The entries that use it.
    entries: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealing_key: Option<&'static str>,
    workloads: Vec<WorkloadUse>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkloadUse {
    kind: &'static str,
    name: String,
    /// Where it names the Secret.
    uses: Vec<String>,
}

pub(crate) fn run(args: &UsesArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let wanted = Wanted::of(args)?;
    let document = cluster::wait_for(look(args, &wanted))?;
    let rows: Vec<_> = document.uses.iter().flat_map(Use::rows).collect();
    table::say(output, ["SECRET", "DECLARED BY", "ENTRIES", "WORKLOAD", "USED AS"], &rows)?;
    output.document(&document)?;
    if document.uses.is_empty() && document.incomplete.is_empty() {
        output.note("nothing here uses it");
    }
    if document.incomplete.is_empty() { Ok(()) } else { Err(Error::Several(document.incomplete)) }
}

async fn look(args: &UsesArgs, wanted: &Wanted<'_>) -> Result<Document, Error> {
    let cluster = Cluster::of(args.cluster.context.as_deref()).await?;
    let namespace = args.namespace.of(&cluster);
    let (mut uses, mut incomplete) = (Vec::new(), Vec::new());
    for declared in cluster::served(&cluster, namespace).await?.into_iter().map(Declared::new) {
        match declared.plan() {
            Some(plan) => uses.extend(Use::of(&declared, &plan, wanted)),
            None => incomplete.push(format!(
                "{} {} is not understood; see `kubectl seal status`, and use a kubectl-seal of the operator's release",
                declared.kind.as_str(),
                declared.full_name()
            )),
        }
    }
    if !uses.is_empty() {
        let (workloads, failures) = cluster::workloads(&cluster, namespace).await;
        incomplete.extend(failures.iter().map(ToString::to_string));
        uses.iter_mut().for_each(|one| one.add(&workloads));
    }
    Ok(Document { uses, incomplete })
}

impl<'a> Wanted<'a> {
    fn of(args: &'a UsesArgs) -> Result<Self, Error> {
        if let Some(id) = &args.sealing_key {
            return keys::key_id(id).map(Self::SealingKey);
        }
        let store = args.store.as_deref().unwrap_or_default().split_once('/').and_then(|(kind, name)| {
            let kinds = [StoreKind::SecretStore, StoreKind::ClusterSecretStore];
            let kind = kinds.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(kind))?;
            (!name.is_empty()).then(|| StoreName { group: StoreGroup::Native, kind, name: name.to_owned() })
        });
        let store = store.ok_or(Error::Arguments(
            "a store is named as SecretStore/NAME or ClusterSecretStore/NAME; `kubectl get secretstores,clustersecretstores -A` shows those that there are",
        ))?;
        Ok(Self::Store { store, key: args.key.as_deref() })
    }
}

impl Use {
    fn of(declared: &Declared, plan: &Plan, wanted: &Wanted<'_>) -> Option<Self> {
        let (entries, sealing_key) = match wanted {
            Wanted::Store { store, key } => {
                let is_meant = |source: &SourceRef| source.store == *store && key.is_none_or(|key| source.key.key == key);
                let reads = |entry: &Entry| matches!(entry, Entry::Remote { source, .. } if is_meant(source));
                let entries = plan.entries.iter().filter(|(_, entry)| reads(entry)).map(|(name, _)| name.clone());
                let several = plan.from.iter().enumerate().filter(|(_, from)| from.origin.source().is_some_and(is_meant));
                (entries.chain(several.map(|(position, _)| claims::place(position))).collect::<Vec<_>>(), None)
            }
            Wanted::SealingKey(id) => {
                let opened = declared.status().opened_with.iter().any(|by| KeyId::from_str(by).is_ok_and(|by| by == *id));
                let claimed = claimed::claimed(plan).remove(id);
                if claimed.is_none() && !opened {
                    return None;
                }
                let how = if opened { "opened" } else { "claimed" };
                return Some(Self::new(declared, claimed.unwrap_or_default(), Some(how)));
            }
        };
        (!entries.is_empty()).then(|| Self::new(declared, entries, sealing_key))
    }

    fn new(declared: &Declared, entries: Vec<String>, sealing_key: Option<&'static str>) -> Self {
        Self { heading: declared.heading(), entries, sealing_key, workloads: Vec::new() }
    }

    fn add(&mut self, workloads: &[Workload]) {
        let here = workloads.iter().filter(|workload| workload.namespace == self.heading.namespace);
        self.workloads.extend(here.filter_map(|workload| {
            let uses = workload.uses(&self.heading.secret);
            (!uses.is_empty()).then(|| WorkloadUse { kind: workload.kind, name: workload.name.clone(), uses })
        }));
    }

    /// One row for each workload; one for a Secret that none uses.
    fn rows(&self) -> Vec<[Cell; 5]> {
        let how = self.sealing_key.map(|how| format!(" ({how})")).unwrap_or_default();
        let row = |workload: Option<&WorkloadUse>| {
            [
                Cell::text(format!("{}/{}", self.heading.namespace, self.heading.secret)),
                Cell::text(format!("{} {}", self.heading.kind, self.heading.name)),
                Cell::text(format!("{}{how}", self.entries.join(","))),
                Cell::text(workload.map(|workload| format!("{} {}", workload.kind, workload.name)).unwrap_or_default()),
                Cell::list(workload.map(|workload| workload.uses.as_slice()).unwrap_or_default()),
            ]
        };
        if self.workloads.is_empty() {
            vec![row(None)]
        } else {
            self.workloads.iter().map(|workload| row(Some(workload))).collect()
        }
    }
}
