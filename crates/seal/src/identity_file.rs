//! Files of identities as `age-keygen` writes them: one per line, comments after `#`.
//!
//! Owns that line format. Must never open a file, nor repeat a line.

use crate::error::IdentityFileError;
use crate::identity::Identity;

/// What an age file starts with, binary and armoured.
const ENCRYPTED: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----"];

/// Reads all identities of a file's bytes; empty lines and lines that start with `#` are skipped.
///
/// # Errors
/// [`IdentityFileError`] if there is none, or if any line is something else: a key that is silently left out
/// would be missed when it is needed.
pub fn parse_identity_file(bytes: &[u8]) -> Result<Vec<Identity>, IdentityFileError> {
    if ENCRYPTED.iter().any(|start| bytes.starts_with(start)) {
        return Err(IdentityFileError::Encrypted);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| IdentityFileError::NotText)?;
    let identities = text
        .lines()
        .zip(1..)
        .map(|(line, number)| (line.trim(), number))
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, number)| line.parse().map_err(|problem| IdentityFileError::Line { line: number, problem }))
        .collect::<Result<Vec<_>, _>>()?;
    if identities.is_empty() {
        return Err(IdentityFileError::Empty);
    }
    Ok(identities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::IdentityError;
    use crate::identity::KeyPair;
    use rstest::rstest;

    #[test]
    fn reads_what_age_keygen_writes() {
        let pairs = [KeyPair::generate().unwrap(), KeyPair::generate().unwrap()];
        let [one, two] = pairs.each_ref().map(|pair| std::str::from_utf8(pair.identity_text().expose()).unwrap());
        let file = format!("# created: 2026-11-21T10:00:00Z\n# public key: age1…\n{one}\r\n\n  {two}");
        let read = parse_identity_file(file.as_bytes()).unwrap();
        let ids: Vec<_> = read.iter().map(Identity::id).collect();
        assert_eq!(ids, pairs.map(|pair| pair.recipient().id()));
    }

    #[rstest]
    #[case::nothing(b"", IdentityFileError::Empty)]
    #[case::comments(b"# a\n\n", IdentityFileError::Empty)]
    #[case::encrypted(b"age-encryption.org/v1\n", IdentityFileError::Encrypted)]
    #[case::armoured(b"-----BEGIN AGE ENCRYPTED FILE-----\n", IdentityFileError::Encrypted)]
    #[case::binary(b"\xff\xfe", IdentityFileError::NotText)]
    #[case::other(b"# a\nhello\n", IdentityFileError::Line { line: 2, problem: IdentityError::Malformed })]
    #[case::recipient(b"age1q\n", IdentityFileError::Line { line: 1, problem: IdentityError::Recipient })]
    // The operator reads its keys here: what only people may use is refused, however it was built.
    #[case::plugin(b"AGE-PLUGIN-FOOBAR-1QVHULF\n", IdentityFileError::Line { line: 1, problem: IdentityError::Plugin })]
    #[case::ssh(
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
        IdentityFileError::Line { line: 1, problem: IdentityError::Malformed }
    )]
    fn refusals(#[case] bytes: &[u8], #[case] error: IdentityFileError) {
        assert_eq!(parse_identity_file(bytes).unwrap_err(), error);
    }
}
