//! The keys for SOPS documents: a person's own, and all that sops itself would try.
//!
//! Must never: be used for a sealed value but by the age keys among them: the operator has to open it too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use sealbridge_seal::{KeyId, KeyRing};
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
                Place::SshFile(_) => drop(found.read(&place)),
                place => leave_out(found.read(&place).and_then(|()| found.unlock())),
            }
        }
    }
    Ok(SopsKeys { found, commands, printed: RefCell::default() })
}

impl SopsKeys {
    /// The age keys among them, which open sealed values too.
    pub(crate) fn ring(&self) -> &KeyRing {
        self.found.ring()
    }

    /// What a command prints for a recipient opens the file.
    fn open_by_command(&self, variable: &'static str, recipient: &str, file: &[u8]) -> Option<SecretBytes> {
        let mut printed = self.printed.borrow_mut();
        let found = printed.entry((variable, recipient.to_owned())).or_insert_with(|| {
            let mut found = Found::default();
            let content = command::output(variable, &place::text_of(variable), Some(recipient));
            let read = content.and_then(|content| found.add(variable, &content)).and_then(|_| found.unlock());
            let is_read = read.is_ok();
            leave_out(read);
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

fn leave_out(read: Result<(), Error>) {
    if let Err(error) = read {
        output::note(&format!("{error}. It is left out"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ssh/id_ed25519"));
    const FILE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ssh/id_ed25519.age"));

    #[test]
    fn a_data_key_for_an_ssh_key_is_opened_by_it() {
        let mut found = Found::default();
        found.add("key", KEY).unwrap();
        let keys = SopsKeys { found, commands: Vec::new(), printed: RefCell::default() };
        let (content, id) = keys.open("ssh-ed25519 AAAA", FILE).unwrap();
        assert_eq!((content.expose(), id), (&b"inside"[..], None));
    }

    #[test]
    fn nothing_at_hand_opens_nothing() {
        let keys = SopsKeys { found: Found::default(), commands: Vec::new(), printed: RefCell::default() };
        assert!(keys.open("age1", FILE).is_none());
    }
}
