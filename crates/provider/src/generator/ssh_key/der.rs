//! As much of DER as takes the numbers out of an RSA key that was just made.

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The numbers of RFC 8017, appendix A.1.2, big endian.
pub(super) struct RsaNumbers<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
    /// Of `q` modulo `p`.
    pub(super) inverse: &'a [u8],
}

/// The numbers of a key in PKCS#8; `None` if it is none.
pub(super) fn rsa_numbers(pkcs8: &[u8]) -> Option<RsaNumbers<'_>> {
    let (outer, _) = element(pkcs8, SEQUENCE)?;
    let (_version, rest) = element(outer, INTEGER)?;
    let (_algorithm, rest) = element(rest, SEQUENCE)?;
    let (key, _) = element(rest, OCTETS)?;
    let (mut rest, _) = element(key, SEQUENCE)?;
    let mut next = || {
        let (number, after) = element(rest, INTEGER)?;
        rest = after;
        Some(number)
    };
    let _version = next()?;
    let mut numbers = RsaNumbers { n: next()?, e: next()?, d: next()?, p: next()?, q: next()?, inverse: &[] };
    let (_d_p, _d_q) = (next()?, next()?);
    numbers.inverse = next()?;
    Some(numbers)
}

/// The content of the first element, which has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    (*found == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_or_something_else_is_no_key() {
        assert_eq!(element(&[INTEGER, 1, 5, 9], INTEGER), Some((&[5_u8][..], &[9_u8][..])));
        assert_eq!(element(&[INTEGER, 0x81, 1, 5], INTEGER), Some((&[5_u8][..], &[][..])));
        for bytes in [&[][..], &[INTEGER], &[INTEGER, 2, 5], &[OCTETS, 1, 5], &[INTEGER, 0x85, 0, 0, 0, 0, 1, 5]] {
            assert_eq!(element(bytes, INTEGER), None, "{bytes:?}");
        }
    }
}
