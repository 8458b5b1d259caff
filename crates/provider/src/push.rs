//! What is written into stores: one value at one place, and the same place taken back.
//!
//! Must never: write what the store already holds, replace or remove what nobody marked as pushed, or carry a byte of a
//! value in an error.

#[cfg(feature = "remote")]
mod metadata;

use async_trait::async_trait;
use sealbridge_api::Reason;
use sealbridge_secret::SecretBytes;
use serde_json::{Value, json};

use crate::{AdmittedPush, ReadError};
#[cfg(feature = "remote")]
pub(crate) use metadata::{MetadataSpec, invalid};

const METADATA_API_VERSION: &str = "kubernetes.external-secrets.io/v1alpha1";
const METADATA_KIND: &str = "PushSecretMetadata";

/// What a push tells a store beside the value, as [`Push::metadata`] has it, of these fields of the provider.
#[must_use]
pub fn push_metadata(fields: &Value) -> Value {
    json!({"apiVersion": METADATA_API_VERSION, "kind": METADATA_KIND, "spec": fields})
}

/// A place in a store that is written to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushKey {
    /// The path or name as the manifest gives it.
    pub key: String,
    /// One property of the JSON object there, written in the store's notation; `None` is the whole value.
    pub property: Option<String>,
}

/// Who says of a value in a store that it was pushed there: what its mark `managed-by` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pusher {
    /// Written for the kinds of External Secrets Operator, which knows its own by this mark.
    ExternalSecrets,
    /// Written for the native kinds.
    Native,
}

impl Pusher {
    /// The text of the mark.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::ExternalSecrets => "external-secrets",
            Self::Native => "sealbridge",
        }
    }

    /// Whether a mark says that its bearer may be replaced and removed: one of either dialect, so that a manifest that
    /// is migrated goes on with what it pushed before.
    #[must_use]
    pub fn is_mark(text: &str) -> bool {
        [Self::ExternalSecrets, Self::Native].iter().any(|pusher| pusher.mark() == text)
    }
}

/// What is to be at a place.
#[derive(Debug)]
pub struct Push {
    /// Where, of which it was judged that whoever asks may write there.
    pub at: AdmittedPush,
    /// The bytes. Where stores hold objects and no property is named, a JSON object.
    pub value: SecretBytes,
    /// What the store is to know about it, as the manifest gives it; each provider has its own fields.
    pub metadata: Option<Value>,
    /// Whether a value that is there already stays as it is, whatever it is.
    pub only_if_absent: bool,
    /// Whose mark a new value gets.
    pub pusher: Pusher,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The store was written to.
    Written,
    /// It held exactly this already.
    Unchanged,
    /// It holds something, and was to keep it.
    Kept,
}

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone, or was not there.
    Gone,
    /// Nobody marked it as pushed, so that it was left.
    NotPushed,
}

/// Why something could not be written or taken back. Equal causes are equal values, so that conditions stay unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The store could not be asked, as at a read.
    #[error("{0}")]
    Store(ReadError),
    /// The identity may not do it.
    #[error("the store refused to write the key; grant the store's identity to {0}")]
    Denied(&'static str),
    /// Somebody else's value stands there.
    #[error(
        "the store holds a value there that was not pushed (it has no mark managed-by); name another remoteKey, or remove that value first"
    )]
    NotPushed,
    /// Such a store, or this one as it is set up, is not written to.
    #[error("{0}")]
    ReadOnly(&'static str),
    /// The entry cannot be meant so.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field of the entry, such as `metadata.spec.tags`.
        field: String,
        /// What is wrong with it and what to write instead.
        problem: &'static str,
    },
    /// The value is none that the store can hold there.
    #[error("{0}")]
    Unfit(&'static str),
    /// Somebody else wrote the same in the same moment.
    #[error("somebody else changed the value in the same moment; it is tried again by itself")]
    Changed,
}

impl From<ReadError> for PushError {
    fn from(error: ReadError) -> Self {
        Self::Store(error)
    }
}

impl PushError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Store(error) => error.reason(),
            Self::Denied(_) | Self::NotPushed => Reason::SourceDenied,
            Self::ReadOnly(_) => Reason::StoreMisconfigured,
            Self::Invalid { .. } => Reason::SpecInvalid,
            Self::Unfit(_) => Reason::SourceInvalid,
            Self::Changed => Reason::StoreNotReady,
        }
    }

    /// The failure of the whole store that this is, if it is one.
    #[must_use]
    pub fn of_whole_store(&self) -> Option<&ReadError> {
        match self {
            Self::Store(error) if error.concerns_whole_store() => Some(error),
            _ => None,
        }
    }
}

/// A store that can be written to, seen as one identity.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Brings a value to its place: reads what is there, and writes if it differs in the value or in what is to be known
    /// about it. What is there and not marked as pushed is left, and refused.
    ///
    /// # Errors
    /// [`PushError`]; nothing was written unless the connection broke after the request was sent.
    async fn push(&self, push: &Push) -> Result<Pushed, PushError>;

    /// Takes a value back: of a property that one alone, and the whole with its last one.
    ///
    /// # Errors
    /// [`PushError`]; nothing was removed unless the connection broke after the request was sent.
    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_both_dialects_are_known_and_no_others() {
        assert!(Pusher::is_mark(Pusher::Native.mark()) && Pusher::is_mark("external-secrets"));
        assert!(!Pusher::is_mark("") && !Pusher::is_mark("terraform"));
    }

    #[test]
    fn every_text_says_what_to_do_or_that_nothing_is_to_be_done() {
        for error in [PushError::Denied("update it"), PushError::NotPushed, PushError::Changed] {
            assert!(error.to_string().contains("; "), "{error}");
        }
    }
}
