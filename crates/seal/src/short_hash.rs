//! The first 8 bytes of a SHA-256, written as 16 lower-case hex digits: the short names in a sealed value.
//!
//! Owns that one notation. Must never be made from secret bytes, nor be taken for a proof: whoever may
//! choose the input can look for two inputs with the same 64 bits.

use std::fmt;

use sha2::{Digest, Sha256};

const DIGITS: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ShortHash(u64);

impl ShortHash {
    pub(crate) fn of(hasher: Sha256) -> Self {
        let first = hasher.finalize().into_iter().take(8);
        Self(first.fold(0, |hash, byte| (hash << 8) | u64::from(byte)))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == DIGITS && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        canonical.then(|| u64::from_str_radix(text, 16).ok().map(Self))?
    }
}

impl fmt::Display for ShortHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ShortHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn is_the_start_of_sha256() {
        // FIPS 180-4, example "abc": ba7816bf 8f01cfea …
        let hash = ShortHash::of(Sha256::new_with_prefix(b"abc"));
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea");
    }

    #[rstest]
    #[case::empty("")]
    #[case::short("0123456789abcde")]
    #[case::long("0123456789abcdef0")]
    #[case::upper_case("0123456789ABCDEF")]
    #[case::sign("+123456789abcdef")]
    #[case::not_hex("0123456789abcdeg")]
    #[case::not_ascii("0123456789abcdé")]
    fn other_notations_are_refused(#[case] text: &str) {
        assert_eq!(ShortHash::parse(text), None);
    }

    proptest! {
        #[test]
        fn notation_round_trips(number: u64) {
            prop_assert_eq!(ShortHash::parse(&ShortHash(number).to_string()), Some(ShortHash(number)));
        }
    }
}
