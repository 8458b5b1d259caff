//! HPKE (RFC 9180) base mode for one message under a shared key: HKDF-SHA256 and ChaCha20-Poly1305, no associated
//! data.
//!
//! Owns the key schedule. Must never use one schedule for a second message.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::kem::Shared;

/// `HPKE`, then the ids of the KEM (MLKEM768-X25519), the KDF (HKDF-SHA256) and the AEAD (ChaCha20-Poly1305).
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const MODE_BASE: u8 = 0;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// `message` and its authenticator; `None` only if AWS-LC fails.
pub(super) fn seal(shared: &Shared, message: &[u8]) -> Option<Vec<u8>> {
    let (key, nonce) = schedule(shared)?;
    let mut sealed = message.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).ok()?;
    Some(sealed)
}

/// The message in `sealed`, which becomes it; `None` if it was sealed under another key or was changed.
pub(super) fn open<'a>(shared: &Shared, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
    let (key, nonce) = schedule(shared)?;
    key.open_in_place(nonce, Aad::empty(), sealed).ok().map(|message| &*message)
}

/// `KeySchedule` of section 5.1; the sequence number of the only message is 0, so that the nonce is the base nonce.
fn schedule(shared: &Shared) -> Option<(LessSafeKey, Nonce)> {
    let mut context = vec![MODE_BASE];
    context.extend(extract(&[], b"psk_id_hash", &[]).0);
    context.extend(extract(&[], b"info_hash", INFO).0);
    let (_, secret) = extract(shared.as_slice(), b"secret", &[]);
    let key = expand::<KEY_BYTES>(&secret, b"key", &context)?;
    let nonce = expand::<NONCE_BYTES>(&secret, b"base_nonce", &context)?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).ok()?;
    Some((LessSafeKey::new(key), Nonce::assume_unique_for_key(*nonce)))
}

/// `LabeledExtract` of section 4.
fn extract(salt: &[u8], label: &[u8], material: &[u8]) -> ([u8; 32], Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    [VERSION, SUITE, label, material].iter().for_each(|part| extract.input_ikm(part));
    let (bytes, hkdf) = extract.finalize();
    (bytes.into(), hkdf)
}

/// `LabeledExpand` of section 4; `None` for more bytes than HKDF gives.
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &[u8], info: &[u8]) -> Option<Zeroizing<[u8; N]>> {
    let length = u16::try_from(N).ok()?.to_be_bytes();
    let mut bytes = Zeroizing::new([0; N]);
    secret.expand_multi_info(&[&length, VERSION, SUITE, label, info], bytes.as_mut_slice()).ok()?;
    Some(bytes)
}
