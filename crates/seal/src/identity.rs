//! The private half of a sealing key.
//!
//! Owns reading and making one. Must never print it, nor hand its text out except where a pair is made.

use std::fmt;
use std::str::FromStr;

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::error::IdentityError;
use crate::key_id::KeyId;
use crate::key_text::{self, Form, KEY_BYTES};
use crate::recipient::Recipient;
use crate::stanza::{mlkem768x25519, x25519};

/// An identity of one of two types: X25519, `AGE-SECRET-KEY-1…`, or post-quantum, `AGE-SECRET-KEY-PQ-1…`. Its bytes
/// are wiped when it is dropped.
pub struct Identity {
    key: Key,
    recipient: Recipient,
}

enum Key {
    X25519(x25519::SecretKey),
    PostQuantum(Box<mlkem768x25519::SecretKey>),
}

impl Key {
    fn tag(&self) -> &'static str {
        match self {
            Self::X25519(_) => x25519::TAG,
            Self::PostQuantum(_) => mlkem768x25519::TAG,
        }
    }

    fn as_age(&self) -> &dyn age::Identity {
        match self {
            Self::X25519(key) => key,
            Self::PostQuantum(key) => key.as_ref(),
        }
    }
}

impl Identity {
    fn x25519(bytes: &[u8; KEY_BYTES]) -> Option<Self> {
        let key = x25519::SecretKey::from_bytes(bytes)?;
        let recipient = Recipient::x25519(key.public());
        Some(Self { key: Key::X25519(key), recipient })
    }

    fn post_quantum(seed: &[u8; mlkem768x25519::SEED_BYTES]) -> Option<Self> {
        let key = mlkem768x25519::SecretKey::from_seed(seed)?;
        let recipient = Recipient::post_quantum(key.public().clone());
        Some(Self { key: Key::PostQuantum(Box::new(key)), recipient })
    }

    /// The id of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.recipient.id()
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Unwraps the file key, from the stanza of this type at `position` if it is there, else from any.
    ///
    /// A key agreement is nearly all that opening costs; with the position known from the ids outside it is
    /// made once, however many recipients there are.
    pub(crate) fn unwrap_stanza_near(&self, stanzas: &[Stanza], position: usize) -> Option<Result<FileKey, DecryptError>> {
        let of_this_type = || stanzas.iter().filter(|stanza| stanza.tag == self.key.tag());
        let others = of_this_type().enumerate().filter(|(index, _)| *index != position);
        of_this_type()
            .nth(position)
            .into_iter()
            .chain(others.map(|(_, stanza)| stanza))
            .find_map(|stanza| self.key.as_age().unwrap_stanza(stanza))
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let identity = if let Some(seed) = key_text::decode(Form::HybridIdentity, text) {
            Self::post_quantum(&seed)
        } else {
            Self::x25519(&*key_text::decode(Form::Identity, text).ok_or_else(|| refusal(text))?)
        };
        identity.ok_or(IdentityError::Malformed)
    }
}

