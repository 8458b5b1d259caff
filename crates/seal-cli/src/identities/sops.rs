//! The keys for SOPS documents: a person's own, and all that sops itself would try.
//!
//! Must never: be used for a sealed value, which the operator has to open too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use sealbridge_seal::KeyId;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::DataKeyOpener;

use super::found::Found;
use super::place::{self, Place};
use super::{IdentityArgs, command, gather};
use crate::error::Error;
use crate::output;

/// Everything that may open a SOPS document.
pub(crate) struct SopsKeys {
    found: Found,
    /// Variables with commands, which are told the recipient and so run only when nothing else opens a document.
    commands: Vec<&'static str>,
    printed: RefCell<BTreeMap<(&'static str, String), Option<Found>>>,
}

/// The keys at hand for SOPS documents. Without -i that is also what SOPS reads, where a place that cannot be used is
/// told and left out, as sops does.
pub(crate) fn load_for_sops(args: &IdentityArgs, beside: &[PathBuf]) -> Result<SopsKeys, Error> {
    let mut found = Found::default();
    let mut commands = Vec::new();
    gather(&mut found, args, beside)?;
    found.unlock()?;
    if args.identities.is_empty() {
        for place in place::of_sops() {
            match place {
                Place::Command(variable) => commands.push(variable),
                place => leave_out(&place.name(), found.read(&place).and_then(|()| found.unlock())),
            }
        }
    }
    Ok(SopsKeys { found, commands, printed: RefCell::default() })
}

impl SopsKeys {
    /// What a command prints for a recipient opens the file.
    fn open_by_command(&self, variable: &'static str, recipient: &str, file: &[u8]) -> Option<SecretBytes> {
        let mut printed = self.printed.borrow_mut();
        let found = printed.entry((variable, recipient.to_owned())).or_insert_with(|| {
            let mut found = Found::default();
            let content = command::output(variable, Some(recipient));
            let read = content.and_then(|content| found.add(variable, &content)).and_then(|_| found.unlock());
            let is_read = read.is_ok();
            leave_out(variable, read);
            is_read.then_some(found)
        });
        found.as_ref()?.open(file)
    }
}

impl DataKeyOpener for SopsKeys {
    fn open(&self, recipient: &str, file: &[u8]) -> Option<(SecretBytes, Option<KeyId>)> {
        if let Some(opened) = DataKeyOpener::open(self.found.ring(), recipient, file) {
            return Some(opened);
        }
        let opened = self.found.open(file);
        let opened = opened.or_else(|| self.commands.iter().find_map(|variable| self.open_by_command(variable, recipient, file)));
        opened.map(|content| (content, None))
    }
}

fn leave_out(place: &str, read: Result<(), Error>) {
    if let Err(error) = read {
        output::note(&format!("{place} is left out: {error}"));
    }
}
