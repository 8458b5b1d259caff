//! `seal keys fetch`: the public keys that a cluster opens values with.

use clap::Args;

use crate::cli::ReportArgs;
use crate::cluster;
use crate::error::Error;
use crate::output::Output;

/// Read the public keys that a cluster publishes, to be named in .sealbridge.yaml.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys fetch --context prod-eu
  seal keys fetch --cluster -o json")]
#[group(id = "which", required = true, multiple = false, args = ["cluster", "context"])]
pub(crate) struct FetchArgs {
    /// Ask the current cluster of the kubeconfig.
    #[arg(long)]
    cluster: bool,
    /// Ask the cluster of this kubeconfig context.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// The operator's namespace.
    #[arg(short, long, value_name = "NAMESPACE", default_value = cluster::OPERATOR_NAMESPACE)]
    namespace: String,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &FetchArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let keys = cluster::published_keys(args.context.as_deref(), &args.namespace)?;
    for key in &keys {
        output.say(&format!("{}  {}  {}", key.key_id, key.recipient()?, key.state))?;
    }
    output.document(&keys)
}
