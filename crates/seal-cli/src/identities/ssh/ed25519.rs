//! The stanza type `ssh-ed25519`: X25519 with the same secret as the SSH key, tweaked by its public half.
//!
//! Owns the arithmetic. Must never keep a shared secret.

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, hkdf};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{SHA512, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::file_key;

/// The first word of a stanza of this type.
pub(super) const STANZA: &str = "ssh-ed25519";

const LABEL: &[u8] = b"age-encryption.org/v1/ssh-ed25519";
const KEY_BYTES: usize = 32;
/// A wrapped file key with its authenticator.
const WRAPPED_BYTES: usize = FILE_KEY_BYTES + 16;

/// The private half in the form of X25519, with what every stanza needs.
pub(super) struct SecretKey {
    scalar: PrivateKey,
    public: [u8; KEY_BYTES],
    tweak: PrivateKey,
}

impl SecretKey {
    /// From the seed of an Ed25519 key, and its public half as SSH writes it.
    pub(super) fn new(seed: &[u8; KEY_BYTES], ssh_public: Vec<u8>) -> Option<Self> {
        let hash = digest(&SHA512, seed);
        let scalar = PrivateKey::from_private_key(&X25519, hash.as_ref().get(..KEY_BYTES)?).ok()?;
        let public = scalar.compute_public_key().ok()?.as_ref().try_into().ok()?;
        let tweak = PrivateKey::from_private_key(&X25519, &hkdf(&ssh_public, LABEL, &[])).ok()?;
        Some(Self { scalar, public, tweak })
    }

    pub(super) fn unwrap_file_key(&self, stanza: &Stanza) -> Option<FileKey> {
        let [_, share] = stanza.args.as_slice() else {
            return None;
        };
        let share: [u8; KEY_BYTES] = BASE64_STANDARD_NO_PAD.decode(share).ok()?.try_into().ok()?;
        if stanza.body.len() != WRAPPED_BYTES {
            return None;
        }
        let shared = agree(&self.tweak, agree(&self.scalar, &share)?.as_slice())?;
        let key = Zeroizing::new(hkdf([share, self.public].as_flattened(), LABEL, shared.as_slice()));
        let unwrapped = aead_decrypt(&key, FILE_KEY_BYTES, &stanza.body).map(Zeroizing::new).ok()?;
        file_key(&unwrapped)
    }
}

/// `None` if the result is zero, which RFC 7748, section 6.1 tells to refuse.
fn agree(private: &PrivateKey, public: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    agreement::agree(private, UnparsedPublicKey::new(&X25519, public), (), |shared| {
        shared.try_into().map(Zeroizing::new).map_err(|_| ())
    })
    .ok()
}
