//! Standard age files that are no sealed values: what other formats wrap their own keys in.
//!
//! Owns nothing but the way in. Must never be used for a value that should be bound to a target.

use age::secrecy::SecretString;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

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

/// Encrypts `plaintext` to a passphrase as one binary age file, at a cost of about a second on this machine.
///
/// # Errors
/// [`SealError::Randomness`] if the operating system gives no random bytes.
pub fn encrypt_file_with_passphrase(plaintext: &[u8], passphrase: &str) -> Result<Vec<u8>, SealError> {
    let encryptor = age::Encryptor::with_user_passphrase(SecretString::from(passphrase.to_owned()));
    age_file::encrypt_with(encryptor, plaintext)
}

/// Whether a passphrase opens the file, as far as its first lines say.
#[must_use]
pub fn wants_passphrase(file: &[u8]) -> bool {
    file.strip_prefix(age_file::VERSION_LINE.as_bytes()).is_some_and(|rest| rest.starts_with(b"\n-> scrypt "))
}

/// Opens a file of [`encrypt_file_with_passphrase`]; `None` if the passphrase is another one. The file says how much
/// work that is, up to a limit: only files that a person names may be opened so, never a sealed value.
///
/// # Errors
/// [`OpenError`] for a file that is damaged, or that asks for more work than is reasonable.
pub fn decrypt_file_with_passphrase(file: &[u8], passphrase: &str) -> Result<Option<SecretBytes>, OpenError> {
    use std::io::Read;

    let identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    let decryptor = age::Decryptor::new_buffered(file).map_err(|_| OpenError::HeaderDamaged)?;
    let mut payload = match decryptor.decrypt(std::iter::once::<&dyn age::Identity>(&identity)) {
        Ok(payload) => payload,
        Err(age::DecryptError::NoMatchingKeys | age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed) => {
            return Ok(None);
        }
        Err(_) => return Err(OpenError::HeaderDamaged),
    };
    // The plaintext is smaller than the file, so that the buffer never moves.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(file.len()));
    payload.read_to_end(&mut plaintext).map_err(|_| OpenError::PayloadDamaged)?;
    Ok(Some(SecretBytes::from(plaintext)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyPair, KeyRing};

    #[test]
    fn a_passphrase_opens_its_file_and_another_does_not() {
        let file = encrypt_file_with_passphrase(b"keys", "correct horse").unwrap();
        assert!(wants_passphrase(&file));
        let opened = decrypt_file_with_passphrase(&file, "correct horse").unwrap().unwrap();
        assert_eq!(opened.expose(), b"keys");
        assert_eq!(decrypt_file_with_passphrase(&file, "battery staple"), Ok(None));
        let mut cut = file;
        cut.pop();
        assert_eq!(decrypt_file_with_passphrase(&cut, "correct horse"), Err(OpenError::PayloadDamaged));
    }

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
