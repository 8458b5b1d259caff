//! The private keys at hand, and the one way to open a value with them.
//!
//! Owns which key is tried first and what is compared after opening. Must never hand out a value before the
//! header inside was compared with the text outside and with the place where the value is used.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use jiff::civil::Date;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::age_file;
use crate::error::{OpenError, ResealError};
use crate::format::SealedValue;
use crate::header::Header;
use crate::identity::Identity;
use crate::key_id::KeyId;
use crate::limits::MAX_VALUE_BYTES;
use crate::recipient_set::RecipientSet;
use crate::scope::Scope;
use crate::sealing::seal_bound;
use crate::target::{KnownPlace, Target};

/// Any number of identities. A clone and a part share the keys of the whole.
#[derive(Clone, Default)]
pub struct KeyRing(BTreeMap<KeyId, Arc<Identity>>);

/// A value that was opened for the place it is sealed for.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The raw bytes.
    pub value: SecretBytes,
    /// The key that opened the value, whatever its text claims.
    pub key_id: KeyId,
    /// The authenticated scope.
    pub scope: Scope,
    /// The authenticated day of sealing.
    pub sealed_on: Date,
}

impl KeyRing {
    /// Collects identities; one that is given twice is taken once.
    pub fn new(identities: impl IntoIterator<Item = Identity>) -> Self {
        Self(identities.into_iter().map(|identity| (identity.id(), Arc::new(identity))).collect())
    }

    /// The part of the ring that may open values for one namespace: the keys for which `allowed` says yes.
    #[must_use]
    pub fn for_namespace(&self, allowed: impl Fn(&KeyId) -> bool) -> Self {
        let held = self.0.iter().filter(|(id, _)| allowed(id));
        Self(held.map(|(id, identity)| (*id, Arc::clone(identity))).collect())
    }

    /// One ring of the keys of several, which share them.
    #[must_use]
    pub fn joined<'a>(rings: impl IntoIterator<Item = &'a Self>) -> Self {
        let keys = rings.into_iter().flat_map(|ring| &ring.0);
        Self(keys.map(|(id, identity)| (*id, Arc::clone(identity))).collect())
    }

    /// The ids of the keys, ascending.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.keys().copied()
    }

    /// The identity with this id.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&Identity> {
        self.0.get(id).map(Arc::as_ref)
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Opens one binary age file that is no sealed value, such as the data key of a SOPS document, and says
    /// which key opened it; `None` if no key of the ring does.
    ///
    /// Such a file binds no target: whoever calls this decides where its content may be used.
    ///
    /// # Errors
    /// [`OpenError`] for a file that is damaged, too large or wants a passphrase.
    pub fn decrypt_file(&self, file: &[u8]) -> Result<Option<(SecretBytes, KeyId)>, OpenError> {
        let attempt = Attempt { ring: self, hints: &[], opened_by: Cell::new(None) };
        let plaintext = age_file::decrypt(file, &attempt)?;
        Ok(plaintext.map(SecretBytes::from).zip(attempt.opened_by.get()))
    }

    /// Reads a sealed value and opens it for `target`; see [`KeyRing::open_sealed`].
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, text: &str, target: &Target<'_>) -> Result<Opened, OpenError> {
        self.open_sealed(&SealedValue::parse(text).map_err(OpenError::Format)?, target)
    }

    /// Opens a sealed value for the place where it is about to be used.
    ///
    /// The keys that the text names are tried first, then all others. `target` must be the object that is
    /// being written, never what stands beside the sealed text.
    ///
    /// # Errors
    /// [`OpenError`]; the value is not handed out in part.
    pub fn open_sealed(&self, sealed: &SealedValue<'_>, target: &Target<'_>) -> Result<Opened, OpenError> {
        let mut unlocked = self.unlock(sealed, &KnownPlace::from(*target))?;
        // Moves the value to the front of the same allocation; what stays behind it is wiped with it.
        unlocked.plaintext.drain(..unlocked.value_start);
        Ok(Opened {
            value: SecretBytes::from(unlocked.plaintext),
            key_id: unlocked.key_id,
            scope: unlocked.header.bound.scope(),
            sealed_on: unlocked.header.sealed_on,
        })
    }

    /// Opens a sealed value and seals it to other recipients: for the same place, with the same scope and the
    /// day on which it was sealed, since the value is no younger for it.
    ///
    /// # Errors
    /// [`ResealError`] if the value does not open, stands at another place than it is sealed for, as far as its
    /// place is known, or cannot be sealed.
    pub fn reseal(&self, text: &str, place: &KnownPlace<'_>, recipients: &RecipientSet) -> Result<String, ResealError> {
        let sealed = SealedValue::parse(text).map_err(OpenError::Format)?;
        let unlocked = self.unlock(&sealed, place)?;
        let value = unlocked.plaintext.get(unlocked.value_start..).unwrap_or_default();
        Ok(seal_bound(value, unlocked.header.bound, recipients, unlocked.header.sealed_on)?)
    }

    fn unlock(&self, sealed: &SealedValue<'_>, place: &KnownPlace<'_>) -> Result<Unlocked, OpenError> {
        let file = sealed.decode_file().map_err(OpenError::Format)?;
        let attempt = Attempt { ring: self, hints: sealed.key_ids(), opened_by: Cell::new(None) };
        let plaintext = age_file::decrypt(&file, &attempt)?;
        let (Some(plaintext), Some(key_id)) = (plaintext, attempt.opened_by.get()) else {
            return Err(OpenError::NoKey { wanted: sealed.key_ids().to_vec(), held: self.ids().collect() });
        };
        let (header, value_start) = Header::split_from(&plaintext)?;
        ensure_outside_is_what_was_sealed(sealed, &header)?;
        ensure_sealed_for(&header, place)?;
        if plaintext.len() - value_start > MAX_VALUE_BYTES {
            return Err(OpenError::TooLarge);
        }
        Ok(Unlocked { plaintext, value_start, header, key_id })
    }
}

