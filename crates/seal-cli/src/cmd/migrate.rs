//! `seal migrate`: manifests of other tools become BridgedSecrets, in place.

pub(crate) mod sops;

use clap::Subcommand;

use crate::error::Error;

/// Turn manifests of other tools into BridgedSecrets.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateVerb {
    Sops(sops::SopsArgs),
}

/// Migrates.
pub(crate) fn run(verb: &MigrateVerb) -> Result<(), Error> {
    match verb {
        MigrateVerb::Sops(args) => sops::run(args),
    }
}
