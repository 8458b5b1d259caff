//! `seal render`: the Secrets that the operator will write, offline.

mod documents;
mod door;
mod krm;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::{Entry, Plan};

use self::door::Door;
use crate::error::Error;
use crate::inventory::Inventory;
use crate::output;
use crate::render::NEEDS_VALUES_IN_METADATA;
use crate::render::print::{self, Show};
use crate::render::reading::{Asked, ReadingArgs};
use crate::render::rendered::Rendered;

/// Print the Secrets that manifests stand for, as the operator will write them.
///
/// Reads BridgedSecrets, SecretStores and ClusterSecretStores, ExternalSecrets and their stores, and SealedSecrets if a
/// private key of their controller is given. What stands in several namespaces is shown for each that it names, and for
/// each that it selects whose Namespace is among the manifests. Data, type, labels and annotations are those
/// of a Secret that does not exist yet. Without --reveal every secret value is replaced by a placeholder,
/// on a terminal and in a pipe, so that logs of CI hold none.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal render examples/quickstart
  seal render overlays/prod --stores live
  seal render checkout.yaml stores.yaml --reveal | kubectl diff -f -
  seal render --as helm stores.yaml")]
pub(crate) struct RenderArgs {
    /// Manifests, or folders of them.
    #[arg(required_unless_present = "door")]
    paths: Vec<PathBuf>,
    /// Print for another tool, with values, and with everything else as it came: `krm`, a function for kustomize, and
    /// `helm`, a post-renderer, read their standard input; `cmp`, a plugin of Argo CD, reads the folder.
    #[arg(long = "as", value_enum, value_name = "TOOL", hide_possible_values = true)]
    door: Option<Door>,
    /// Print secret values.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

pub(crate) fn run(args: &RenderArgs) -> Result<(), Error> {
    if let Some(door) = args.door {
        return door::run(args, door);
    }
    let inventory = Inventory::read(&args.paths)?;
    let mut reading = args.reading.declared(inventory.files.iter(), &Asked { copies: true, ..Asked::default() })?;
    if reading.declarations.secrets.is_empty() {
        inventory.ensure_complete()?;
        return Err(Error::Arguments("nothing to render: no BridgedSecret or ExternalSecret is there; check the path"));
    }
    let rendered = reading.rendered()?;
    let mut failures = Vec::new();
    let mut printed = 0_usize;
    let mut redacted = false;
    for (declared, result) in reading.declarations.secrets.iter().zip(rendered) {
        match result {
            Ok(Rendered { secret, is_volatile }) => {
                print(args, &declared.plan, &secret, printed > 0)?;
                printed += 1;
                if is_volatile && !args.reading.quiet {
                    let DesiredSecret { namespace, name, .. } = &secret;
                    output::note(&format!(
                        "templates or generators of {namespace}/{name} give other bytes at every run; the operator keeps its own"
                    ));
                }
                if let Some(path) = declared.values_in_metadata().filter(|_| !args.reading.quiet) {
                    let DesiredSecret { namespace, name, .. } = &secret;
                    output::note(&format!("{namespace}/{name}: {path}: {NEEDS_VALUES_IN_METADATA}"));
                }
                redacted |= !declared.plan.from.is_empty() || !declared.plan.target.template.is_empty();
                redacted |= declared.plan.entries.values().any(|entry| !matches!(entry, Entry::Plain(_)));
            }
            Err(problem) => failures.push(problem),
        }
    }
    if redacted && !args.reveal && !args.reading.quiet {
        output::note("secret values are replaced by a placeholder; --reveal prints them");
    }
    if !failures.is_empty() {
        return Err(Error::Several(failures));
    }
    inventory.ensure_complete()
}

fn print(args: &RenderArgs, plan: &Plan, secret: &DesiredSecret, follows: bool) -> Result<(), Error> {
    let show = if args.reveal { Show::All } else { Show::PlainOnly(&plan.target) };
    let text = print::yaml(secret, show, |key| is_plain(plan, key));
    if follows {
        output::write_stdout(b"---\n")?;
    }
    output::write_stdout(text.as_bytes())?;
    if !plan.target.creation_policy.holds_whole() && plan.target.creation_policy != CreationPolicy::None && !args.reading.quiet {
        let keys: Vec<_> = secret.data.keys().collect();
        output::note(&format!(
            "{}/{} belongs to somebody else and these entries are merged into it: {}; its other entries are not shown",
            secret.namespace,
            secret.name,
            keys.join(", ")
        ));
    }
    let template = &plan.target.template;
    let are_entries = template.is_empty() || template.keeps_values;
    let there: BTreeSet<_> = secret.data.keys().map(|name| entry(plan, name)).collect();
    let is_absent = |key: &&String| are_entries && !there.contains(key.as_str());
    let absent: Vec<_> = plan.entries.keys().filter(is_absent).map(String::as_str).collect();
    if !absent.is_empty() && !args.reading.quiet {
        output::note(&format!(
            "{}/{} is without {}, which the stores do not have",
            secret.namespace,
            secret.name,
            absent.join(", ")
        ));
    }
    Ok(())
}

/// The entry that a part of the data is; of another kind than a Secret it stands below others.
fn entry<'n>(plan: &Plan, name: &'n str) -> &'n str {
    if plan.target.manifest.is_some() { name.rsplit('/').next().unwrap_or_default() } else { name }
}

/// Whether a part of the data is no secret.
fn is_plain(plan: &Plan, name: &str) -> bool {
    let template = &plan.target.template;
    // Which entries a further template makes is known of none before it has run.
    let is_made = plan.target.manifest.is_some() && !template.is_empty()
        || template.makes_unnamed_entries()
        || template.entries.contains_key(name);
    !is_made && matches!(plan.entries.get(entry(plan, name)), Some(Entry::Plain(_)))
}
