//! MLKEM768-X25519 (draft-ietf-hpke-pq; the same construction as X-Wing): ML-KEM-768 (FIPS 203) and X25519 whose
//! results are hashed together.
//!
//! Owns keys, encapsulation and decapsulation. Must never accept a public key that is not reduced, nor an
//! agreement on zero.

use ml_kem::array::Array;
use ml_kem::kem::{Decapsulate, DecapsulationKey, EncapsulationKey};
use ml_kem::{B32, EncapsulateDeterministic, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use zeroize::Zeroizing;

use crate::key_text::KEY_BYTES;
use crate::stanza::x25519;

/// From which both private halves are derived, in bytes.
pub(crate) const SEED_BYTES: usize = 32;
/// An ML-KEM-768 encapsulation key and an X25519 public key, in bytes.
pub(crate) const PUBLIC_KEY_BYTES: usize = LATTICE_KEY_BYTES + KEY_BYTES;
/// An ML-KEM-768 ciphertext and an ephemeral X25519 public key, in bytes.
pub(super) const ENCAPSULATED_BYTES: usize = CIPHERTEXT_BYTES + KEY_BYTES;

const LATTICE_KEY_BYTES: usize = 1184;
const CIPHERTEXT_BYTES: usize = 1088;
/// Hashed last, so that no other use of the same results gives the same key.
const LABEL: &[u8; 6] = br"\.//^\";

/// What both sides know in the end.
pub(super) type Shared = Zeroizing<[u8; 32]>;

/// The public half, checked.
#[derive(Clone)]
pub(crate) struct PublicKey {
    lattice: EncapsulationKey<MlKem768Params>,
    curve: x25519::PublicKey,
    bytes: Box<[u8; PUBLIC_KEY_BYTES]>,
}

impl PublicKey {
    /// `None` if a coefficient is not reduced (FIPS 203, section 7.2) or the point is of low order.
    pub(crate) fn from_bytes(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Option<Self> {
        let (lattice_bytes, curve) = bytes.split_first_chunk::<LATTICE_KEY_BYTES>()?;
        let lattice_bytes = Array::from(*lattice_bytes);
        let lattice = EncapsulationKey::<MlKem768Params>::from_bytes(&lattice_bytes);
        // Reading reduces without a word; only a key that is written back the same was reduced.
        if lattice.as_bytes() != lattice_bytes {
            return None;
        }
        let curve = x25519::PublicKey::from_bytes(curve.try_into().ok()?)?;
        Some(Self { lattice, curve, bytes: Box::new(*bytes) })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.bytes
    }

    /// A fresh shared key, and what tells it to the holder of the private half. `None` without randomness.
    pub(super) fn encapsulate(&self) -> Option<([u8; ENCAPSULATED_BYTES], Shared)> {
        let mut random = Zeroizing::new([0; 2 * KEY_BYTES]);
        getrandom::fill(random.as_mut_slice()).ok()?;
        self.encapsulate_with(&random)
    }

    /// From 32 bytes for ML-KEM and 32 bytes for the ephemeral X25519 key.
    fn encapsulate_with(&self, random: &[u8; 2 * KEY_BYTES]) -> Option<([u8; ENCAPSULATED_BYTES], Shared)> {
        let (message, scalar) = random.split_first_chunk::<KEY_BYTES>()?;
        let message = Zeroizing::new(*message);
        let (ciphertext, lattice_shared) = self.lattice.encapsulate_deterministic(&B32::from(*message)).ok()?;
        let lattice_shared = Zeroizing::new(<[u8; 32]>::from(lattice_shared));
        let ephemeral = x25519::SecretKey::from_bytes(scalar.try_into().ok()?)?;
        let share = *ephemeral.public().as_bytes();
        let shared = ephemeral
            .agree(self.curve.as_bytes(), |curve_shared| combine(&lattice_shared, curve_shared, &share, self.curve.as_bytes()))?;
        let mut encapsulated = [0; ENCAPSULATED_BYTES];
        encapsulated.iter_mut().zip(ciphertext.iter().chain(&share)).for_each(|(to, from)| *to = *from);
        Some((encapsulated, shared))
    }
}

/// The private half, with what every decapsulation needs at hand. ML-KEM's part wipes itself, AWS-LC wipes what it
/// frees.
pub(super) struct SecretKey {
    lattice: DecapsulationKey<MlKem768Params>,
    curve: x25519::SecretKey,
    public: PublicKey,
}

impl SecretKey {
    pub(super) fn from_seed(seed: &[u8; SEED_BYTES]) -> Option<Self> {
        let mut expanded = Zeroizing::new([0; 3 * KEY_BYTES]);
        Shake256::default().chain(seed).finalize_xof().read(expanded.as_mut_slice());
        let (d, rest) = expanded.split_first_chunk::<KEY_BYTES>()?;
        let (z, scalar) = rest.split_first_chunk::<KEY_BYTES>()?;
        let (lattice, lattice_public) = MlKem768::generate_deterministic(&B32::from(*d), &B32::from(*z));
        let curve = x25519::SecretKey::from_bytes(scalar.try_into().ok()?)?;
        let mut bytes = Box::new([0; PUBLIC_KEY_BYTES]);
        let both = lattice_public.as_bytes();
        bytes.iter_mut().zip(both.iter().chain(curve.public().as_bytes())).for_each(|(to, from)| *to = *from);
        let public = PublicKey { lattice: lattice_public, curve: curve.public(), bytes };
        Some(Self { lattice, curve, public })
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The shared key, another one if it was encapsulated for somebody else, or `None` if the ephemeral key agrees on
    /// zero.
    pub(super) fn decapsulate(&self, encapsulated: &[u8; ENCAPSULATED_BYTES]) -> Option<Shared> {
        let (ciphertext, share) = encapsulated.split_first_chunk::<CIPHERTEXT_BYTES>()?;
        let share: [u8; KEY_BYTES] = share.try_into().ok()?;
        let lattice_shared = self.lattice.decapsulate(&Array::from(*ciphertext)).ok()?;
        let lattice_shared = Zeroizing::new(<[u8; 32]>::from(lattice_shared));
        self.curve.agree(&share, |curve_shared| combine(&lattice_shared, curve_shared, &share, self.public.curve.as_bytes()))
    }
}

fn combine(lattice: &[u8; 32], curve: &[u8], share: &[u8; KEY_BYTES], recipient: &[u8; KEY_BYTES]) -> Shared {
    let hash = Sha3_256::new().chain_update(lattice).chain_update(curve).chain_update(share).chain_update(recipient);
    Zeroizing::new(hash.chain_update(LABEL).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_and_others_do_not() {
        let [ours, other] = [[1; 32], [2; 32]].map(|seed| SecretKey::from_seed(&seed).unwrap());
        let (encapsulated, shared) = ours.public().encapsulate().unwrap();
        assert_eq!(*ours.decapsulate(&encapsulated).unwrap(), *shared);
        assert_ne!(*other.decapsulate(&encapsulated).unwrap(), *shared);
    }

    #[test]
    fn a_public_key_is_read_back_and_one_that_is_not_reduced_is_refused() {
        let key = SecretKey::from_seed(&[3; 32]).unwrap();
        let mut bytes = *key.public().as_bytes();
        assert_eq!(PublicKey::from_bytes(&bytes).unwrap().as_bytes(), &bytes);
        // Twelve bits of ones are 4095, more than the modulus 3329.
        bytes[0] = 0xff;
        bytes[1] |= 0x0f;
        assert!(PublicKey::from_bytes(&bytes).is_none());
    }

    #[test]
    fn low_order_points_are_refused_on_both_sides() {
        let key = SecretKey::from_seed(&[4; 32]).unwrap();
        let mut public = *key.public().as_bytes();
        public[LATTICE_KEY_BYTES..].fill(0);
        assert!(PublicKey::from_bytes(&public).is_none());
        let (mut encapsulated, _) = key.public().encapsulate().unwrap();
        encapsulated[CIPHERTEXT_BYTES..].fill(0);
        assert!(key.decapsulate(&encapsulated).is_none());
    }
}
