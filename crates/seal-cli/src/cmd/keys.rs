//! `seal keys`: key pairs of people, and the sealing keys of clusters from their first day to their last.

#[cfg(feature = "cluster")]
pub(crate) mod backup;
mod blobs;
pub(crate) mod exposure;
#[cfg(feature = "cluster")]
pub(crate) mod fetch;
pub(crate) mod list;
pub(crate) mod new;
#[cfg(feature = "cluster")]
pub(crate) mod restore;
pub(crate) mod retire;
mod trial;

use clap::Subcommand;
use sealbridge_seal::KeyId;

use crate::error::Error;

/// Make keys, see where they are used, keep copies of them, and retire them.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    New(new::NewArgs),
    List(list::ListArgs),
    #[cfg(feature = "cluster")]
    Fetch(fetch::FetchArgs),
    #[cfg(feature = "cluster")]
    Backup(backup::BackupArgs),
    #[cfg(feature = "cluster")]
    Restore(restore::RestoreArgs),
    Retire(retire::RetireArgs),
    Exposure(exposure::ExposureArgs),
}

pub(crate) fn run(verb: &KeysVerb) -> Result<(), Error> {
    match verb {
        KeysVerb::New(args) => new::run(args),
        KeysVerb::List(args) => list::run(args),
        #[cfg(feature = "cluster")]
        KeysVerb::Fetch(args) => fetch::run(args),
        #[cfg(feature = "cluster")]
        KeysVerb::Backup(args) => backup::run(args),
        #[cfg(feature = "cluster")]
        KeysVerb::Restore(args) => restore::run(args),
        KeysVerb::Retire(args) => retire::run(args),
        KeysVerb::Exposure(args) => exposure::run(args),
    }
}

/// The id of a key. The text is not repeated: somebody may have put a private key in its place.
pub(crate) fn key_id(text: &str) -> Result<KeyId, Error> {
    text.parse().map_err(|_| Error::Arguments("the id of a key has 16 hex digits; `seal keys list` shows those that there are"))
}
