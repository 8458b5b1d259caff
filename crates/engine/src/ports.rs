//! What the engine asks of whoever drives it.

use std::sync::Arc;

use sealbridge_api::Reason;
use sealbridge_manifest::{SourceRef, TemplateInput};
use sealbridge_provider::{Payload, ReadError};
use sealbridge_seal::{OpenError, Opened, Target};
use sealbridge_secret::{Digest, SecretBytes};
use sealbridge_sops::{Encrypted, Opened as OpenedDocument, SopsError};

/// Why a source gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// The store was asked and answered this.
    Read(ReadError),
    /// The store was not asked, or what it answered may not be acted upon.
    Withheld {
        /// The class of the cause.
        reason: Reason,
        /// What failed and what to do.
        detail: String,
    },
}

impl SourceError {
    /// Whether the store said with authority that there is nothing, and that may be acted upon.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Read(ReadError::Absent(_)))
    }

    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Read(error) => error.reason(),
            Self::Withheld { reason, .. } => *reason,
        }
    }

    /// What failed and what to do.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Read(error) => error.to_string(),
            Self::Withheld { detail, .. } => detail.clone(),
        }
    }
}

/// Values that were read before the engine is asked. An absent answer is a mistake of the driver and is
/// reported as a store that is not ready, never as a value that does not exist.
pub trait Values {
    /// What was read for `source`.
    fn get(&self, source: &SourceRef) -> Option<Result<Arc<Payload>, SourceError>>;

    /// A template that stands in an object of the plan's namespace.
    fn template(&self, input: &TemplateInput, key: &str) -> Option<Result<Arc<SecretBytes>, SourceError>>;

    /// A digest of all such templates of the plan, which may be known before they are read.
    fn templates(&self) -> Option<Digest>;

    /// What the generator at a position of the plan's sources of several entries made, or why nothing. `None` if it was
    /// not run, because something else is missing, or since this driver runs none.
    fn generated(&self, _position: usize) -> Option<Result<Arc<Generated>, SourceError>> {
        None
    }

    /// A digest of all runs of generators of the plan, which may be known before they are run: it stays while they would
    /// not be run again.
    fn generators(&self) -> Option<Digest> {
        None
    }
}

/// What a generator made.
#[derive(Debug, PartialEq, Eq)]
pub enum Generated {
    /// In this run, with names as it gives them.
    Made(Vec<(String, SecretBytes)>),
    /// In a run before, with names as they were rewritten then.
    Kept(Vec<(String, SecretBytes)>),
}

/// Opens sealed values for the namespace that the plan is of.
pub trait Keys {
    /// Opens `sealed` for `target`, and for no other.
    ///
    /// # Errors
    /// The class of what went wrong; never content.
    fn open(&self, sealed: &str, target: &Target<'_>) -> Result<Opened, OpenError>;

    /// Opens a SOPS document with the keys that may open what binds no target, and checks its MAC.
    ///
    /// # Errors
    /// The class of what went wrong; never content.
    fn open_document(&self, document: Encrypted) -> Result<OpenedDocument, SopsError>;

    /// What to do when there is no such key.
    fn without_document_key(&self, namespace: &str) -> String;

    /// Opens a value of a `SealedSecret` that is bound to `label`, and no other.
    ///
    /// # Errors
    /// The class of what went wrong; never content.
    fn open_sealed_secret_value(&self, text: &str, label: &str) -> Result<SecretBytes, sealbridge_sealed_secrets::OpenError>;
}
