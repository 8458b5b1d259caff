//! The private keys of whoever sits here, and the warning when others can read them.
//!
//! ```text
//!   place: flag, SEALBRIDGE_IDENTITY*, configuration folder, rules; SOPS' own ─▶ content
//!   content ─▶ found: age keys ─▶ KeyRing, for sealed values
//!                     age keys, SSH keys, plugins ─▶ SopsKeys, for SOPS documents and encrypted identity files
//! ```
//!
//! Must never: print one, or keep the text of one longer than it takes to read it.

mod command;
mod found;
mod place;
mod plugin;
mod problem;
mod sops;
mod ssh;

use std::path::PathBuf;

use clap::Args;
use sealbridge_seal::KeyRing;

use crate::error::Error;

use found::Found;
use place::Place;
pub(crate) use place::{PRIVATE_VARIABLES, default_path};
pub(crate) use problem::IdentityProblem;
pub(crate) use sops::{SopsKeys, load_for_sops};

/// Flags of verbs that open values.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// A file of age identities, which may be encrypted with a passphrase, or an SSH private key. By default
    /// `SEALBRIDGE_IDENTITY_FILE`, the text in `SEALBRIDGE_IDENTITY`, what the command in
    /// `SEALBRIDGE_IDENTITY_COMMAND` prints, or sealbridge/keys.txt in the configuration folder, whichever is
    /// there first.
    #[arg(short, long = "identity", value_name = "PATH")]
    pub(crate) identities: Vec<PathBuf>,
}

/// The identities at hand; an empty ring when there are none anywhere. `beside` are the files that the
/// rules name: they are read too, unless files are named on the command line.
pub(crate) fn load(args: &IdentityArgs, beside: &[PathBuf]) -> Result<KeyRing, Error> {
    let mut found = Found::default();
    gather(&mut found, args, beside)?;
    found.unlock()?;
    if found.ring().is_empty() && found.has_others() {
        return Err(Error::ForeignIdentities);
    }
    Ok(found.into_ring())
}

/// The age keys that lie in the clear where a person has them, and in files that the rules name. Nothing is asked for,
/// run or said: for what Git calls once for each file.
pub(crate) fn at_hand(beside: &[PathBuf]) -> KeyRing {
    let own = place::own().filter(|place| !matches!(place, Place::Command(_)));
    let mut found = Found::default();
    for place in own.into_iter().chain(beside.iter().cloned().map(Place::RuleFile)) {
        // What cannot be read opens nothing, and a diff is shown all the same.
        drop(place.content().and_then(|content| found.add(&place.name(), &content)));
    }
    found.into_ring()
}

/// Reads what is named on the command line, or else what a person has, and what the rules name.
fn gather(found: &mut Found, args: &IdentityArgs, beside: &[PathBuf]) -> Result<(), Error> {
    for path in &args.identities {
        found.read(&Place::File(path.clone()))?;
    }
    if args.identities.is_empty() {
        if let Some(place) = place::own() {
            found.read(&place)?;
        }
        for path in beside.iter().filter(|path| path.exists()) {
            found.read(&Place::RuleFile(path.clone()))?;
        }
    }
    Ok(())
}
