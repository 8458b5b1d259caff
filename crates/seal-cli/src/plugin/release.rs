//! `kubectl seal release`: Secrets that outlive their BridgedSecrets.
//!
//! Must never: let a Secret go while an operator is at work, which would take it back unseen.

use clap::Args;
use serde::Serialize;

use super::ClusterArgs;
use crate::cli::ReportArgs;
use crate::cluster::{self, Cluster, OwnedSecret};
use crate::error::Error;
use crate::output::Output;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal release --all-namespaces
  kubectl seal release --namespace shop checkout billing
  kubectl seal release --namespace shop --dry-run -o json

The operator must be stopped, since one at work takes back what is let go:
  kubectl --namespace sealbridge-system scale deployment/sealbridge-operator --replicas=0";

/// Let Secrets stay when their BridgedSecrets are deleted: takes the owner reference from them, and nothing else.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReleaseArgs {
    /// BridgedSecrets whose Secrets are let go; all of the namespace if none is named.
    #[arg(value_name = "NAME", conflicts_with = "all_namespaces")]
    names: Vec<String>,
    /// The namespace; by default that of the kubeconfig's context.
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "all_namespaces")]
    namespace: Option<String>,
    /// Every namespace.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
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
        output.say("no Secret is owned by a BridgedSecret here")?;
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
    let namespace = (!args.all_namespaces).then(|| args.namespace.as_deref().unwrap_or(&cluster.namespace));
    let mut secrets = cluster::owned_secrets(&cluster, namespace).await?;
    if let Some(name) = args.names.iter().find(|name| !secrets.iter().any(|secret| secret.owners.contains(name))) {
        return Err(Error::Cluster(format!(
            "no Secret is owned by a BridgedSecret {name} in namespace {}; check its name with `kubectl get bsec`",
            namespace.unwrap_or_default()
        )));
    }
    secrets.retain(|secret| args.names.is_empty() || secret.owners.iter().any(|owner| args.names.contains(owner)));
    for secret in &secrets {
        if !args.dry_run {
            cluster::release(&cluster, secret).await?;
        }
        let done = if args.dry_run { "would release" } else { "released" };
        let OwnedSecret { namespace, name, owners } = secret;
        output.say(&format!("{done} {namespace}/{name} from BridgedSecret {}", owners.join(", ")))?;
    }
    Ok(secrets)
}
