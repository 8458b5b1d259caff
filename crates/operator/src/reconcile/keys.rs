//! All keys that may open values for one object.

use sealbridge_engine::Keys;
use sealbridge_seal::{OpenError, Opened, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Encrypted, Opened as OpenedDocument, SopsError};

use crate::context::Context;
use crate::keyring::NamespaceKeys;

/// All keys that may open values for one namespace.
pub(super) struct KeysAtHand {
    age: NamespaceKeys,
    rsa: sealed_secrets::KeyRing,
}

impl KeysAtHand {
    pub(super) fn of(context: &Context, namespace: &str) -> Self {
        Self { age: context.keyring.for_namespace(namespace), rsa: context.rsa_keys.ring() }
    }
}

impl Keys for KeysAtHand {
    fn open(&self, sealed: &str, target: &Target<'_>) -> Result<Opened, OpenError> {
        self.age.open(sealed, target)
    }

    fn open_document(&self, document: Encrypted) -> Result<OpenedDocument, SopsError> {
        self.age.open_document(document)
    }

    fn without_document_key(&self, namespace: &str) -> String {
        format!(
            "name {namespace} under spec.unboundNamespaces of the SealingKey, if whoever may write there may use any document \
             sealed to it; or seal the values one by one, which binds them"
        )
    }

    fn open_sealed_secret_value(&self, text: &str, label: &str) -> Result<SecretBytes, sealed_secrets::OpenError> {
        self.rsa.open(text, label).map(|opened| opened.value)
    }
}
