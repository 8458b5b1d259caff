//! The text form of keys: Bech32 (BIP 173) without its limit of length and with age's prefixes, in its one canonical
//! spelling.
//!
//! Owns spelling and checksum. Must never keep a copy of a private key that is not wiped.

use age_core::primitives::{bech32_decode, bech32_encode_to_fmt};
use bech32::Hrp;
use zeroize::Zeroizing;

/// An X25519 key, public or private, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// Prefix, separator and checksum, with room to spare: a buffer is never moved while it is filled.
const AROUND: usize = 32;

/// What a text holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `age1…`, lower case.
    Recipient,
    /// `AGE-SECRET-KEY-1…`, upper case.
    Identity,
    /// `age1pq1…`, lower case.
    HybridRecipient,
    /// `AGE-SECRET-KEY-PQ-1…`, upper case.
    HybridIdentity,
}

impl Form {
    fn prefix(self) -> Hrp {
        match self {
            Self::Recipient => Hrp::parse_unchecked("age"),
            Self::Identity => Hrp::parse_unchecked("age-secret-key-"),
            Self::HybridRecipient => Hrp::parse_unchecked("age1pq"),
            Self::HybridIdentity => Hrp::parse_unchecked("age-secret-key-pq-"),
        }
    }

    fn is_private(self) -> bool {
        matches!(self, Self::Identity | Self::HybridIdentity)
    }
}

pub(crate) fn encode(form: Form, key: &[u8]) -> Zeroizing<String> {
    // Five bits a character.
    let mut text = Zeroizing::new(String::with_capacity(AROUND + (key.len() * 8).div_ceil(5)));
    let written = bech32_encode_to_fmt(&mut *text, form.prefix(), key);
    debug_assert!(written.is_ok(), "writing to a String does not fail");
    if form.is_private() {
        text.make_ascii_uppercase();
    }
    text
}

/// The key of `N` bytes in `text`, or `None` if it is not the canonical spelling of one of that form.
pub(crate) fn decode<const N: usize>(form: Form, text: &str) -> Option<Zeroizing<[u8; N]>> {
    let key = bech32_decode(
        text,
        |_| (),
        |prefix| if prefix == form.prefix() { Ok(()) } else { Err(()) },
        |_, bytes| {
            if bytes.len() != N {
                return Err(());
            }
            let mut key = Zeroizing::new([0; N]);
            key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            Ok(key)
        },
    )
    .ok()?;
    // Bech32 readers differ on the case of letters and on padding bits; one key has one text here, because
    // its id is a hash of the text.
    (encode(form, key.as_slice()).as_str() == text).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMS: [Form; 4] = [Form::Recipient, Form::Identity, Form::HybridRecipient, Form::HybridIdentity];

    proptest! {
        #[test]
        fn text_round_trips(key: [u8; KEY_BYTES]) {
            for form in FORMS {
                prop_assert_eq!(decode(form, &encode(form, &key)).map(|key| *key), Some(key));
            }
        }

        #[test]
        fn the_other_case_is_refused(key: [u8; KEY_BYTES]) {
            for form in FORMS {
                let text = encode(form, &key);
                let other = if form.is_private() { text.to_lowercase() } else { text.to_uppercase() };
                prop_assert!(decode::<KEY_BYTES>(form, &other).is_none());
            }
        }

        #[test]
        fn one_form_is_not_another(key: [u8; KEY_BYTES]) {
            for (form, other) in FORMS.into_iter().flat_map(|form| FORMS.map(|other| (form, other))) {
                prop_assert_eq!(decode::<KEY_BYTES>(form, &encode(other, &key)).is_some(), form == other);
            }
        }

        #[test]
        fn any_text_is_judged_without_panic(text: String) {
            prop_assert!(decode::<KEY_BYTES>(Form::Recipient, &text).is_none());
        }
    }
}
