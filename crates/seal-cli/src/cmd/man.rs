//! `seal man`: manual pages, one for each verb, those of `kubectl seal` included.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use crate::error::Error;
use crate::{cli, output};

/// Print the manual page, or write all pages to a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal man | man -l -
  seal man ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder for seal.1, seal-set.1, kubectl-seal.1 and so on; it has to be there.
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs) -> Result<(), Error> {
    let mut command = cli::command();
    command.build();
    match &args.folder {
        None => output::write_stdout(&page(command)),
        Some(folder) => {
            pages(command, "seal", folder)?;
            #[cfg(feature = "cluster")]
            pages(crate::plugin::command(), "kubectl-seal", folder)?;
            Ok(())
        }
    }
}

fn page(command: Command) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    drop(Man::new(command).render(&mut text));
    text
}

fn pages(command: Command, name: &str, folder: &Path) -> Result<(), Error> {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let full = format!("{name}-{}", verb.get_name());
        pages(verb.clone(), &full, folder)?;
    }
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page(command)).map_err(|error| Error::Write { path, cause: error.kind() })
}
