//! `seal git`: how Git shows and merges files of sealed values.

mod entries;
mod install;
mod merge;
mod textconv;

use clap::Subcommand;

use crate::error::Error;

/// Let Git show sealed values in words, and merge manifests entry by entry.
#[derive(Debug, Subcommand)]
pub(crate) enum GitVerb {
    Install(install::InstallArgs),
    Uninstall(install::UninstallArgs),
    #[command(hide = true)]
    Textconv(textconv::TextconvArgs),
    #[command(hide = true)]
    Merge(merge::MergeArgs),
}

pub(crate) fn run(verb: &GitVerb) -> Result<(), Error> {
    match verb {
        GitVerb::Install(args) => install::install(args),
        GitVerb::Uninstall(args) => install::uninstall(args),
        GitVerb::Textconv(args) => textconv::run(args),
        GitVerb::Merge(args) => merge::run(args),
    }
}
