//! The text form of 32-byte keys: Bech32 (BIP 173) with age's prefixes, in its one canonical spelling.
//!
//! Owns spelling and checksum. Must never keep a copy of a private key that is not wiped.

use age_core::primitives::{bech32_decode, bech32_encode_to_fmt};
use bech32::Hrp;
use zeroize::Zeroizing;

pub(crate) const KEY_BYTES: usize = 32;

/// Longer than any text of a 32-byte key, so that a buffer of this size is never moved while it is filled.
const TEXT_CAPACITY: usize = 96;

/// Which half of a key pair a text holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// `age1…`, lower case.
    Recipient,
    /// `AGE-SECRET-KEY-1…`, upper case.
    Identity,
}

impl Half {
    fn prefix(self) -> Hrp {
        match self {
            Self::Recipient => Hrp::parse_unchecked("age"),
            Self::Identity => Hrp::parse_unchecked("age-secret-key-"),
        }
    }
}

pub(crate) fn encode(half: Half, key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(TEXT_CAPACITY));
    let written = bech32_encode_to_fmt(&mut *text, half.prefix(), key);
    debug_assert!(written.is_ok(), "writing to a String does not fail");
    if half == Half::Identity {
        text.make_ascii_uppercase();
    }
    text
}

/// The key in `text`, or `None` if it is not the canonical spelling of one of that half.
pub(crate) fn decode(half: Half, text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let key = bech32_decode(
        text,
        |_| (),
        |prefix| if prefix == half.prefix() { Ok(()) } else { Err(()) },
        |_, bytes| {
            if bytes.len() != KEY_BYTES {
                return Err(());
            }
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            Ok(key)
        },
    )
    .ok()?;
    // Bech32 readers differ on the case of letters and on padding bits; one key has one text here, because
    // its id is a hash of the text.
    (encode(half, &key).as_str() == text).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_round_trips(key: [u8; KEY_BYTES]) {
            for half in [Half::Recipient, Half::Identity] {
                prop_assert_eq!(decode(half, &encode(half, &key)).map(|key| *key), Some(key));
            }
        }

        #[test]
        fn the_other_case_is_refused(key: [u8; KEY_BYTES]) {
            prop_assert!(decode(Half::Recipient, &encode(Half::Recipient, &key).to_uppercase()).is_none());
            prop_assert!(decode(Half::Identity, &encode(Half::Identity, &key).to_lowercase()).is_none());
        }

        #[test]
        fn one_half_is_not_the_other(key: [u8; KEY_BYTES]) {
            prop_assert!(decode(Half::Identity, &encode(Half::Recipient, &key)).is_none());
            prop_assert!(decode(Half::Recipient, &encode(Half::Identity, &key)).is_none());
        }

        #[test]
        fn any_text_is_judged_without_panic(text: String) {
            prop_assert!(decode(Half::Recipient, &text).is_none());
        }
    }
}
