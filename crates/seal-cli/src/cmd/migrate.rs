//! `seal migrate`: manifests of other tools become BridgedSecrets, in place.

mod compare;
mod report;
pub(crate) mod sealed_secrets;
pub(crate) mod sops;

use clap::Subcommand;

use crate::error::Error;

/// Turn manifests of other tools into BridgedSecrets.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateVerb {
    SealedSecrets(sealed_secrets::SealedSecretsArgs),
    Sops(sops::SopsArgs),
}

/// Migrates.
pub(crate) fn run(verb: &MigrateVerb) -> Result<(), Error> {
    match verb {
        MigrateVerb::SealedSecrets(args) => sealed_secrets::run(args),
        MigrateVerb::Sops(args) => sops::run(args),
    }
}