/// A plaintext whose header was compared with its text and its place.
struct Unlocked {
    plaintext: Zeroizing<Vec<u8>>,
    value_start: usize,
    header: Header,
    key_id: KeyId,
}

/// Refuses a value whose text was edited.
///
/// Without this check a keyless judgement (`verify`, a review, the index of key ids) could be made to see
/// another scope, date, target or key than the value has.
fn ensure_outside_is_what_was_sealed(sealed: &SealedValue<'_>, header: &Header) -> Result<(), OpenError> {
    match header.claims().difference(sealed.claims()) {
        Some(field) => Err(OpenError::OuterDiffersFromHeader { field }),
        None => Ok(()),
    }
}

/// Refuses a value that was copied from another place; see [`crate::binding::Bound::difference`].
fn ensure_sealed_for(header: &Header, place: &KnownPlace<'_>) -> Result<(), OpenError> {
    match header.bound.difference(place) {
        Some((part, sealed_for)) => Err(OpenError::SealedForOther { part, sealed_for, used_for: place.part(part).to_owned() }),
        None => Ok(()),
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One try to open one file with all keys of a ring, the named ones first.
struct Attempt<'a> {
    ring: &'a KeyRing,
    hints: &'a [KeyId],
    opened_by: Cell<Option<KeyId>>,
}

impl Attempt<'_> {
    /// All keys, each with the position at which its stanza is expected: recipients are written in the
    /// order of their ids.
    fn candidates(&self) -> impl Iterator<Item = (&Identity, usize)> {
        let named = self.hints.iter().zip(0..).filter_map(|(id, position)| Some((self.ring.get(id)?, position)));
        let others = self.ring.0.iter().filter(|(id, _)| self.hints.binary_search(id).is_err());
        named.chain(others.map(|(_, identity)| (identity.as_ref(), 0)))
    }
}

impl age::Identity for Attempt<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        self.candidates().find_map(|(identity, position)| {
            let file_key = identity.unwrap_stanza_near(stanzas, position)?;
            self.opened_by.set(Some(identity.id()));
            Some(file_key)
        })
    }
}

#[cfg(test)]
mod tests;
