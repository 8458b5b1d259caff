//! Everything that can go wrong with a SOPS document.
//!
//! Owns the texts: what failed, then what to do. Must never carry a byte of a value or of a key, nor an error
//! of a parser that saw one.

/// Why a document could not be read, opened or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SopsError {
    /// More bytes, leaves or levels than [`crate::MAX_BYTES`] and its neighbours allow.
    #[error("the document has more than {limit} {what}; split it into smaller files")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// The text is not of its format.
    #[error("line {line}: {problem}; correct the file")]
    Syntax {
        /// The line, from 1; 0 where the format has no lines.
        line: usize,
        /// What is wrong there, in fixed words.
        problem: &'static str,
    },
    /// The same key twice in one mapping.
    #[error("{path} is there twice; remove one of the two")]
    DuplicateKey {
        /// The path of the key.
        path: String,
    },
    /// The document carries no SOPS metadata.
    #[error("the document has no sops metadata, so it is not encrypted; encrypt it first")]
    NotEncrypted,
    /// A document that is to be encrypted carries SOPS metadata.
    #[error("the document has sops metadata, or a key that is reserved for it; decrypt it first, or rename the key")]
    AlreadyEncrypted,
    /// The document has nothing in it.
    #[error("the document is empty; write at least one value")]
    Empty,
    /// The metadata cannot be used.
    #[error("sops metadata: {problem}; restore it from history")]
    Metadata {
        /// What is wrong, in fixed words.
        problem: &'static str,
    },
    /// More than one selector, or one that is no expression.
    #[error("sops metadata: {problem}; keep exactly one selector")]
    Selector {
        /// What is wrong, in fixed words.
        problem: &'static str,
    },
    /// No key at hand opens enough of the data key.
    #[error("no key at hand opens the document (sealed to {wanted}); add the identity of one of these")]
    NoKey {
        /// The recipients, comma separated.
        wanted: String,
    },
    /// The data key does not have 32 bytes, or its shares do not fit together.
    #[error("the data key is damaged; restore the sops metadata from history")]
    DataKey,
    /// A leaf that the selector covers is not encrypted.
    #[error("{path} should be encrypted and is not; encrypt the file again from its plain form")]
    PlainLeaf {
        /// The path of the leaf.
        path: String,
    },
    /// A leaf does not open: changed, or moved from another path or document.
    #[error("{path} cannot be decrypted: it was changed, or comes from another place; restore it from history")]
    Tampered {
        /// The path of the leaf.
        path: String,
    },
    /// The MAC over all leaves is not there.
    #[error("the document has no MAC, so that changes cannot be found; restore it from history")]
    MacMissing,
    /// The MAC over all leaves does not agree with them.
    #[error(
        "the MAC does not agree with the values: something was added, removed, reordered or changed; restore the file from history"
    )]
    MacMismatch,
    /// A value that the format or SOPS has no way to write.
    #[error("{path} cannot be written: {problem}; change the value")]
    Unwritable {
        /// The path of the leaf.
        path: String,
        /// Why, in fixed words.
        problem: &'static str,
    },
    /// There is nothing at a path, or something else than was asked for.
    #[error("{path} is not there, or is not a value; check the path")]
    Missing {
        /// The path.
        path: String,
    },
    /// An entry cannot be added or removed in place.
    #[error("{path} cannot be changed in place; edit the plain form of the file")]
    Unsupported {
        /// The path.
        path: String,
    },
    /// A comment whose ciphertext the `unencrypted_comment_regex` would take for a plain one.
    #[error("unencrypted_comment_regex matches an encrypted comment, so the file could not be read again; make it stricter")]
    CommentRegex,
    /// An alias repeats comments while comments decide what is encrypted.
    #[error("{path} repeats a part with comments by an alias, and comments select what is encrypted; write the part out")]
    AliasedComments {
        /// The path of the alias.
        path: String,
    },
    /// Key types that this crate cannot wrap a new data key for.
    #[error("the data key cannot be renewed for {keys}; remove these keys, or rotate with sops itself")]
    ForeignKeys {
        /// The entries, comma separated.
        keys: String,
    },
    /// A threshold that the key groups cannot meet.
    #[error("{threshold} of {groups} key groups cannot be asked for; choose a threshold from 1 to the number of groups")]
    Threshold {
        /// The threshold.
        threshold: usize,
        /// The number of groups.
        groups: usize,
    },
    /// No recipient at all, or a group without one.
    #[error("there is no recipient, or a key group without one; name at least one recipient in each group")]
    NoRecipients,
    /// The operating system gives no random bytes, or a key cannot be wrapped.
    #[error("no random bytes from the operating system; try again")]
    Randomness,
}

impl SopsError {
    /// A short word for metrics and conditions; never changes for one variant.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "TooLarge",
            Self::NoKey { .. } => "NoKey",
            Self::MacMissing | Self::MacMismatch => "MacMismatch",
            Self::Tampered { .. } | Self::PlainLeaf { .. } | Self::DataKey => "Damaged",
            Self::NotEncrypted => "NotEncrypted",
            Self::Randomness => "Internal",
            _ => "Invalid",
        }
    }
}
