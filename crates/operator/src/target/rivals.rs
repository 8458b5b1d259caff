//! Whether an object that a Secret names still exists.
//!
//! Owns: the one question to the API server behind a guard's refusal, so that what a deleted object left does
//! not stand in the way for ever.
//! Must never: judge a Secret itself.

use super::TargetError;
use super::guard::Gone;
use super::requests::Secrets;
use crate::identity::read_holder;
use crate::object_name::is_object_name;

/// What was learned about other objects while one Secret is written.
pub(super) struct Rivals<'a> {
    secrets: Secrets<'a>,
    gone: Gone,
}

impl<'a> Rivals<'a> {
    pub(super) fn new(secrets: Secrets<'a>) -> Self {
        Self { secrets, gone: Gone::default() }
    }

    /// Asks `guard` again for each object in the way that turns out not to exist.
    pub(super) async fn judge<T>(&mut self, guard: impl Fn(&Gone) -> Result<T, TargetError>) -> Result<T, TargetError> {
        loop {
            let refusal = match guard(&self.gone) {
                Ok(passed) => return Ok(passed),
                Err(refusal) => refusal,
            };
            let Some((name, uid)) = refusal.rival() else { return Err(refusal) };
            if self.exists(name, uid).await? {
                return Err(refusal);
            }
            self.gone.add(name, uid);
        }
    }

    /// Whether the object exists, with this uid where one is known.
    async fn exists(&self, name: &str, uid: Option<&str>) -> Result<bool, TargetError> {
        let (kind, name) = read_holder(name);
        if !is_object_name(name) {
            return Ok(false);
        }
        let objects = kind.api(self.secrets.client.clone(), Some(self.secrets.namespace));
        let found = objects.get_metadata_opt(name).await.map_err(|_| TargetError::ClusterUnavailable)?;
        Ok(found.is_some_and(|found| uid.is_none_or(|uid| found.metadata.uid.as_deref() == Some(uid))))
    }
}
