//! What is remembered of one object.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::WorkloadRef;
use sealbridge_engine::Recipe;
use sealbridge_manifest::SyncWindows;
use sealbridge_provider::generator::Lease;
use sealbridge_secret::Digest;

use super::Work;
use crate::generators::{Progress, StandsIn};
use crate::identity::{ObjectId, Owner};

/// A Secret as the API server last showed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Observed {
    /// Nothing was shown yet.
    #[default]
    Unknown,
    /// It is gone, or no longer marked as ours.
    Gone,
    /// It exists and is marked as ours.
    Present {
        /// Its uid.
        uid: Arc<str>,
        /// Its resourceVersion.
        resource_version: Arc<str>,
    },
}

/// A Secret of which we know that it is as we wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its uid.
    pub uid: Arc<str>,
    /// The resourceVersion at which it was so.
    pub resource_version: Arc<str>,
    /// The digest of what went into it, where known under the present digest key.
    pub inputs: Option<Digest>,
    /// The id that changes with its data.
    pub revision: Arc<str>,
}

/// An object that is not known any more, and of which credentials are held that end with its Secret.
#[derive(Debug)]
pub struct Departed {
    /// The object.
    pub owner: Owner,
    /// The Secret that goes with it.
    pub stands_in: StandsIn,
    /// What is given back once both are gone.
    pub leases: Vec<Arc<dyn Lease>>,
}

/// What is remembered of one object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its uid.
    pub uid: Arc<str>,
    /// The generation that the rest was made from.
    pub generation: i64,
    /// The refresh annotations as they were when last acted upon.
    pub refresh_request: Option<Arc<str>>,
    /// How often its sources are read; zero is once.
    pub interval: Duration,
    /// When they are, by the clock.
    pub windows: Option<Arc<SyncWindows>>,
    /// What decides whether anything changed.
    pub recipe: Arc<Recipe>,
    /// The digest of templates that stand in other objects, as they were last rendered.
    pub templates: Option<Digest>,
    /// Its generators; few objects have any.
    pub generators: Option<Box<Progress>>,
    /// Its Secret's name.
    pub target: Arc<str>,
    /// Ids of keys that its sealed values claim to be for.
    pub claimed_keys: Box<[Arc<str>]>,
    /// Whether it has documents that bind no target.
    pub has_documents: bool,
    /// Ids of keys that opened its sealed values.
    pub opened_with: Box<[Arc<str>]>,
    /// Workloads that follow its Secret.
    pub rollout: Box<[WorkloadRef]>,
    /// The revision that the workloads were last told.
    pub rolled_out: Option<Arc<str>>,
    /// Its Secret, while known to be as written.
    pub proven: Option<Proven>,
    /// Its Secret as the API server last showed it.
    pub observed: Observed,
    /// The state of its Secret for which work was last begun: it asks for none again, whatever came of it.
    pub attended: Observed,
    /// Why it is not ready, where it is not.
    pub failure: Option<Reason>,
    /// How many times in a row it failed in a way that is tried again soon.
    pub attempts: u32,
    /// What it needs.
    pub work: Work,
    /// Whether somebody works on it.
    pub busy: bool,
}

impl Object {
    /// Whether the Secret is another one than the proven one. A Secret of which nothing is proven is made
    /// by other work.
    #[must_use]
    pub fn secret_was_touched(&self) -> bool {
        let Some(proven) = &self.proven else { return false };
        if self.observed == self.attended {
            return false;
        }
        match &self.observed {
            Observed::Unknown => false,
            Observed::Gone => true,
            Observed::Present { uid, resource_version } => {
                proven.uid != *uid
                    || (proven.resource_version != *resource_version && !is_older(resource_version, &proven.resource_version))
            }
        }
    }

    /// Whether what is told of it may be another thing under the present keys: no key opened a sealed value, or
    /// one did that is not held for its namespace any more, or none opens its documents there any more.
    #[must_use]
    pub fn is_touched_by_keys(&self, is_held: impl Fn(&str) -> bool, opens_documents: impl Fn(&str) -> bool) -> bool {
        let stayed_closed = matches!(self.failure, Some(Reason::NoKey | Reason::SealedInvalid));
        !self.claimed_keys.is_empty()
            && (stayed_closed
                || !self.opened_with.iter().all(|key| is_held(key))
                || (self.has_documents && !self.opened_with.iter().any(|key| opens_documents(key))))
    }

    /// What is left to be done once the object is gone.
    pub(super) fn departed(&mut self, id: &ObjectId) -> Option<Departed> {
        let Progress { held, unwritten, .. } = *self.generators.take()?;
        let (stands_in, leases) = held.estate(&unwritten)?;
        Some(Departed { owner: Owner { id: id.clone(), uid: Arc::clone(&self.uid) }, stands_in, leases })
    }

    /// Keeps what an earlier entry of the same object knew of the world outside its spec.
    pub(super) fn take_over(&mut self, old: Self) {
        self.work |= old.work;
        self.busy = old.busy;
        if self.uid == old.uid && old.generators.is_some() {
            // Also over an edit that cannot be acted upon, which must not make anything anew once it is mended.
            self.generators = old.generators.map(|progress| Box::new(Progress { digest: None, ..*progress }));
        }
        if self.uid == old.uid && self.target == old.target {
            self.observed = old.observed;
            self.attended = old.attended;
            self.proven = old.proven.or(self.proven.take());
            self.rolled_out = old.rolled_out.or(self.rolled_out.take());
            self.opened_with = old.opened_with;
            self.failure = old.failure;
            self.attempts = old.attempts;
        }
    }
}

/// Whether `version` certainly came before `other`: a watch can show a state from before our own write.
/// Versions that are no decimal numbers are never called older.
fn is_older(version: &str, other: &str) -> bool {
    matches!((version.parse::<u128>(), other.parse::<u128>()), (Ok(version), Ok(other)) if version < other)
}
