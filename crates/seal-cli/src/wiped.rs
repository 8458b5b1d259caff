//! Reading secrets whose size nobody knows beforehand.
//!
//! Must never: leave a copy behind in a buffer that became too small.

use std::io::{ErrorKind, Read, Result};

use zeroize::Zeroizing;

/// Bytes of the first buffer: most values and identities fit, and the pages of a larger one cost time to a command
/// that handles one value.
const FIRST: usize = 4096;

/// Reads to the end, or `most` bytes and one more, by which what is too large is known.
///
/// # Errors
/// That of the reader.
pub(crate) fn read_at_most(mut reader: impl Read, most: usize) -> Result<Zeroizing<Vec<u8>>> {
    let limit = most.saturating_add(1);
    let mut bytes = buffer(FIRST.min(limit));
    let mut filled = 0;
    while filled < limit {
        if filled == bytes.len() {
            let mut larger = buffer(filled.saturating_mul(2).min(limit));
            larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
            bytes = larger;
        }
        match reader.read(bytes.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn buffer(size: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; size])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Gives one byte at a time, and is interrupted before each.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let room = buffer.len().min(1);
            self.0.read(&mut buffer[..room])
        }
    }

    #[rstest]
    #[case::nothing(0, 10, 0)]
    #[case::little(7, 10, 7)]
    #[case::just_enough(10, 10, 10)]
    #[case::too_much(12, 10, 11)]
    #[case::a_full_buffer(FIRST, 1 << 20, FIRST)]
    #[case::several_buffers(3 * FIRST + 1, 1 << 20, 3 * FIRST + 1)]
    #[case::several_buffers_too_much(3 * FIRST, 2 * FIRST, 2 * FIRST + 1)]
    fn all_is_read_up_to_the_limit(#[case] size: usize, #[case] most: usize, #[case] expected: usize) {
        let bytes: Vec<u8> = (0..size).map(|position| u8::try_from(position % 251).unwrap()).collect();
        assert_eq!(*read_at_most(bytes.as_slice(), most).unwrap(), bytes[..expected]);
        assert_eq!(*read_at_most(Slow(&bytes, false), most).unwrap(), bytes[..expected]);
    }

    #[test]
    fn a_failure_is_told() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> Result<usize> {
                Err(ErrorKind::ConnectionReset.into())
            }
        }
        assert_eq!(read_at_most(Broken, 1).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}
