//! A trust store's file brought to the one safe that holds its certificates. The library writes a second one for keys,
//! empty or not, and readers made for trust stores take that for a file of another kind.

use aws_lc_rs::{digest, hmac};

use crate::functions::der;

/// The block of SHA-256, in bytes: `v` of RFC 7292 appendix B.2.
const BLOCK: usize = 64;
/// The purpose of the key that is derived: a MAC, RFC 7292 appendix B.3.
const FOR_MAC: u8 = 3;

/// The file with the first of its safes alone, and the MAC made anew. `None` for what is no such file with a MAC over
/// SHA-256.
pub(super) fn first_safe(file: &[u8], password: &str) -> Option<Vec<u8>> {
    let (pfx, _) = der::read(0x30, file)?;
    let (version, rest) = der::read(0x02, pfx)?;
    let (content, mac) = der::read(0x30, rest)?;
    let (kind, wrapped) = der::read(0x06, content)?;
    let (wrapped, _) = der::read(0xa0, wrapped)?;
    let (safes, _) = der::read(0x04, wrapped)?;
    let (safes, _) = der::read(0x30, safes)?;
    let (first, _) = der::read(0x30, safes)?;
    let (mac, _) = der::read(0x30, mac)?;
    let (digest_info, rest) = der::read(0x30, mac)?;
    let (algorithm, old) = der::read(0x30, digest_info)?;
    let (salt, rest) = der::read(0x04, rest)?;
    let (rounds, _) = der::read(0x02, rest)?;

    let safes = der::sequence(&[&der::sequence(&[first])]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &mac_key(password, salt, number(rounds)?));
    let tag = hmac::sign(&key, &safes);
    if der::read(0x04, old)?.0.len() != tag.as_ref().len() {
        return None;
    }
    let digest_info = der::sequence(&[&der::sequence(&[algorithm]), &der::octets(tag.as_ref())]);
    let content = der::sequence(&[&der::object_id(kind), &der::element(0xa0, &der::octets(&safes))]);
    let mac = der::sequence(&[&digest_info, &der::octets(salt), &der::integer(rounds)]);
    Some(der::sequence(&[&der::integer(version), &content, &mac]))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |sum, byte| sum.checked_mul(256)?.checked_add(u32::from(*byte)))
}

/// RFC 7292 appendix B.2 with SHA-256, whose one block is all of the key.
fn mac_key(password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
    let password: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let filled = |bytes: &[u8]| bytes.iter().copied().cycle().take(bytes.len().next_multiple_of(BLOCK)).collect::<Vec<u8>>();
    let mut hash = digest::digest(&digest::SHA256, &[vec![FOR_MAC; BLOCK], filled(salt), filled(&password)].concat());
    for _ in 1..rounds {
        hash = digest::digest(&digest::SHA256, hash.as_ref());
    }
    hash.as_ref().to_vec()
}
