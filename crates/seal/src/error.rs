//! Every message of this crate that a person can see: what failed, then what to do.
//!
//! Must never: hold a byte of a value, of a private key, or of text that could be one by mistake.

use std::fmt;

use crate::key_id::{KeyId, SomeIds};
use crate::limits::{MAX_PART_BYTES, MAX_RECIPIENTS, MAX_TEXT_BYTES, MAX_VALUE_BYTES};
use crate::passphrase::MAX_WORK_FACTOR;
use crate::target::Part;

/// Why a text is not a sealed value, judged without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The text does not start with `sb1:`.
    #[error("this is not a sealed value: it does not start with `sb1:`; seal the value with `seal set`")]
    Prefix,
    /// The text starts with `sb` and another version.
    #[error("the sealed value has a version that is not known here; use a release that knows it")]
    Version,
    /// The text is longer than [`MAX_TEXT_BYTES`].
    #[error(
        "the sealed value is longer than {MAX_TEXT_BYTES} bytes; a value may have {MAX_VALUE_BYTES} bytes: store larger data elsewhere"
    )]
    TooLong,
    /// A field of the outer text is absent, malformed or not in its place.
    #[error("the sealed value is malformed at its field `{0}`; restore the line from Git, or seal the value again")]
    Field(OuterField),
    /// There is a field that the format does not have.
    #[error("the sealed value has a field that is not known here; restore the line from Git, or seal the value again")]
    UnknownField,
    /// The last part is absent or not canonical base64, as after a cut or a line break.
    #[error(
        "the sealed value is truncated or was edited: its last part is not base64; restore the line from Git, or seal the value again"
    )]
    Base64,
    /// The last part is base64, but not of an age file.
    #[error("the sealed value does not hold an age file; seal the value with `seal set`")]
    NotAge,
}

/// A field of the outer text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OuterField {
    /// `k=`: ids of the keys that the value is sealed to.
    KeyIds,
    /// `s=`: scope.
    Scope,
    /// `t=`: day of sealing.
    Date,
    /// `b=`: digest of what the scope binds.
    Binding,
    /// `n=`: namespace pattern.
    Namespaces,
}

impl OuterField {
    /// The field's name in the text, with its `=`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyIds => "k=",
            Self::Scope => "s=",
            Self::Date => "t=",
            Self::Binding => "b=",
            Self::Namespaces => "n=",
        }
    }
}

impl fmt::Display for OuterField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a sealed value was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The text is not a sealed value.
    #[error(transparent)]
    Format(FormatError),
    /// The age file is for a passphrase. Refused before anything is derived, because the file chooses the cost.
    #[error("the sealed value is encrypted with a passphrase; seal it to recipients with `seal set`")]
    Passphrase,
    /// The age header has more stanzas, lines or bytes than is looked at.
    #[error("the sealed value has an age header that is too large; seal it to at most {MAX_RECIPIENTS} recipients")]
    HeaderTooLarge,
    /// The age header cannot be read or does not verify.
    #[error(
        "the sealed value is damaged: the header of its age file is not intact; restore the line from Git, or seal the value again"
    )]
    HeaderDamaged,
    /// The encrypted bytes do not verify or are cut off.
    #[error("the sealed value is damaged: its encrypted bytes are not intact; restore the line from Git, or seal the value again")]
    PayloadDamaged,
    /// No key at hand opens the value.
    #[error(
        "no private key at hand opens the sealed value: it is sealed to {}, and {}",
        SomeIds(.wanted),
        AtHand(.held)
    )]
    NoKey {
        /// The ids that the value names.
        wanted: Vec<KeyId>,
        /// The ids of the keys that were tried.
        held: Vec<KeyId>,
    },
    /// The age file opened, but what is in it does not start with a header of this format.
    #[error(
        "the sealed value opens, but has no header that says what it is for; seal the value with `seal set`, not with age alone"
    )]
    NoHeader,
    /// The header has a version that is not known here.
    #[error("the header inside the sealed value has a version that is not known here; use a release that knows it")]
    HeaderVersion,
    /// A field outside says something else than the header inside.
    #[error(
        "the sealed value was edited: its field `{field}` differs from what was sealed; restore the line from Git, or seal the value again"
    )]
    OuterDiffersFromHeader {
        /// The first field that differs.
        field: OuterField,
    },
    /// The value was sealed for another place than where it is used.
    #[error(
        "the value is sealed for {part} {sealed_for:?} and used for {used_for:?}; seal it again for this place with `seal set`"
    )]
    SealedForOther {
        /// The first part of the target that differs.
        part: Part,
        /// That part as it was sealed.
        sealed_for: String,
        /// That part where the value is used.
        used_for: String,
    },
    /// The value has more than [`MAX_VALUE_BYTES`].
    #[error("the value inside has more than {MAX_VALUE_BYTES} bytes; store larger data elsewhere")]
    TooLarge,
}

/// The keys that were tried, and what to do without the right one.
struct AtHand<'a>(&'a [KeyId]);

impl fmt::Display for AtHand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none is at hand; restore that key from its backup"),
            held => write!(
                f,
                "at hand is {}; restore the key that it is sealed to from its backup, or seal the value again to one that is at hand",
                SomeIds(held)
            ),
        }
    }
}

impl OpenError {
    /// The reason for a condition: `SealedForOther`, `NoKey` or `SealedInvalid`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::SealedForOther { .. } => "SealedForOther",
            Self::NoKey { .. } => "NoKey",
            _ => "SealedInvalid",
        }
    }
}

