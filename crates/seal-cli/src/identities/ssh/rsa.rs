//! The stanza type `ssh-rsa`: RSA-OAEP with SHA-256, on AWS-LC, whose private operation takes the same time whatever the
//! ciphertext; the pure Rust one does not (RUSTSEC-2023-0071).
//!
//! Owns the way of an OpenSSH key into AWS-LC, which is PKCS #8. Must never hold a part of the key in memory that is not
//! wiped.

use age_core::format::{FileKey, Stanza};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use ssh_key::private::RsaKeypair;
use zeroize::Zeroizing;

use super::file_key;

/// The first word of a stanza of this type.
pub(super) const STANZA: &str = "ssh-rsa";

const LABEL: &[u8] = b"age-encryption.org/v1/ssh-rsa";

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// The algorithm `rsaEncryption` with its empty parameters.
const RSA_ENCRYPTION: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

type Wiped = Zeroizing<Vec<u8>>;

/// The private half.
pub(super) struct SecretKey(OaepPrivateDecryptingKey);

impl SecretKey {
    /// `None` for a key that is not consistent, or not of 2048 to 8192 bits.
    pub(super) fn new(pair: &RsaKeypair) -> Option<Self> {
        let key = PrivateDecryptingKey::from_pkcs8(&pkcs8(pair)?).ok()?;
        OaepPrivateDecryptingKey::new(key).ok().map(Self)
    }

    pub(super) fn unwrap_file_key(&self, stanza: &Stanza) -> Option<FileKey> {
        if stanza.args.len() != 1 {
            return None;
        }
        let mut plain = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let unwrapped = self.0.decrypt(&OAEP_SHA256_MGF1SHA256, &stanza.body, &mut plain, Some(LABEL)).ok()?;
        file_key(unwrapped)
    }
}

/// The key as PKCS #8 writes it. Of the numbers in there, OpenSSH leaves two out: the private exponent for each prime.
fn pkcs8(pair: &RsaKeypair) -> Option<Wiped> {
    let [n, e] = [&pair.public.n, &pair.public.e].map(|number| number.as_positive_bytes());
    let private = &pair.private;
    let [d, p, q, inverse] = [&private.d, &private.p, &private.q, &private.iqmp].map(|number| number.as_positive_bytes());
    let (d, p, q) = (d?, p?, q?);
    let for_p = remainder(d, &minus_one(p)?);
    let for_q = remainder(d, &minus_one(q)?);
    let numbers = [&[0], n?, e?, d, p, q, &for_p, &for_q, inverse?].map(integer);
    let key = element(SEQUENCE, &numbers.each_ref().map(|number| number.as_slice()));
    Some(element(SEQUENCE, &[&integer(&[0]), &RSA_ENCRYPTION, &element(OCTET_STRING, &[&key])]))
}

/// A prime less one. Primes of a key are odd, so only the last bit changes.
fn minus_one(prime: &[u8]) -> Option<Wiped> {
    let mut even = Zeroizing::new(prime.to_vec());
    let last = even.last_mut().filter(|last| **last & 1 == 1)?;
    *last ^= 1;
    Some(even)
}

/// What is left of `number` after division, both with their first byte first: long division, bit by bit.
fn remainder(number: &[u8], divisor: &[u8]) -> Wiped {
    let mut divisor = Zeroizing::new(divisor.to_vec());
    // Room for the bit that is shifted in before the divisor is taken away.
    divisor.insert(0, 0);
    let mut rest = Zeroizing::new(vec![0_u8; divisor.len()]);
    for bit in number.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        let mut carry = bit;
        for byte in rest.iter_mut().rev() {
            let out = *byte >> 7;
            *byte = *byte << 1 | carry;
            carry = out;
        }
        if *rest >= *divisor {
            let mut borrow = false;
            for (byte, taken) in rest.iter_mut().zip(divisor.iter()).rev() {
                let (less, first) = byte.overflowing_sub(*taken);
                let (less, second) = less.overflowing_sub(u8::from(borrow));
                *byte = less;
                borrow = first || second;
            }
        }
    }
    rest
}

/// A number that is not negative, in DER.
fn integer(number: &[u8]) -> Wiped {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(zeros..).unwrap_or_default();
    // A first bit that is set would make it negative, and nothing at all is no number.
    let sign: &[u8] = if number.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    element(INTEGER, &[sign, number])
}

/// Contents with their tag and length, in DER.
fn element(tag: u8, contents: &[&[u8]]) -> Wiped {
    let length = contents.iter().map(|content| content.len()).sum::<usize>();
    let bytes = length.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let long = bytes.get(zeros..).unwrap_or_default();
    let mut der = Zeroizing::new(Vec::with_capacity(length + bytes.len() + 2));
    der.push(tag);
    match (u8::try_from(length), u8::try_from(long.len())) {
        (Ok(short), _) if short < 0x80 => der.push(short),
        (_, Ok(count)) => {
            der.push(0x80 | count);
            der.extend_from_slice(long);
        }
        (_, Err(_)) => {}
    }
    contents.iter().for_each(|content| der.extend_from_slice(content));
    der
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    proptest! {
        #[test]
        fn the_remainder_is_that_of_division(number: u128, divisor in 1_u128..) {
            let rest = remainder(&number.to_be_bytes(), &divisor.to_be_bytes());
            let (room, rest) = rest.split_first().unwrap();
            prop_assert_eq!(*room, 0);
            prop_assert_eq!(u128::from_be_bytes(rest.try_into().unwrap()), number % divisor);
        }
    }

    #[rstest]
    #[case(&[0, 0, 0], &[2, 1, 0])]
    #[case(&[0, 0x7f], &[2, 1, 0x7f])]
    #[case(&[0x80], &[2, 2, 0, 0x80])]
    fn numbers_in_der(#[case] number: &[u8], #[case] der: &[u8]) {
        assert_eq!(integer(number).as_slice(), der);
    }

    #[rstest]
    #[case(127, &[4, 127])]
    #[case(128, &[4, 0x81, 128])]
    #[case(256, &[4, 0x82, 1, 0])]
    fn lengths_in_der(#[case] length: usize, #[case] start: &[u8]) {
        assert!(element(OCTET_STRING, &[&vec![7; length]]).starts_with(start));
    }
}
