//! The text form of an age file (C2SP age.md, "ASCII armor"): strict PEM.
//!
//! Owns that form. Must never look at what is inside, nor take what another reader would not.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const END: &[u8] = b"-----END AGE ENCRYPTED FILE-----";
const COLUMNS: usize = 64;

/// The text is not an age file in armor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the armor of the age file is damaged; copy the file again, from its first dash to its last")]
pub struct ArmorError;

/// Whether the bytes start as an armored file does, after blanks.
#[must_use]
pub fn is_armored(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(BEGIN)
}

/// The binary age file inside.
///
/// # Errors
/// [`ArmorError`] for anything but blanks around it, lines of other lengths than 64 before the last one, and base64 that
/// is not canonical.
pub fn dearmor(bytes: &[u8]) -> Result<Vec<u8>, ArmorError> {
    let mut lines = bytes.trim_ascii().split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if lines.next() != Some(BEGIN) || lines.next_back() != Some(END) {
        return Err(ArmorError);
    }
    let mut base64 = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut is_ended = false;
    for line in lines {
        if is_ended || line.is_empty() || line.len() > COLUMNS {
            return Err(ArmorError);
        }
        is_ended = line.len() < COLUMNS;
        base64.extend_from_slice(line);
    }
    BASE64_STANDARD.decode(base64.as_slice()).map_err(|_| ArmorError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn armored(file: &[u8], line_end: &str) -> String {
        let base64 = BASE64_STANDARD.encode(file);
        let mut lines = vec!["-----BEGIN AGE ENCRYPTED FILE-----".to_owned()];
        lines.extend(base64.as_bytes().chunks(COLUMNS).map(|line| String::from_utf8(line.to_vec()).unwrap()));
        lines.push("-----END AGE ENCRYPTED FILE-----".to_owned());
        lines.join(line_end)
    }

    proptest! {
        #[test]
        fn what_is_armored_is_read(file: Vec<u8>, blanks in "[ \\t\\r\\n]{0,4}", crlf: bool) {
            let text = armored(&file, if crlf { "\r\n" } else { "\n" });
            let text = format!("{blanks}{text}{blanks}");
            prop_assert!(is_armored(text.as_bytes()));
            prop_assert_eq!(dearmor(text.as_bytes()), Ok(file));
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes: Vec<u8>) {
            prop_assert_eq!(dearmor(&bytes), Err(ArmorError));
        }
    }

    #[rstest]
    #[case::nothing("")]
    #[case::begin_alone("-----BEGIN AGE ENCRYPTED FILE-----")]
    #[case::another_label("-----BEGIN AGE FILE-----\nAAAA\n-----END AGE FILE-----")]
    #[case::header("-----BEGIN AGE ENCRYPTED FILE-----\nA: b\n\nAAAA\n-----END AGE ENCRYPTED FILE-----")]
    #[case::empty_line("-----BEGIN AGE ENCRYPTED FILE-----\n\nAAAA\n-----END AGE ENCRYPTED FILE-----")]
    #[case::short_line("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\nAAAA\n-----END AGE ENCRYPTED FILE-----")]
    #[case::indented("-----BEGIN AGE ENCRYPTED FILE-----\n AAAA\n-----END AGE ENCRYPTED FILE-----")]
    #[case::not_canonical("-----BEGIN AGE ENCRYPTED FILE-----\nAAB=\n-----END AGE ENCRYPTED FILE-----")]
    #[case::something_after("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\nx")]
    fn what_is_not_strict_is_refused(#[case] text: &str) {
        assert_eq!(dearmor(text.as_bytes()), Err(ArmorError));
    }
}
