//! SSH private keys as identities, as age takes them: the stanza types `ssh-ed25519` and `ssh-rsa`.
//!
//! Owns which stanza is for a key, and when its passphrase is asked for: only once a file is for this very key. Must
//! never write or sign with one.

mod ed25519;
mod rsa;

use std::cell::OnceCell;

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ssh_key::private::KeypairData;
use ssh_key::{Algorithm, Kdf, PrivateKey};
use zeroize::Zeroizing;

use super::found;
use super::problem::IdentityProblem;
use crate::output;

const BEGIN: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
const TAG_BYTES: usize = 4;
/// The most rounds of bcrypt that are done to try a passphrase: some seconds. `ssh-keygen` writes 16 to 24.
const MAX_ROUNDS: u32 = 1024;

/// An SSH private key.
pub(super) struct SshKey {
    from: String,
    /// The first word of the stanzas that are for a key of this type.
    kind: &'static str,
    /// Their first argument.
    tag: String,
    private: PrivateKey,
    opened: OnceCell<Option<Secret>>,
}

enum Secret {
    Ed25519(ed25519::SecretKey),
    Rsa(Box<rsa::SecretKey>),
}

impl SshKey {
    pub(super) fn parse(from: &str, content: &[u8]) -> Result<Self, IdentityProblem> {
        let content = content.trim_ascii();
        if !content.starts_with(BEGIN) {
            let label = content.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
            let is_private = label.ends_with(b"PRIVATE KEY-----");
            return Err(if is_private { IdentityProblem::OldSshKey } else { IdentityProblem::SshKey });
        }
        let private = PrivateKey::from_openssh(content).map_err(|_| IdentityProblem::SshKey)?;
        let kind = match private.algorithm() {
            Algorithm::Ed25519 => ed25519::STANZA,
            Algorithm::Rsa { .. } => rsa::STANZA,
            _ => return Err(IdentityProblem::SshKeyType),
        };
        if let Kdf::Bcrypt { rounds, .. } = private.kdf()
            && *rounds > MAX_ROUNDS
        {
            return Err(IdentityProblem::SshRounds { rounds: *rounds, most: MAX_ROUNDS });
        }
        let public = private.public_key().to_bytes().map_err(|_| IdentityProblem::SshKey)?;
        let hash = digest(&SHA256, &public);
        let tag = hash.as_ref().get(..TAG_BYTES).map(|tag| BASE64_STANDARD_NO_PAD.encode(tag)).unwrap_or_default();
        let key = Self { from: from.to_owned(), kind, tag, private, opened: OnceCell::new() };
        if !key.is_protected() && key.secret().is_none() {
            return Err(IdentityProblem::SshKeyType);
        }
        Ok(key)
    }

    /// Whether a passphrase protects it.
    pub(super) fn is_protected(&self) -> bool {
        self.private.is_encrypted()
    }

    /// The private half. A passphrase is asked for once, however often the key is needed.
    fn secret(&self) -> Option<&Secret> {
        let opened = self.opened.get_or_init(|| {
            if !self.private.is_encrypted() {
                return Secret::of(&self.private);
            }
            let opened = match found::ask(&self.from) {
                Ok(passphrase) => self.private.decrypt(passphrase.as_bytes()).ok().and_then(|key| Secret::of(&key)),
                Err(error) => {
                    let problem = IdentityProblem::NoTerminal(error.kind());
                    output::note(&format!("{}{problem}", self.from));
                    return None;
                }
            };
            if opened.is_none() {
                output::note(&format!("{} stays locked: the passphrase does not open it; try again", self.from));
            }
            opened
        });
        opened.as_ref()
    }
}

impl age::Identity for SshKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != self.kind || stanza.args.first() != Some(&self.tag) {
            return None;
        }
        self.secret()?.unwrap_file_key(stanza).map(Ok)
    }
}

impl Secret {
    /// `None` for a key that the library of cryptography refuses, such as RSA of 1024 bits.
    fn of(private: &PrivateKey) -> Option<Self> {
        let public = private.public_key().to_bytes().ok()?;
        match private.key_data() {
            KeypairData::Ed25519(pair) => {
                let seed = Zeroizing::new(pair.private.to_bytes());
                ed25519::SecretKey::new(&seed, public).map(Self::Ed25519)
            }
            KeypairData::Rsa(pair) => rsa::SecretKey::new(pair).map(Box::new).map(Self::Rsa),
            _ => None,
        }
    }

    fn unwrap_file_key(&self, stanza: &Stanza) -> Option<FileKey> {
        match self {
            Self::Ed25519(key) => key.unwrap_file_key(stanza),
            Self::Rsa(key) => key.unwrap_file_key(stanza),
        }
    }
}

/// The file key that was unwrapped, if it has the length of one.
fn file_key(unwrapped: &[u8]) -> Option<FileKey> {
    let key: Box<[u8; 16]> = Box::new(unwrapped.try_into().ok()?);
    Some(FileKey::new(key))
}

#[cfg(test)]
mod tests;
