//! Standard age files that are no sealed values: what other formats wrap their own keys in.
//!
//! Owns nothing but the way in. Must never be used for a value that should be bound to a target.

use sealbridge_secret::SecretBytes;

use crate::age_file;
use crate::error::{OpenError, SealError};
use crate::recipient_set::RecipientSet;

/// Encrypts `plaintext` to the recipients as one binary age file; [`crate::KeyRing::decrypt_file`] opens it.
///
/// # Errors
/// [`SealError::Randomness`] if the operating system gives no random bytes.
pub fn encrypt_file(plaintext: &[u8], recipients: &RecipientSet) -> Result<Vec<u8>, SealError> {
    age_file::encrypt(plaintext, recipients)
}

/// Opens one binary age file with an identity that no [`crate::KeyRing`] holds, such as an SSH key; `None` if it has no
/// key for the file.
///
/// # Errors
/// [`OpenError`] for a file that is damaged, too large or wants a passphrase.
pub fn decrypt_file(file: &[u8], identity: &dyn age::Identity) -> Result<Option<SecretBytes>, OpenError> {
    Ok(age_file::decrypt(file, identity)?.map(SecretBytes::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyPair, KeyRing};

    #[test]
    fn a_file_is_opened_by_its_recipient_only() {
        let pair = KeyPair::generate().unwrap();
        let id = pair.recipient().id();
        let file = encrypt_file(b"key", &RecipientSet::new([pair.recipient().clone()]).unwrap()).unwrap();
        let stranger = KeyRing::new([KeyPair::generate().unwrap().into_identity()]);
        assert_eq!(stranger.decrypt_file(&file), Ok(None));
        let (plain, opened_by) = KeyRing::new([pair.into_identity()]).decrypt_file(&file).unwrap().unwrap();
        assert_eq!((plain.expose(), opened_by), (&b"key"[..], id));
    }
}
