//! The public half of a sealing key.
//!
//! Owns what counts as a recipient. Must never repeat a refused text: it may be a private key by mistake.

use std::fmt;
use std::str::FromStr;

use crate::error::RecipientError;
use crate::key_id::KeyId;
use crate::key_text::{self, Half};
use crate::stanza::x25519;

/// An X25519 recipient, `age1…`: 62 lower-case characters, Bech32 of the 32-byte public key.
#[derive(Clone)]
pub struct Recipient {
    key: x25519::PublicKey,
    text: String,
    id: KeyId,
}

impl Recipient {
    pub(crate) fn from_key(key: x25519::PublicKey) -> Self {
        let text = key_text::encode(Half::Recipient, key.as_bytes()).to_string();
        let id = KeyId::of_recipient(&text);
        Self { key, text, id }
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
        &self.key
    }
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = key_text::decode(Half::Recipient, text).ok_or_else(|| refusal(text))?;
        x25519::PublicKey::from_bytes(*bytes).map(Self::from_key).ok_or(RecipientError::LowOrder)
    }
}

fn refusal(text: &str) -> RecipientError {
    let lower = text.trim_start().to_ascii_lowercase();
    if lower.starts_with("age-secret-key-") || lower.starts_with("age-plugin-") {
        return RecipientError::PrivateKey;
    }
    if lower.starts_with("ssh-") {
        return RecipientError::Ssh;
    }
    // The separator of Bech32 is the last `1`: one more of them belongs to the name of a type or plugin.
    match lower.strip_prefix("age1").and_then(|rest| rest.split_once('1')) {
        Some(("pq", _)) => RecipientError::PostQuantum,
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
    #[case::identity_lower_case("age-secret-key-1qqqq", RecipientError::PrivateKey)]
    #[case::plugin_identity("AGE-PLUGIN-YUBIKEY-1QQQQ", RecipientError::PrivateKey)]
    #[case::post_quantum("age1pq1qqqq", RecipientError::PostQuantum)]
    #[case::tag("age1tag1qqqq", RecipientError::Plugin)]
    #[case::plugin("age1yubikey1qqqq", RecipientError::Plugin)]
    #[case::ssh("ssh-ed25519 AAAA", RecipientError::Ssh)]
    fn what_is_not_a_recipient_is_named(#[case] text: &str, #[case] error: RecipientError) {
        assert_eq!(text.parse::<Recipient>(), Err(error));
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let text = key_text::encode(Half::Recipient, &[0; 32]);
        assert_eq!(text.parse::<Recipient>(), Err(RecipientError::LowOrder));
    }

    #[test]
    fn a_typing_error_is_found() {
        let mut typo = KeyPair::generate().unwrap().recipient().to_string();
        let last = typo.pop();
        typo.push(if last == Some('q') { 'p' } else { 'q' });
        assert_eq!(typo.parse::<Recipient>(), Err(RecipientError::Malformed));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "(age1|AGE-|ssh-)?\\PC{0,80}") {
            prop_assert!(text.parse::<Recipient>().is_err());
        }
    }
}
