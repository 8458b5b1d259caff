//! How a value that was read becomes the value of an entry: decoded, and judged.
//!
//! Must never: carry a byte of the value in an error.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sealbridge_api::bridged_secret::{DecodingStrategy, NullBytePolicy};
use sealbridge_manifest::Taking;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

/// Why a value cannot become that of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TakeError {
    /// It is not what it should be decoded from.
    #[error("the value is not base64 of the alphabet that decodingStrategy names, with padding; correct one of the two")]
    NotBase64,
    /// It holds the byte 0.
    #[error("the value holds the byte 0, which nullBytePolicy Fail refuses; correct one of the two")]
    NullByte,
}

/// The value as it is taken over.
pub(crate) fn take(value: SecretBytes, taking: Taking) -> Result<SecretBytes, TakeError> {
    let decoded = match taking.decoding {
        DecodingStrategy::None => value,
        DecodingStrategy::Base64 => decoded(&value, &STANDARD).ok_or(TakeError::NotBase64)?,
        DecodingStrategy::Base64Url => decoded(&value, &URL_SAFE).ok_or(TakeError::NotBase64)?,
        DecodingStrategy::Auto => decoded(&value, &STANDARD).or_else(|| decoded(&value, &URL_SAFE)).unwrap_or(value),
    };
    if taking.null_bytes == NullBytePolicy::Fail && decoded.expose().contains(&0) {
        return Err(TakeError::NullByte);
    }
    Ok(decoded)
}

/// As Go's decoders read it: with padding, line breaks anywhere, and whatever is left over in the last character.
fn decoded(value: &SecretBytes, alphabet: &Alphabet) -> Option<SecretBytes> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    let mut in_one_line = Vec::with_capacity(value.len());
    in_one_line.extend(value.expose().iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    let in_one_line = SecretBytes::new(in_one_line);
    // Room for all of it, so that the buffer never moves and leaves no copy behind.
    let mut bytes = Zeroizing::new(vec![0; in_one_line.len() / 4 * 3 + 3]);
    let length = GeneralPurpose::new(alphabet, config).decode_slice(in_one_line.expose(), &mut bytes).ok()?;
    bytes.truncate(length);
    Some(SecretBytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn taken(value: &[u8], decoding: DecodingStrategy, null_bytes: NullBytePolicy) -> Result<Vec<u8>, TakeError> {
        take(SecretBytes::new(value.to_vec()), Taking { decoding, null_bytes }).map(|value| value.expose().to_vec())
    }

    #[rstest]
    #[case::as_it_is(b"YQ==", DecodingStrategy::None, b"YQ==")]
    #[case::standard(b"+/8=", DecodingStrategy::Base64, b"\xfb\xff")]
    #[case::url(b"-_8=", DecodingStrategy::Base64Url, b"\xfb\xff")]
    #[case::lines(b"YW\r\nJj\n", DecodingStrategy::Base64, b"abc")]
    #[case::trailing_bits(b"YR==", DecodingStrategy::Base64, b"a")]
    #[case::empty(b"", DecodingStrategy::Base64, b"")]
    #[case::auto_standard(b"+/8=", DecodingStrategy::Auto, b"\xfb\xff")]
    #[case::auto_url(b"-_8=", DecodingStrategy::Auto, b"\xfb\xff")]
    #[case::auto_neither(b"hunter2", DecodingStrategy::Auto, b"hunter2")]
    #[case::auto_takes_a_word_for_it(b"abcd", DecodingStrategy::Auto, b"i\xb7\x1d")]
    fn decoded_as_by_go(#[case] value: &[u8], #[case] decoding: DecodingStrategy, #[case] expected: &[u8]) {
        assert_eq!(taken(value, decoding, NullBytePolicy::Ignore), Ok(expected.to_vec()));
    }

    #[rstest]
    #[case::no_padding(b"YQ", DecodingStrategy::Base64)]
    #[case::other_alphabet(b"-_8=", DecodingStrategy::Base64)]
    #[case::standard_as_url(b"+/8=", DecodingStrategy::Base64Url)]
    #[case::blank(b"YW Jj", DecodingStrategy::Base64)]
    #[case::words(b"hunter2!", DecodingStrategy::Base64)]
    fn refused(#[case] value: &[u8], #[case] decoding: DecodingStrategy) {
        assert_eq!(taken(value, decoding, NullBytePolicy::Ignore), Err(TakeError::NotBase64));
    }

    #[test]
    fn the_byte_0_is_judged_after_decoding() {
        assert_eq!(taken(b"AA==", DecodingStrategy::Base64, NullBytePolicy::Fail), Err(TakeError::NullByte));
        assert_eq!(taken(b"AA==", DecodingStrategy::None, NullBytePolicy::Fail), Ok(b"AA==".to_vec()));
        assert_eq!(taken(b"a\0", DecodingStrategy::None, NullBytePolicy::Ignore), Ok(b"a\0".to_vec()));
    }
}
