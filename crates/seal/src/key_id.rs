//! The public name of a sealing key.
//!
//! Owns how it is computed. Must never depend on the private half.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::short_hash::ShortHash;

/// Names a key pair: the first 8 bytes of the SHA-256 of the recipient's text (`age1…`, without a newline),
/// shown as 16 lower-case hex digits.
///
/// By hand: `printf %s "$RECIPIENT" | sha256sum | head -c 16`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(ShortHash);

impl KeyId {
    pub(crate) fn of_recipient(text: &str) -> Self {
        Self(ShortHash::of(Sha256::new_with_prefix(text)))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key id; a key id has exactly 16 lower-case hex digits")]
pub struct KeyIdError;

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ShortHash::parse(text).map(Self).ok_or(KeyIdError)
    }
}

/// Some ids in a message: the first eight, then how many more there are.
pub(crate) struct SomeIds<'a>(pub(crate) &'a [KeyId]);

impl fmt::Display for SomeIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, id) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{id}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_a_message_is_bounded() {
        let ids: Vec<_> = (0..10).map(|n| KeyId::of_recipient(&n.to_string())).collect();
        assert_eq!(SomeIds(&[]).to_string(), "none");
        assert_eq!(SomeIds(&ids[..1]).to_string(), ids[0].to_string());
        assert!(SomeIds(&ids).to_string().ends_with(" and 2 more"));
    }
}
