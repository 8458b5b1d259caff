//! `seal keys`: key pairs of people, and the public keys of clusters.

#[cfg(feature = "cluster")]
pub(crate) mod fetch;
pub(crate) mod list;
pub(crate) mod new;

use clap::Subcommand;

use crate::error::Error;

/// Make and list keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    New(new::NewArgs),
    List(list::ListArgs),
    #[cfg(feature = "cluster")]
    Fetch(fetch::FetchArgs),
}

pub(crate) fn run(verb: &KeysVerb) -> Result<(), Error> {
    match verb {
        KeysVerb::New(args) => new::run(args),
        KeysVerb::List(args) => list::run(args),
        #[cfg(feature = "cluster")]
        KeysVerb::Fetch(args) => fetch::run(args),
    }
}
