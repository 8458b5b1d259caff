//! Age files that a passphrase opens: what people keep their identities in.
//!
//! Owns how much work such a file may ask for. Must never be used on a file that somebody else chose, such as a sealed
//! value: its author chooses the work.

use age::DecryptError;
use age::secrecy::SecretString;
use sealbridge_secret::SecretBytes;

use crate::age_file;
use crate::error::PassphraseError;

/// The most work that is done for a passphrase: scrypt with N = 2^20, which takes 1 GiB of memory. `age` writes 2^18.
pub const MAX_WORK_FACTOR: u8 = 20;

/// Whether a passphrase opens this binary age file.
#[must_use]
pub fn wants_passphrase(file: &[u8]) -> bool {
    file.strip_prefix(age_file::VERSION_LINE.as_bytes()).is_some_and(|rest| rest.starts_with(b"\n-> scrypt "))
}

/// Opens a binary age file with a passphrase.
///
/// # Errors
/// [`PassphraseError`]; of a file that asks for more than [`MAX_WORK_FACTOR`] nothing is tried.
pub fn decrypt_with_passphrase(file: &[u8], passphrase: &str) -> Result<SecretBytes, PassphraseError> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let plaintext = age_file::decrypt_scrypt(file, &identity).map_err(|error| match error {
        DecryptError::ExcessiveWork { required, .. } => PassphraseError::TooMuchWork { factor: required },
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => PassphraseError::Wrong,
        _ => PassphraseError::Damaged,
    })?;
    Ok(SecretBytes::from(plaintext))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With little work: the tests are about what is refused.
    fn file(work_factor: u8) -> Vec<u8> {
        let mut recipient = age::scrypt::Recipient::new(SecretString::from("correct horse".to_owned()));
        recipient.set_work_factor(work_factor);
        age::encrypt(&recipient, b"inside").unwrap()
    }

    #[test]
    fn the_right_passphrase_opens_and_another_does_not() {
        let file = file(4);
        assert!(wants_passphrase(&file));
        assert_eq!(decrypt_with_passphrase(&file, "correct horse").unwrap().expose(), b"inside");
        assert_eq!(decrypt_with_passphrase(&file, "battery"), Err(PassphraseError::Wrong));
    }

    #[test]
    fn a_file_that_asks_for_too_much_work_is_refused_at_once() {
        let file = file(4);
        let mut lines = file.splitn(3, |byte| *byte == b'\n');
        let mut next = || lines.next().unwrap();
        let (version, stanza, rest) = (next(), next(), next());
        let costly = [stanza.strip_suffix(b"4").unwrap(), b"21"].concat();
        let costly = [version, &costly, rest].join(&b'\n');
        assert_eq!(decrypt_with_passphrase(&costly, "correct horse"), Err(PassphraseError::TooMuchWork { factor: 21 }));
    }

    #[test]
    fn a_damaged_file_is_told_from_a_wrong_passphrase() {
        let mut file = file(4);
        *file.last_mut().unwrap() ^= 1;
        assert_eq!(decrypt_with_passphrase(&file, "correct horse"), Err(PassphraseError::Damaged));
        assert_eq!(decrypt_with_passphrase(&file[..file.len() / 2], "correct horse"), Err(PassphraseError::Damaged));
    }

    #[test]
    fn other_files_want_no_passphrase() {
        assert!(!wants_passphrase(b"age-encryption.org/v1\n-> X25519 a\n"));
        assert!(!wants_passphrase(b"-> scrypt "));
    }
}
