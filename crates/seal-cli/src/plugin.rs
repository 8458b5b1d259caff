//! `kubectl seal`: its verbs. Every one of them acts on a live cluster, the current one of the kubeconfig unless
//! another is named.
//!
//! Must never: open a value.

mod release;

use clap::{Args, Parser, Subcommand};

use crate::cli;
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
  kubectl seal release --all-namespaces --dry-run    the Secrets that would go with their BridgedSecrets
  kubectl seal release --all-namespaces              let them stay, before an uninstall

Exit status: 0 done, 2 could not judge or bad use.";

#[derive(Debug, Subcommand)]
enum Verb {
    Release(release::ReleaseArgs),
}

/// Which cluster.
#[derive(Debug, Args)]
struct ClusterArgs {
    /// The kubeconfig context to use instead of the current one.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
}

/// Reads the command line. Help and version end the process here.
pub(crate) fn parse() -> Result<Plugin, Error> {
    cli::understood(Plugin::try_parse())
}

/// Does what the command line says.
pub(crate) fn run(plugin: Plugin) -> Result<(), Error> {
    match plugin.verb {
        Verb::Release(args) => release::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_is_well_formed_and_its_examples_are_accepted() {
        Plugin::command().debug_assert();
        let mut examples = 0;
        for text in [EXAMPLES, release::EXAMPLES] {
            for example in text.lines().filter_map(|line| line.strip_prefix("  kubectl seal ")) {
                let words = example.split("    ").next().unwrap_or_default().split_whitespace();
                let parsed = Plugin::try_parse_from(["kubectl-seal"].into_iter().chain(words));
                assert!(parsed.is_ok(), "{example}: {}", parsed.expect_err("refused"));
                examples += 1;
            }
        }
        assert!(examples >= 4);
    }
}
