//! A value's bytes, wiped when dropped.
//!
//! Must never: print, compare in variable time, or be copied without the word `duplicate`.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The raw bytes of one secret value; any bytes, not necessarily UTF-8.
///
/// `Clone` is absent on purpose: a copy is made by [`SecretBytes::duplicate`], so that a reader sees it.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes over `bytes` without copying them.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that must see them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<Zeroizing<Vec<u8>>> for SecretBytes {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte_and_no_length() {
        let text = format!("{:?}", SecretBytes::new(b"canary".to_vec()));
        assert_eq!(text, "SecretBytes(redacted)");
    }

    #[test]
    fn equality_is_by_content() {
        let value = SecretBytes::new(b"a".to_vec());
        assert_eq!(value, value.duplicate());
        assert_ne!(value, SecretBytes::new(b"ab".to_vec()));
    }
}
