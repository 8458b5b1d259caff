//! Values of SealedSecrets in the history that RSA private keys open.

use std::path::Path;
use std::sync::Arc;

use sealbridge_seal::Date;

use super::walk::Find;
use crate::cmd::keys::trial::Trial;
use crate::error::Error;
use crate::git::{Objects, Repository};
use crate::sealed_uses::SealedUse;

/// Tries each value of each version of a file once.
pub(super) struct Opened<'a> {
    repository: &'a Repository,
    objects: Objects,
    pub(super) trial: Trial<'a>,
}

impl<'a> Opened<'a> {
    /// Nothing is tried yet.
    pub(super) fn of(repository: &'a Repository, trial: Trial<'a>) -> Result<Self, Error> {
        Ok(Self { repository, objects: Objects::of(repository)?, trial })
    }
}

impl Find for Opened<'_> {
    fn uses(&mut self, path: &Path, id: &str) -> Result<Arc<[SealedUse]>, Error> {
        let bytes = self.objects.blob(id)?.unwrap_or_default();
        let values = self.trial.values(&self.repository.shown(path), &bytes);
        let opened = values.into_iter().filter(|value| value.opened_by.is_some());
        let uses = opened.map(|value| SealedUse {
            secret: value.secret,
            key: value.key,
            in_text: false,
            key_ids: Vec::new(),
            sealed_on: Date::MIN,
            text: value.text,
        });
        Ok(uses.collect())
    }
}
