//! Identities of age plugins: programs named `age-plugin-…` in PATH, such as those of hardware keys.
//!
//! Owns how a plugin talks to whoever sits here. Must never: run one that no identity names, or repeat what one says of a
//! failure.

use std::collections::BTreeMap;

use age::plugin::{Identity, IdentityPluginV1};
use age::secrecy::SecretString;
use age::{Callbacks, DecryptError};
use age_core::format::{FileKey, Stanza};

use crate::terminal::Silent;
use crate::{output, question};

const PREFIX: &str = "AGE-PLUGIN-";
/// Makes the library of plugins write every message, file keys included, to stderr.
const DEBUG_VARIABLE: &str = "AGEDEBUG";

/// Whether a line starts as the identity of a plugin does.
pub(super) fn is_identity(line: &str) -> bool {
    line.trim_start().starts_with(PREFIX)
}

/// Identities by the name of their plugin.
#[derive(Default)]
pub(super) struct Plugins(BTreeMap<String, Vec<Identity>>);

impl Plugins {
    pub(super) fn extend(&mut self, identities: Vec<Identity>) {
        for identity in identities {
            self.0.entry(identity.plugin().to_owned()).or_default().push(identity);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The file key, if a plugin has it. One that is missing or fails is told, and the next one is tried.
    pub(super) fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        self.0.iter().find_map(|(name, identities)| unwrap(name, identities, stanzas)).map(Ok)
    }
}

fn unwrap(name: &str, identities: &[Identity], stanzas: &[Stanza]) -> Option<FileKey> {
    if std::env::var_os(DEBUG_VARIABLE).is_some() {
        output::note(&format!("age-plugin-{name} was not asked: with {DEBUG_VARIABLE} set, keys would be shown; unset it"));
        return None;
    }
    let Ok(plugin) = IdentityPluginV1::new(name, identities, Person) else {
        output::note(&format!("age-plugin-{name} is not in PATH, so its identities open nothing; install it"));
        return None;
    };
    match age::Identity::unwrap_stanzas(&plugin, stanzas)? {
        Ok(file_key) => Some(file_key),
        Err(_) => {
            output::note(&format!("age-plugin-{name} failed; check that what it needs is there, such as a hardware key"));
            None
        }
    }
}

/// Whoever sits at the terminal.
#[derive(Clone, Copy)]
struct Person;

impl Callbacks for Person {
    fn display_message(&self, message: &str) {
        output::note(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        if !question::can_ask() {
            return None;
        }
        let no = no.unwrap_or("no");
        question::confirm(&output::harmless(&format!("{message} (yes: {yes}, no: {no})"))).ok()
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        if !question::can_ask() {
            return None;
        }
        question::ask(&output::harmless(&format!("{description}: "))).ok().flatten()
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        let answer = Silent::new().and_then(|silent| silent.ask(&output::harmless(&format!("{description}, not shown: "))));
        answer.ok().map(|answer| SecretString::from(answer.as_str().to_owned()))
    }
}
