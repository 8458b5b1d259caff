//! What is in the places where private keys are looked for.
//!
//! Owns which kind of identity a content is, and how encrypted ones are opened. Must never ask for a passphrase anywhere
//! but at the terminal.

use std::path::Path;

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use sealbridge_seal::{
    Identity, IdentityFileError, KeyRing, dearmor, decrypt_file, decrypt_with_passphrase, is_armored, parse_identity_file,
    wants_passphrase,
};
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::place::Place;
use super::plugin::{self, Plugins};
use super::problem::IdentityProblem;
use super::ssh::SshKey;
use crate::error::Error;
use crate::terminal::Silent;
use crate::{file, output};

const AGE: &[u8] = b"age-encryption.org/";
const PEM: &[u8] = b"-----BEGIN ";

/// Identities of all kinds.
#[derive(Default)]
pub(super) struct Found {
    ring: KeyRing,
    others: Others,
    locked: Vec<Locked>,
}

/// Identities that open no sealed value: an id cannot be told from them, or the operator has nothing like them.
#[derive(Default)]
struct Others {
    ssh: Vec<SshKey>,
    plugins: Plugins,
}

/// A file of identities that is itself an age file.
struct Locked {
    from: String,
    file: Vec<u8>,
}

impl Found {
    /// Reads one place, and warns when others can read what it holds in the clear.
    pub(super) fn read(&mut self, place: &Place) -> Result<(), Error> {
        let content = place.content()?;
        let is_protected = self.add(&place.name(), &content)?;
        if let Place::File(path) = place
            && !is_protected
        {
            warn_if_readable_by_others(path);
        }
        Ok(())
    }

    /// Adds a content; whether a passphrase or another key protects it.
    pub(super) fn add(&mut self, from: &str, content: &[u8]) -> Result<bool, Error> {
        let failed = |problem| Error::Identity { from: from.to_owned(), problem };
        if is_armored(content) {
            let file = dearmor(content).map_err(|error| failed(IdentityProblem::Armor(error)))?;
            self.locked.push(Locked { from: from.to_owned(), file });
            return Ok(true);
        }
        if content.starts_with(AGE) {
            self.locked.push(Locked { from: from.to_owned(), file: content.to_owned() });
            return Ok(true);
        }
        if content.trim_ascii_start().starts_with(PEM) {
            let key = SshKey::parse(from, content).map_err(failed)?;
            let is_protected = key.is_protected();
            self.others.ssh.push(key);
            return Ok(is_protected);
        }
        let (identities, plugins) = lines(content).map_err(failed)?;
        self.ring = KeyRing::joined([&self.ring, &KeyRing::new(identities)]);
        self.others.plugins.extend(plugins);
        Ok(false)
    }

    /// Opens the files that are encrypted: with a passphrase that is asked for, or with another identity.
    pub(super) fn unlock(&mut self) -> Result<(), Error> {
        for Locked { from, file } in std::mem::take(&mut self.locked) {
            let failed = |problem| Error::Identity { from: from.clone(), problem };
            let content = if wants_passphrase(&file) {
                let passphrase = ask(&from).map_err(|error| failed(IdentityProblem::NoTerminal(error.kind())))?;
                decrypt_with_passphrase(&file, &passphrase).map_err(|error| failed(IdentityProblem::Passphrase(error)))?
            } else {
                self.open(&file).ok_or_else(|| failed(IdentityProblem::Locked))?
            };
            self.add(&from, content.expose())?;
            if !self.locked.is_empty() {
                return Err(failed(IdentityProblem::LockedTwice));
            }
        }
        Ok(())
    }

    /// The content of an age file that binds no target, if any identity opens it: age keys first, since they ask nobody.
    pub(super) fn open(&self, file: &[u8]) -> Option<SecretBytes> {
        match self.ring.decrypt_file(file) {
            Ok(Some((content, _))) => Some(content),
            Ok(None) => decrypt_file(file, &self.others).ok().flatten(),
            Err(_) => None,
        }
    }

    pub(super) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub(super) fn into_ring(self) -> KeyRing {
        self.ring
    }

    /// Whether there are SSH keys or plugins.
    pub(super) fn has_others(&self) -> bool {
        !self.others.ssh.is_empty() || !self.others.plugins.is_empty()
    }
}

impl age::Identity for Others {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let by_ssh = self.ssh.iter().find_map(|key| key.unwrap_stanzas(stanzas));
        by_ssh.or_else(|| self.plugins.unwrap_stanzas(stanzas))
    }
}

/// The identities of a text with one a line, and those of plugins.
fn lines(content: &[u8]) -> Result<(Vec<Identity>, Vec<age::plugin::Identity>), IdentityProblem> {
    let text = std::str::from_utf8(content).map_err(|_| IdentityProblem::Lines(IdentityFileError::NotText))?;
    // The numbers of the lines stay, for messages; the buffer is large enough never to move.
    let mut native = Zeroizing::new(String::with_capacity(content.len() + 1));
    let mut plugins = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if plugin::is_identity(line) {
            let identity = line.trim().parse().map_err(|_| IdentityProblem::PluginLine { line: number })?;
            plugins.push(identity);
        } else {
            native.push_str(line);
        }
        native.push('\n');
    }
    match parse_identity_file(native.as_bytes()) {
        Ok(identities) => Ok((identities, plugins)),
        Err(IdentityFileError::Empty) if !plugins.is_empty() => Ok((Vec::new(), plugins)),
        Err(problem) => Err(IdentityProblem::Lines(problem)),
    }
}

/// Asks for the passphrase of what is in a place.
pub(super) fn ask(from: &str) -> std::io::Result<Zeroizing<String>> {
    Silent::new()?.ask(&output::harmless(&format!("passphrase of {from}, not shown: ")))
}

fn warn_if_readable_by_others(path: &Path) {
    if file::is_readable_by_others(path) {
        output::note(&format!("{0} can be read by others; run `chmod 600 {0}`", path.display()));
    }
}
