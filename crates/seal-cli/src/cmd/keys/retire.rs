//! `seal keys retire`: a SealingKey that nothing needs any more becomes Retiring.
//!
//! Must never: retire a key that something needs, delete anything, or change a cluster unless told to.

#[cfg(feature = "cluster")]
mod live;
mod manifest;
mod needs;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use self::needs::Need;
use crate::cli::{ConfigArgs, ReportArgs};
#[cfg(feature = "cluster")]
use crate::cluster::WhichCluster;
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::Output;

/// Let a sealing key retire: it is published no more, and still opens.
///
/// Refused, with a list and status 1, while something needs the key: a rule, a value of the checkout, a value of a
/// commit that may still be rolled back to (`rollbackWindow` of .sealbridge.yaml, 30d by default), or an object of the
/// cluster that is asked. Then the manifest of the SealingKey gets `spec.state: Retiring`; every other byte stays.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys retire 3f9c21ab90c1d2e4 --name prod-2025 --dry-run
  seal keys retire 3f9c21ab90c1d2e4 --context prod-eu
  seal keys retire 3f9c21ab90c1d2e4 --name prod-2025 --ref main --ref stage")]
pub(crate) struct RetireArgs {
    /// The key, 16 hex digits.
    #[arg(value_name = "ID")]
    id: String,
    /// Files, or folders of them, that must not need the key; the SealingKey's manifest is looked for there too.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// The SealingKey, where no cluster is asked that knows it by the key.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Branches that may be rolled back; by default the one that is checked out.
    #[arg(long = "ref", value_name = "REV")]
    revisions: Vec<String>,
    /// Change the SealingKey in the cluster, for one that is not applied from Git.
    #[cfg(feature = "cluster")]
    #[arg(long)]
    live: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    which: WhichCluster,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    key_id: String,
    needed_by: Vec<Need>,
    written: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<String>,
}

pub(crate) fn run(args: &RetireArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let id = super::key_id(&args.id)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(Path::new(config::FILE_NAME)))?;
    #[cfg(feature = "cluster")]
    let live = live::Asked::of(args, id)?;
    let mut needs = needs::in_checkout(id, &args.paths, config.as_ref())?;
    needs.extend(needs::in_history(id, &args.revisions, config.as_ref(), output)?);
    #[cfg(feature = "cluster")]
    needs.extend(live.needs());
    if !needs.is_empty() {
        for need in &needs {
            output.say(&need.described())?;
        }
        output.say(&format!("{id} is still needed, so it was not retired; `seal reseal` brings values to other keys"))?;
        output.document(&Document { key_id: id.to_string(), needed_by: needs, written: false, changed: None })?;
        return Err(Error::Differences);
    }
    #[cfg(feature = "cluster")]
    let (name, changed) = {
        let name = args.name.as_deref().or(live.name());
        let changed = if args.live { live.retire(args.dry_run)? } else { manifest::retire(name, &args.paths, args.dry_run)? };
        (name.map(str::to_owned), changed)
    };
    #[cfg(not(feature = "cluster"))]
    let (name, changed) = (args.name.clone(), manifest::retire(args.name.as_deref(), &args.paths, args.dry_run)?);
    let name = name.unwrap_or_default();
    match &changed {
        Some(place) if args.dry_run => output.say(&format!("would retire SealingKey {name} in {place}"))?,
        Some(place) => output.say(&format!("retired SealingKey {name} in {place}"))?,
        None => output.say(&format!("SealingKey {name} is Retiring already"))?,
    }
    let written = changed.is_some() && !args.dry_run;
    output.document(&Document { key_id: id.to_string(), needed_by: needs, written, changed })
}
