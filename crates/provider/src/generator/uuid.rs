//! Random identifiers, RFC 9562 version 4.

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::random::{NoRandomness, random};

/// A random UUID in its usual form.
///
/// # Errors
/// [`NoRandomness`].
pub fn uuid() -> Result<SecretBytes, NoRandomness> {
    let mut bytes = random(16)?;
    for (position, byte) in bytes.iter_mut().enumerate() {
        match position {
            6 => *byte = (*byte & 0x0f) | 0x40,
            8 => *byte = (*byte & 0x3f) | 0x80,
            _ => {}
        }
    }
    let mut text = Zeroizing::new(Vec::with_capacity(36));
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.extend(hex(*byte));
    }
    Ok(SecretBytes::from(text))
}

/// A byte as two digits.
pub(super) fn hex(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_its_version() {
        let text = String::from_utf8(uuid().unwrap().expose().to_vec()).unwrap();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(text.as_bytes()[14] == b'4' && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{text}");
        assert_ne!(uuid(), uuid());
    }
}
