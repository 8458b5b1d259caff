//! The public half of a sealing key.
//!
//! Owns what counts as a recipient. Must never repeat a refused text: it may be a private key by mistake.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::RecipientError;
use crate::key_id::KeyId;
use crate::key_text::{self, Form};
use crate::stanza::{mlkem768x25519, x25519};

const POST_QUANTUM_PREFIX: &str = "age1pq1";
/// Three lines: type and share, key, with their line breaks.
const X25519_STANZA_BYTES: usize = 98;
const POST_QUANTUM_STANZA_BYTES: usize = 1557;

/// A recipient of one of two types: X25519, `age1…`, 62 lower-case characters; or post-quantum, MLKEM768-X25519,
/// `age1pq1…`, 1959 lower-case characters. Both are Bech32 of the public key.
#[derive(Clone)]
pub struct Recipient {
    key: Key,
    text: Arc<str>,
    id: KeyId,
}

#[derive(Clone)]
enum Key {
    X25519(x25519::PublicKey),
    PostQuantum(Arc<mlkem768x25519::PublicKey>),
}

impl Recipient {
    pub(crate) fn x25519(key: x25519::PublicKey) -> Self {
        let text = key_text::encode(Form::Recipient, key.as_bytes());
        Self::new(Key::X25519(key), &text)
    }

    pub(crate) fn post_quantum(key: mlkem768x25519::PublicKey) -> Self {
        let text = key_text::encode(Form::HybridRecipient, key.as_bytes());
        Self::new(Key::PostQuantum(Arc::new(key)), &text)
    }

    fn new(key: Key, text: &str) -> Self {
        Self { key, text: text.into(), id: KeyId::of_recipient(text) }
    }

    /// Whether it also protects against quantum computers.
    #[must_use]
    pub fn is_post_quantum(&self) -> bool {
        matches!(self.key, Key::PostQuantum(_))
    }

    /// The stanza of a file for this recipient, with its line breaks, in bytes.
    pub(crate) fn stanza_bytes(&self) -> usize {
        match self.key {
            Key::X25519(_) => X25519_STANZA_BYTES,
            Key::PostQuantum(_) => POST_QUANTUM_STANZA_BYTES,
        }
    }

    /// The id of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The text, `age1…`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn as_age(&self) -> &dyn age::Recipient {
        match &self.key {
            Key::X25519(key) => key,
            Key::PostQuantum(key) => key.as_ref(),
        }
    }
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with(POST_QUANTUM_PREFIX) {
            let bytes = key_text::decode(Form::HybridRecipient, text).ok_or(RecipientError::MalformedPostQuantum)?;
            return mlkem768x25519::PublicKey::from_bytes(&bytes).map(Self::post_quantum).ok_or(RecipientError::NoKey);
        }
        let bytes = key_text::decode(Form::Recipient, text).ok_or_else(|| refusal(text))?;
        x25519::PublicKey::from_bytes(*bytes).map(Self::x25519).ok_or(RecipientError::NoKey)
    }
}

fn refusal(text: &str) -> RecipientError {
    let lower = text.trim_start().to_ascii_lowercase();
    // Also behind what was left around it, such as the dash of a list.
    if lower.contains("age-secret-key-") || lower.starts_with("age-plugin-") {
        return RecipientError::PrivateKey;
    }
    if lower.starts_with("ssh-") {
        return RecipientError::Ssh;
    }
    // The separator of Bech32 is the last `1`: one more of them belongs to the name of a type or plugin.
    match lower.strip_prefix("age1").and_then(|rest| rest.split_once('1')) {
        Some(("pq", _)) => RecipientError::MalformedPostQuantum,
        Some(_) => RecipientError::Plugin,
        None => RecipientError::Malformed,
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Recipient {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyPair;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn the_id_is_the_hash_of_the_text() {
        // The public key of the scalar 0101…01; text and hash were computed apart from this code, in Python.
        let text = "age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l";
        let recipient: Recipient = text.parse().unwrap();
        assert_eq!(recipient.id().to_string(), "2d36913d48da86b4");
    }

    #[rstest]
    #[case::empty("", RecipientError::Malformed)]
    #[case::word("prod", RecipientError::Malformed)]
    #[case::cut("age1qyqszqgpqyqszqgp", RecipientError::Malformed)]
    #[case::identity("AGE-SECRET-KEY-1QQQQ", RecipientError::PrivateKey)]
    #[case::identity_of_a_list("-AGE-SECRET-KEY-1QQQQ", RecipientError::PrivateKey)]
    #[case::identity_lower_case("age-secret-key-1qqqq", RecipientError::PrivateKey)]
    #[case::plugin_identity("AGE-PLUGIN-YUBIKEY-1QQQQ", RecipientError::PrivateKey)]
    #[case::post_quantum("age1pq1qqqq", RecipientError::MalformedPostQuantum)]
    #[case::post_quantum_upper_case("AGE1PQ1QQQQ", RecipientError::MalformedPostQuantum)]
    #[case::tag("age1tag1qqqq", RecipientError::Plugin)]
    #[case::plugin("age1yubikey1qqqq", RecipientError::Plugin)]
    #[case::ssh("ssh-ed25519 AAAA", RecipientError::Ssh)]
    fn what_is_not_a_recipient_is_named(#[case] text: &str, #[case] error: RecipientError) {
        assert_eq!(text.parse::<Recipient>(), Err(error));
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let text = key_text::encode(Form::Recipient, &[0; 32]);
        assert_eq!(text.parse::<Recipient>(), Err(RecipientError::NoKey));
        let text = key_text::encode(Form::HybridRecipient, &[0; 1216]);
        assert_eq!(text.parse::<Recipient>(), Err(RecipientError::NoKey));
    }

    #[test]
    fn a_typing_error_is_found() {
        let typing_error_in = |pair: KeyPair| {
            let mut typo = pair.recipient().to_string();
            let last = typo.pop();
            typo.push(if last == Some('q') { 'p' } else { 'q' });
            typo.parse::<Recipient>()
        };
        assert_eq!(typing_error_in(KeyPair::generate().unwrap()), Err(RecipientError::Malformed));
        let post_quantum = KeyPair::generate_post_quantum().unwrap();
        assert_eq!(typing_error_in(post_quantum), Err(RecipientError::MalformedPostQuantum));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "(age1|AGE-|ssh-)?\\PC{0,80}") {
            prop_assert!(text.parse::<Recipient>().is_err());
        }
    }
}
