//! `seal migrate`: manifests of other tools become native ones, in place.

pub(crate) mod avp;
mod compare;
mod edits;
pub(crate) mod eso;
mod pieces;
mod report;
pub(crate) mod sealed_secrets;
pub(crate) mod sops;

use clap::Subcommand;

use crate::error::Error;

/// Turn manifests of other tools into native ones.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateVerb {
    Avp(avp::AvpArgs),
    Eso(eso::EsoArgs),
    SealedSecrets(sealed_secrets::SealedSecretsArgs),
    Sops(sops::SopsArgs),
}

/// Migrates.
pub(crate) fn run(verb: &MigrateVerb) -> Result<(), Error> {
    match verb {
        MigrateVerb::Avp(args) => avp::run(args),
        MigrateVerb::Eso(args) => eso::run(args),
        MigrateVerb::SealedSecrets(args) => sealed_secrets::run(args),
        MigrateVerb::Sops(args) => sops::run(args),
    }
}
