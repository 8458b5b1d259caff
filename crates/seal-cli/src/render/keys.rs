//! The keys of the person at the command line: what they open is rendered, wherever the cluster's keys would open it.

use sealbridge_engine::Keys;
use sealbridge_seal::{KeyRing, OpenError, Opened, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Encrypted, Opened as OpenedDocument, SopsError};

use crate::identities::SopsKeys;

/// A person's keys, which no SealingKey limits.
#[derive(Default)]
pub(crate) struct PersonalKeys {
    /// For sealed values.
    pub(crate) ring: KeyRing,
    /// For SOPS documents.
    pub(crate) sops: Option<SopsKeys>,
    /// For SealedSecrets.
    pub(crate) rsa: sealed_secrets::KeyRing,
}

impl Keys for PersonalKeys {
    fn open(&self, sealed: &str, target: &Target<'_>) -> Result<Opened, OpenError> {
        self.ring.open(sealed, target)
    }

    fn open_sealed_secret_value(&self, text: &str, label: &str) -> Result<SecretBytes, sealed_secrets::OpenError> {
        self.rsa.open(text, label).map(|opened| opened.value)
    }

    fn open_document(&self, document: Encrypted) -> Result<OpenedDocument, SopsError> {
        match &self.sops {
            Some(keys) => document.open(keys),
            None => document.open(&self.ring),
        }
    }

    fn without_document_key(&self, _namespace: &str) -> String {
        "name an identity of one of these with -i or SEALBRIDGE_IDENTITY_FILE".to_owned()
    }
}
