//! The private keys that were named, for whoever wants to know whether what is sealed opens where it stands.
//!
//! Must never: look for a key that was not named, or hold what was opened.

use std::sync::{Mutex, PoisonError};

use sealbridge_seal::KeyRing;
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_sops::{Encrypted, SopsError};

use crate::error::Error;
use crate::identities::{self, IdentityArgs, SopsKeys};
use crate::recovery_keys::{self, RecoveryArgs};

/// All kinds of keys.
pub(crate) struct Opening {
    /// For sealed values.
    pub(super) ring: KeyRing,
    /// For SealedSecrets.
    pub(super) recovery: sealed_secrets::KeyRing,
    /// For SOPS documents, one at a time: a plugin may ask its person.
    sops: Option<Mutex<SopsKeys>>,
}

impl Opening {
    /// Those that are named; `None` if none is.
    pub(crate) fn named(identities: &IdentityArgs, recovery: &RecoveryArgs) -> Result<Option<Self>, Error> {
        let recovery = recovery_keys::load(recovery)?;
        let sops = match identities.identities.as_slice() {
            [] => None,
            _ => Some(identities::load_for_sops(identities, &[])?),
        };
        if sops.is_none() && recovery.is_empty() {
            return Ok(None);
        }
        let ring = sops.as_ref().map(|keys| keys.ring().clone()).unwrap_or_default();
        Ok(Some(Self { ring, recovery, sops: sops.map(Mutex::new) }))
    }

    /// Why a SOPS document does not open, its MAC included. One that is sealed to other keys is not judged.
    pub(super) fn problem_of(&self, document: Encrypted) -> Option<SopsError> {
        let keys = self.sops.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        match document.open(&*keys) {
            Ok(_) | Err(SopsError::NoKey { .. }) => None,
            Err(problem) => Some(problem),
        }
    }
}
