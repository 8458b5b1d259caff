//! `kubectl seal release`: Secrets that outlive the objects that declare them.
//!
//! Must never: let a Secret go while an operator is at work, which would take it back unseen.

use clap::Args;
use serde::Serialize;

use super::{ClusterArgs, NamespaceArgs};
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster, Declaration, OwnedSecret};
use crate::error::Error;
use crate::output::Output;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal release --all-namespaces
  kubectl seal release --namespace shop checkout billing
  kubectl seal release --namespace shop --dry-run -o json

The operator must be stopped, since one at work takes back what is let go:
  kubectl --namespace sealbridge-system scale deployment/sealbridge-operator --replicas=0";

/// Let Secrets stay when the objects that declare them are deleted.
///
/// Takes the owner references of BridgedSecrets from them, and nothing else. Those of SealedSecrets and ExternalSecrets
/// too, where the Secret carries the operator's label sealbridge.dev/managed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReleaseArgs {
    /// Objects whose Secrets are let go; all of the namespace if none is named.
    #[arg(value_name = "NAME", conflicts_with = "all_namespaces")]
    names: Vec<String>,
    #[command(flatten)]
    namespace: NamespaceArgs,
    /// Only say which Secrets would be let go.
    #[arg(long)]
    dry_run: bool,
    /// The operator's own namespace, where its lease tells whether it is at work.
    #[arg(long, value_name = "NAMESPACE", default_value = cluster::OPERATOR_NAMESPACE)]
    operator_namespace: String,
    /// The operator is deleted and its lease with it: do not look for it.
    #[arg(long)]
    operator_gone: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
struct Document {
    released: Vec<OwnedSecret>,
    written: bool,
}

pub(crate) fn run(args: &ReleaseArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let secrets = cluster::wait_for(release(args, output))?;
    if secrets.is_empty() {
        output
            .say("no Secret here is owned by a BridgedSecret, or by a SealedSecret or ExternalSecret that the operator serves")?;
    }
    output.document(&Document { released: secrets, written: !args.dry_run })
}

async fn release(args: &ReleaseArgs, output: Output) -> Result<Vec<OwnedSecret>, Error> {
    let cluster = Cluster::of(args.cluster.context.as_deref()).await?;
    if !args.operator_gone && !args.dry_run && cluster::operator_is_at_work(&cluster, &args.operator_namespace).await? {
        return Err(Error::Cluster(format!(
            "an operator is at work in namespace {0} and would take the Secrets back; stop it first: kubectl --namespace {0} \
             scale deployment/sealbridge-operator --replicas=0",
            args.operator_namespace
        )));
    }
    let namespace = args.namespace.of(&cluster);
    let mut secrets = cluster::owned_secrets(&cluster, namespace).await?;
    if let Some(name) = args.names.iter().find(|name| !secrets.iter().any(|secret| is_owned(secret, name))) {
        return Err(Error::Cluster(format!(
            "no Secret in namespace {} is owned by a BridgedSecret {name}, or by a SealedSecret or ExternalSecret of that name \
             that the operator serves; check the name with `kubectl seal status`",
            namespace.unwrap_or_default(),
        )));
    }
    secrets.retain(|secret| args.names.is_empty() || args.names.iter().any(|name| is_owned(secret, name)));
    for secret in &secrets {
        if !args.dry_run {
            cluster::release(&cluster, secret).await?;
        }
        let done = if args.dry_run { "would release" } else { "released" };
        let OwnedSecret { namespace, name, owners } = secret;
        let owners: Vec<_> = owners.iter().map(|Declaration { kind, name }| format!("{kind} {name}")).collect();
        output.say(&format!("{done} {namespace}/{name} from {}", owners.join(", ")))?;
    }
    Ok(secrets)
}

fn is_owned(secret: &OwnedSecret, by: &str) -> bool {
    secret.owners.iter().any(|owner| owner.name == by)
}
