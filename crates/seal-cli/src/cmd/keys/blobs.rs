//! Sealed texts of files of commits, each file read once whatever number of commits and paths it has.
//!
//! Must never: keep the content of a file.

use std::collections::HashMap;
use std::sync::Arc;

use sealbridge_seal::KeyId;

use crate::error::Error;
use crate::git::{Objects, Repository};
use crate::sealed_uses::{self, SealedUse};

/// What was found in files, by their ids.
pub(super) struct Blobs {
    objects: Objects,
    only: Option<KeyId>,
    known: HashMap<String, Arc<[SealedUse]>>,
}

impl Blobs {
    /// Nothing is read yet. With `only`, texts that name another key are left out.
    pub(super) fn of(repository: &Repository, only: Option<KeyId>) -> Result<Self, Error> {
        Ok(Self { objects: Objects::of(repository)?, only, known: HashMap::new() })
    }

    /// The sealed texts of a file.
    pub(super) fn uses(&mut self, id: &str) -> Result<Arc<[SealedUse]>, Error> {
        if let Some(known) = self.known.get(id) {
            return Ok(Arc::clone(known));
        }
        let bytes = self.objects.blob(id)?.unwrap_or_default();
        let found: Arc<[SealedUse]> = sealed_uses::of(&bytes, self.only).into();
        self.known.insert(id.to_owned(), Arc::clone(&found));
        Ok(found)
    }
}
