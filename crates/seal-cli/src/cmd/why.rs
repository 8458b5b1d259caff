//! `seal why`: where each entry of a Secret comes from, by what declares it; with a cluster, what became of it there.
//!
//! Must never: open a value, or touch a cluster unless the command says so.

mod declared;
#[cfg(feature = "cluster")]
mod live;
mod print;

use clap::Args;
use serde::Serialize;

use self::declared::{Declared, StoreTold};
use crate::cli::{ConfigArgs, ReportArgs};
#[cfg(feature = "cluster")]
use crate::cluster::WhichCluster;
use crate::error::Error;
use crate::output::Output;
use crate::why::{self, EntryTold};

/// Tell where each entry of a Secret comes from, which defaults apply, and when it changes.
///
/// TARGET is a file or folder of manifests, or the name of an object, or of its Secret, in the manifests under the current
/// folder. Needs no key and opens nothing. With --cluster also what the operator last saw, and what applying the file
/// would change. Where several sources bring one entry, the last one that is listed counts.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal why shop/checkout.yaml
  seal why checkout DB_PASSWORD
  seal why overlays/prod --context prod-eu
  seal why checkout -o json")]
pub(crate) struct WhyArgs {
    /// Manifests, or the name of an object or Secret.
    #[arg(value_name = "FILE|NAME")]
    target: String,
    /// Only this entry.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// The namespace of objects that say none; in a cluster that of NAME.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    which: WhichCluster,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is told of one object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    /// What its file says of it; absent where only the cluster has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<DeclaredTold>,
    /// What the cluster says of it.
    #[cfg(feature = "cluster")]
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<live::Live>,
}

/// What a file says of an object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeclaredTold {
    file: String,
    kind: &'static str,
    namespace: String,
    name: String,
    secret: String,
    /// What it declares in place of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_kind: Option<String>,
    entries: Vec<Entry>,
    /// Fields that are left out, and what they then are.
    defaults: std::collections::BTreeMap<&'static str, String>,
    stores: Vec<StoreTold>,
}

/// An entry, and when it becomes another one.
#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    told: EntryTold,
    changes: String,
}

pub(crate) fn run(args: &WhyArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let found = declared::found(args)?;
    let told = all(args, &found)?;
    for (position, told) in told.iter().enumerate() {
        if position > 0 {
            output.say("")?;
        }
        print::lines(told).iter().try_for_each(|line| output.say(line))?;
    }
    output.document(&told)?;
    found.inventory.ensure_complete()
}

#[cfg(feature = "cluster")]
fn all(args: &WhyArgs, found: &declared::Found) -> Result<Vec<Told>, Error> {
    let of_files = of_files(args, found)?;
    if !args.which.is_asked() {
        return if of_files.is_empty() { Err(not_found(found)) } else { Ok(of_files) };
    }
    live::told(args, found, of_files)
}

#[cfg(not(feature = "cluster"))]
fn all(args: &WhyArgs, found: &declared::Found) -> Result<Vec<Told>, Error> {
    let of_files = of_files(args, found)?;
    if of_files.is_empty() { Err(not_found(found)) } else { Ok(of_files) }
}

fn not_found(found: &declared::Found) -> Error {
    Error::Arguments(if found.is_a_path {
        "no BridgedSecret, ExternalSecret or SealedSecret is there; check the path"
    } else {
        "no manifest under this folder declares an object or a Secret of that name; name its file, or pass --cluster"
    })
}

fn of_files(args: &WhyArgs, found: &declared::Found) -> Result<Vec<Told>, Error> {
    let of_one = |declared: &Declared| {
        let mut told = declared_told(declared, &found.stores_of(declared));
        if let Some(key) = &args.key {
            told.entries.retain(|entry| entry.told.is_about(key));
        }
        told
    };
    let mut told: Vec<_> = found.declared.iter().map(of_one).collect();
    if args.key.is_some() && !told.is_empty() {
        told.retain(|told| !told.entries.is_empty());
        if told.is_empty() {
            return Err(Error::Arguments("it has no such entry; leave KEY out to see those that it has"));
        }
    }
    let told = told.into_iter().map(|declared| Told {
        declared: Some(declared),
        #[cfg(feature = "cluster")]
        cluster: None,
    });
    Ok(told.collect())
}

fn declared_told(declared: &Declared, stores: &[StoreTold]) -> DeclaredTold {
    let plan = &declared.plan;
    let entries = why::told(plan, &[]).into_iter().map(|told| Entry { changes: why::occasion(&told, plan), told });
    DeclaredTold {
        file: declared.file.display().to_string(),
        kind: declared.kind,
        namespace: plan.namespace.clone(),
        name: plan.name.clone(),
        secret: plan.target.name.clone(),
        target_kind: plan.target.manifest.as_ref().map(|kind| kind.kind.clone()),
        entries: entries.collect(),
        defaults: why::defaults(declared.kind, &declared.spec, plan),
        stores: stores.to_vec(),
    }
}
