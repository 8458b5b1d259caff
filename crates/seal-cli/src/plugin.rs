//! `kubectl seal`: its verbs. Every one of them acts on a live cluster, the current one of the kubeconfig unless
//! another is named.
//!
//! Must never: open a value.

pub(crate) mod object;
mod refresh;
mod release;
mod status;
mod table;
mod uses;
pub(crate) mod why;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::cli;
use crate::cluster::Cluster;
use crate::error::Error;

/// Looks after the Secrets of a cluster that Sealbridge keeps.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-seal",
    bin_name = "kubectl seal",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
pub(crate) struct Plugin {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
EXAMPLES
  kubectl seal status --all-namespaces               which Secrets are as they are declared
  kubectl seal why checkout                          where its entries come from, and what is wrong
  kubectl seal refresh checkout --wait               read its stores now
  kubectl seal uses ClusterSecretStore/vault -A      what a store is needed for
  kubectl seal release --all-namespaces --dry-run    the Secrets that would go with their owners
  kubectl seal release --all-namespaces              let them stay, before an uninstall

Exit status: 0 done, 1 some are not ready, 2 could not judge or bad use.";

#[derive(Debug, Subcommand)]
enum Verb {
    Status(status::StatusArgs),
    Why(why::WhyArgs),
    Refresh(refresh::RefreshArgs),
    Uses(uses::UsesArgs),
    Release(release::ReleaseArgs),
}

/// Which cluster.
#[derive(Debug, Args)]
struct ClusterArgs {
    /// The kubeconfig context to use instead of the current one.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
}

/// Which namespace.
#[derive(Debug, Args)]
struct NamespaceArgs {
    /// The namespace; by default that of the kubeconfig's context.
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "all_namespaces")]
    namespace: Option<String>,
    /// Every namespace.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

impl NamespaceArgs {
    /// The namespace; `None` for all.
    fn of<'a>(&'a self, cluster: &'a Cluster) -> Option<&'a str> {
        (!self.all_namespaces).then(|| self.namespace.as_deref().unwrap_or(&cluster.namespace))
    }
}

/// Nothing that the operator serves has the name.
fn no_such(name: &str, namespace: Option<&str>) -> Error {
    Error::Cluster(format!(
        "there is no BridgedSecret {name} in namespace {}, nor a SealedSecret of that name that the operator serves; see \
         `kubectl seal status`",
        namespace.unwrap_or_default()
    ))
}

/// Reads the command line. Help and version end the process here.
pub(crate) fn parse() -> Result<Plugin, Error> {
    cli::understood(Plugin::try_parse())
}

/// The whole command, for manual pages.
pub(crate) fn command() -> clap::Command {
    let mut command = Plugin::command();
    command.build();
    command
}

/// Does what the command line says.
pub(crate) fn run(plugin: Plugin) -> Result<(), Error> {
    match plugin.verb {
        Verb::Status(args) => status::run(&args),
        Verb::Why(args) => why::run(&args),
        Verb::Refresh(args) => refresh::run(&args),
        Verb::Uses(args) => uses::run(&args),
        Verb::Release(args) => release::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_formed_and_its_examples_are_accepted() {
        Plugin::command().debug_assert();
        let mut examples = 0;
        for text in [EXAMPLES, status::EXAMPLES, why::EXAMPLES, refresh::EXAMPLES, uses::EXAMPLES, release::EXAMPLES] {
            for example in text.lines().filter_map(|line| line.strip_prefix("  kubectl seal ")) {
                let words = example.split("    ").next().unwrap_or_default().split_whitespace();
                let parsed = Plugin::try_parse_from(["kubectl-seal"].into_iter().chain(words));
                assert!(parsed.is_ok(), "{example}: {}", parsed.expect_err("refused"));
                examples += 1;
            }
        }
        assert!(examples >= 18);
    }
}