fn refusal(text: &str) -> IdentityError {
    // A comparison without a changed copy of what may be a private key.
    let starts_with = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if starts_with("age1") {
        IdentityError::Recipient
    } else if starts_with("AGE-PLUGIN-") {
        IdentityError::Plugin
    } else {
        IdentityError::Malformed
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// A new key pair: the only moment at which the text of a private half is at hand, to be stored.
#[derive(Debug)]
pub struct KeyPair {
    identity: Identity,
    identity_text: SecretBytes,
}

impl KeyPair {
    /// Makes an X25519 key pair from 32 bytes of the operating system's randomness.
    ///
    /// # Errors
    /// [`IdentityError::Randomness`] if the operating system gives none.
    pub fn generate() -> Result<Self, IdentityError> {
        Self::of_random_bytes(Form::Identity, Identity::x25519)
    }

    /// Makes a post-quantum key pair in the same way.
    ///
    /// # Errors
    /// [`IdentityError::Randomness`] if the operating system gives none.
    pub fn generate_post_quantum() -> Result<Self, IdentityError> {
        Self::of_random_bytes(Form::HybridIdentity, Identity::post_quantum)
    }

    fn of_random_bytes(form: Form, make: impl FnOnce(&[u8; KEY_BYTES]) -> Option<Identity>) -> Result<Self, IdentityError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| IdentityError::Randomness)?;
        let identity = make(&bytes).ok_or(IdentityError::Randomness)?;
        let text = key_text::encode(form, bytes.as_slice());
        Ok(Self { identity, identity_text: SecretBytes::new(text.as_bytes().to_vec()) })
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> &Recipient {
        self.identity.recipient()
    }

    /// The private half as text, 74 (`AGE-SECRET-KEY-1…`) or 77 (`AGE-SECRET-KEY-PQ-1…`) ASCII characters without a
    /// newline.
    #[must_use]
    pub fn identity_text(&self) -> &SecretBytes {
        &self.identity_text
    }

    /// The private half, ready to open values.
    #[must_use]
    pub fn into_identity(self) -> Identity {
        self.identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn text_of(pair: &KeyPair) -> &str {
        std::str::from_utf8(pair.identity_text().expose()).unwrap()
    }

    #[test]
    fn a_new_pair_is_one_and_unlike_others() {
        let pair = KeyPair::generate().unwrap();
        let read: Identity = text_of(&pair).parse().unwrap();
        assert_eq!(read.recipient(), pair.recipient());
        assert_ne!(KeyPair::generate().unwrap().recipient(), pair.recipient());
        assert_eq!(text_of(&pair).len(), 74);
        assert_eq!(pair.recipient().as_str().len(), 62);
        assert!(!pair.recipient().is_post_quantum());
    }

    #[test]
    fn a_new_post_quantum_pair_is_one_and_unlike_others() {
        let pair = KeyPair::generate_post_quantum().unwrap();
        let read: Identity = text_of(&pair).parse().unwrap();
        assert_eq!(read.recipient(), pair.recipient());
        assert_ne!(KeyPair::generate_post_quantum().unwrap().recipient(), pair.recipient());
        assert_eq!(text_of(&pair).len(), 77);
        assert_eq!(pair.recipient().as_str().len(), 1959);
        assert!(pair.recipient().is_post_quantum());
        assert_eq!(pair.recipient().as_str().parse::<Recipient>().unwrap(), *pair.recipient());
    }

    #[test]
    fn the_age_crate_reads_a_new_pair_the_same_way() {
        let pair = KeyPair::generate().unwrap();
        let theirs: age::x25519::Identity = text_of(&pair).parse().unwrap();
        assert_eq!(theirs.to_public().to_string(), pair.recipient().as_str());
    }

    #[test]
    fn debug_shows_the_id_only() {
        let pair = KeyPair::generate().unwrap();
        let expected = format!(
            "KeyPair {{ identity: Identity {{ id: {}, .. }}, identity_text: SecretBytes(redacted) }}",
            pair.recipient().id()
        );
        assert_eq!(format!("{pair:?}"), expected);
    }

    #[rstest]
    #[case::empty("", IdentityError::Malformed)]
    #[case::cut("AGE-SECRET-KEY-1QQQQ", IdentityError::Malformed)]
    #[case::recipient("age1qqqq", IdentityError::Recipient)]
    #[case::post_quantum_cut("AGE-SECRET-KEY-PQ-1QQQQ", IdentityError::Malformed)]
    #[case::plugin("AGE-PLUGIN-YUBIKEY-1QQQQ", IdentityError::Plugin)]
    #[case::not_ascii("ÄÖÜ", IdentityError::Malformed)]
    fn what_is_not_an_identity_is_named(#[case] text: &str, #[case] error: IdentityError) {
        assert_eq!(text.parse::<Identity>().unwrap_err(), error);
    }

    #[test]
    fn the_stanza_at_the_position_is_tried_first_and_then_all_others() {
        let pair = KeyPair::generate().unwrap();
        let wrapped = || {
            let key = FileKey::new(Box::new([1; 16]));
            pair.recipient().as_age().wrap_file_key(&key).unwrap().0.remove(0)
        };
        let mut malformed = wrapped();
        malformed.args.clear();
        let mut foreign = wrapped();
        foreign.tag = "grease".to_owned();
        let stanzas = [foreign, malformed, wrapped()];
        let opened = |position| pair.identity.unwrap_stanza_near(&stanzas, position).map(|key| key.is_ok());
        assert_eq!(opened(1), Some(true), "only the second stanza of this type is read");
        assert_eq!(opened(0), Some(false), "the first stanza of this type is an error of the file");
        assert_eq!(opened(9), Some(false), "without a stanza there, all are read in order");
        let last = [stanzas.into_iter().next_back().unwrap()];
        assert!(pair.identity.unwrap_stanza_near(&last, 9).is_some_and(|key| key.is_ok()));
    }

    #[test]
    fn lower_case_is_refused() {
        let text = text_of(&KeyPair::generate().unwrap()).to_lowercase();
        assert_eq!(text.parse::<Identity>().unwrap_err(), IdentityError::Malformed);
    }
}