/// Why a value was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The value has more than [`MAX_VALUE_BYTES`].
    #[error("the value has more than {MAX_VALUE_BYTES} bytes; store larger data elsewhere")]
    TooLarge,
    /// A part of the target that the scope binds is empty, too long, or a namespace with a `*`.
    #[error(
        "the {part} cannot be bound; it must be given, have at most {MAX_PART_BYTES} bytes, and a namespace no `*` (that is a pattern)"
    )]
    Target {
        /// The part.
        part: Part,
    },
    /// A namespace pattern was given with the scope that binds no namespace.
    #[error("a namespace pattern has no meaning in the scope `cluster`; drop the pattern or choose another scope")]
    GlobInClusterScope,
    /// The namespace of the target does not fit the pattern, so that the value would not open there.
    #[error("the namespace does not fit the namespace pattern; change the pattern or the namespace")]
    GlobExcludesTarget,
    /// The day of sealing is not in the years 0 to 9999.
    #[error("the date cannot be written as yyyy-mm-dd; set the clock")]
    Date,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes; nothing was sealed, try again")]
    Randomness,
}

/// Why a text is not a recipient that a value can be sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// The text is an identity: the private half of a key.
    #[error("this is a private key, not a recipient; use its public half, which starts with `age1`")]
    PrivateKey,
    /// A post-quantum recipient with a typing error.
    #[error(
        "this is not a post-quantum age recipient; it starts with `age1pq1`, has 1959 lower-case characters and a checksum: copy it again"
    )]
    MalformedPostQuantum,
    /// An SSH key.
    #[error("SSH keys are not supported as recipients; use an X25519 recipient, `age1…`")]
    Ssh,
    /// A recipient of a plugin or of a hardware token.
    #[error("recipients of age plugins and hardware tokens are not supported; use an X25519 recipient, `age1…`")]
    Plugin,
    /// Anything else, a typing error included.
    #[error("this is not an age recipient; it starts with `age1`, has 62 lower-case characters and a checksum: copy it again")]
    Malformed,
    /// Bytes that no key pair has: a point of low order, or coefficients that are not reduced.
    #[error("this recipient is not a public key that can protect anything; ask for the right one")]
    NoKey,
}

/// Why recipients are not a set that a value can be sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientSetError {
    /// There is none.
    #[error("there is no recipient; name at least one")]
    Empty,
    /// There are more than [`MAX_RECIPIENTS`].
    #[error("there are more than {MAX_RECIPIENTS} recipients; name fewer")]
    TooMany,
    /// Only some of them are post-quantum.
    #[error(
        "post-quantum recipients (`age1pq1…`) and others are mixed, and the value would be as weak as the others; name one kind only"
    )]
    Mixed,
}

/// Why a text is not an identity, or why none was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The text is a recipient: the public half of a key.
    #[error("this is a recipient, not a private key; use the private half, which starts with `AGE-SECRET-KEY-1`")]
    Recipient,
    /// An identity of a plugin.
    #[error("identities of age plugins are not supported here; use an X25519 identity, `AGE-SECRET-KEY-1…`")]
    Plugin,
    /// Anything else, a typing error included.
    #[error(
        "this is not an age identity; it starts with `AGE-SECRET-KEY-1` and has 74 upper-case characters, or with `AGE-SECRET-KEY-PQ-1` and has 77, and a checksum: copy it again"
    )]
    Malformed,
    /// The operating system gave no random bytes for a new key.
    #[error("the operating system gave no random bytes; no key was made, try again")]
    Randomness,
}

/// Why a file of identities was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFileError {
    /// The file is itself an age file, which a passphrase opens.
    #[error("the identity file is encrypted; decrypt it first, with `age -d`")]
    Encrypted,
    /// The file is not text.
    #[error("the identity file is not UTF-8 text; it has one identity per line and comments after `#`")]
    NotText,
    /// The file has no identity.
    #[error("the identity file holds no identity; it has one identity per line and comments after `#`")]
    Empty,
    /// A line is not an identity.
    #[error("line {line} of the identity file: {problem}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: IdentityError,
    },
}

/// Why a passphrase did not open an age file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// The passphrase is another one.
    #[error("the passphrase does not open it; try again")]
    Wrong,
    /// The file asks for more work than is done for anybody.
    #[error(
        "it asks for the work of 2^{factor} to try a passphrase, and at most 2^{MAX_WORK_FACTOR} is done; encrypt it again with `age -p`"
    )]
    TooMuchWork {
        /// The exponent that the file names.
        factor: u8,
    },
    /// The file is not intact.
    #[error("it is damaged; restore it from its backup")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(OpenError::Format(FormatError::Base64), "SealedInvalid")]
    #[case(OpenError::Passphrase, "SealedInvalid")]
    #[case(OpenError::HeaderDamaged, "SealedInvalid")]
    #[case(OpenError::OuterDiffersFromHeader { field: OuterField::Scope }, "SealedInvalid")]
    #[case(OpenError::NoKey { wanted: vec![], held: vec![] }, "NoKey")]
    #[case(
        OpenError::SealedForOther { part: Part::Key, sealed_for: String::new(), used_for: String::new() },
        "SealedForOther"
    )]
    fn reasons(#[case] error: OpenError, #[case] reason: &str) {
        assert_eq!(error.reason(), reason);
    }

    #[test]
    fn missing_keys_are_named() {
        let error = OpenError::NoKey { wanted: vec!["00000000000000ff".parse().unwrap()], held: vec![] };
        let text = error.to_string();
        assert!(text.contains("sealed to 00000000000000ff, and none is at hand; restore that key"), "{text}");
        let error = OpenError::NoKey { wanted: vec![], held: vec!["00000000000000aa".parse().unwrap()] };
        assert!(error.to_string().contains("at hand is 00000000000000aa; restore"), "{error}");
    }
}
