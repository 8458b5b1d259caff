//! The one place where Secrets are written, and objects of other kinds in their place.
//!
//! ```text
//!   desired ─▶ guard (is it ours, or adopted by name?) ─▶ one request, bound to the state that was judged
//!                 exclusive: Owner, Orphan   POST, or a JSON Patch of the whole data
//!                 merge:     Merge, CreateOrMerge   server-side apply of the object's own entries
//! ```
//!
//! `shape` says how an object of another kind differs: its values are leaves of a tree and its requests replace fields.
//!
//! Owns: every request about a target Secret, and the marks that are left on it.
//! Must never: write a Secret that is not ours, write one in two steps or for an operator that may not lead any more,
//! or keep a value after the call.

mod body;
mod error;
mod exclusive;
mod guard;
mod inspect;
mod invited;
mod kept;
mod kinds;
mod live;
mod merge;
mod metadata;
mod requests;
mod rivals;
#[cfg(test)]
mod samples;
mod shape;
mod stamp;

use std::sync::Arc;

use kube::Client;
use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::{DesiredSecret, written_digest};
use sealbridge_manifest::{TargetKind, TargetPlan, Unowned};
use sealbridge_secret::{Digest, DigestKey, SecretMap};

pub use error::{Holder, Retry, TargetError};
pub use kept::Left;
pub use kinds::{Kinds, Resource, ensure_kind_gives_no_rights};
pub use stamp::{NotAStamp, Stamp, StampNames};

use crate::identity::Owner;
use crate::lease::Leadership;
use exclusive::Exclusive;
use live::LiveMeta;
use merge::Merge;
use requests::{Attempt, Secrets, Version};
use stamp::new_revision;

/// The field manager of all writes to Secrets that an object holds whole.
pub const FIELD_MANAGER: &str = "sealbridge";
/// The field manager of an object that merges; its uid follows. No other request uses it.
pub const MERGE_MANAGER_PREFIX: &str = "sealbridge/";

/// How often a Secret that changes between look and write is looked at again.
const LOOKS: usize = 5;

/// Writes Secrets. Cheap to clone.
#[derive(Clone)]
pub struct Targets {
    client: Client,
    leadership: Leadership,
    kinds: Arc<Kinds>,
}

/// What the digests on a Secret are made of.
#[derive(Clone, Debug)]
pub struct Digests {
    /// The operator's digest key.
    pub key: Arc<DigestKey>,
    /// The digest of everything that goes into the Secret.
    pub inputs: Digest,
    /// The last write that the caller knows of. Its revision stays while the inputs stay, even if the Secret was
    /// deleted meanwhile, so that no workload is restarted for nothing.
    pub last: Option<LastWrite>,
}

/// A write that the caller remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWrite {
    /// The digest of everything that went into the Secret.
    pub inputs: Digest,
    /// The revision that the Secret had after it.
    pub revision: String,
}

impl Digests {
    fn known_revision(&self) -> Option<String> {
        self.last.as_ref().filter(|last| last.inputs == self.inputs).map(|last| last.revision.clone())
    }

    /// What a Secret is stamped with that holds what is desired.
    fn stamp(&self, owner: &Owner, plan: &TargetPlan, desired: &DesiredSecret) -> Stamp {
        let data = desired.data.iter().map(|(name, value)| (name, value.expose()));
        let written = written_digest(&self.key, &owner.uid, &plan.id(), data);
        Stamp { key: self.key.id(), inputs: self.inputs, written }
    }

    /// The revision of a live Secret that is to carry `stamp`: the one that it has, if the data is what the owner wrote
    /// before, whatever was done to it since; else a new one.
    fn revision(&self, names: &StampNames, live: &LiveMeta, stamp: &Stamp, data_differs: bool) -> Result<String, TargetError> {
        if let Some(revision) = self.known_revision() {
            return Ok(revision);
        }
        let (before, revision) = names.read(&live.annotations);
        let same = match before {
            Some(before) if before.key == stamp.key => before.written == stamp.written,
            _ => !data_differs,
        };
        revision.filter(|_| same).map_or_else(new_revision, Ok)
    }
}

/// Whether a Secret is expected to be there: it decides which request is tried first, never what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Creation is tried first.
    LikelyAbsent,
    /// A look is taken first.
    LikelyPresent,
}

/// A state of a Secret that is as desired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The Secret's uid.
    pub uid: String,
    /// Its resourceVersion in this state.
    pub resource_version: String,
    /// The random id that changes exactly when the data changes, 16 hex digits.
    pub revision: String,
    /// The digest of the data, with `Merge` of the object's own entries.
    pub written: Digest,
}

impl Written {
    fn at(version: Version, revision: String, written: Digest) -> Self {
        Self { uid: version.uid, resource_version: version.resource_version, revision, written }
    }
}

/// What [`Targets::apply`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The Secret was made.
    Created(Written),
    /// The Secret was changed.
    Updated {
        /// Its state after that.
        written: Written,
        /// Whether its data was not the desired data before. A repaired edit changes data but not the revision.
        data_changed: bool,
        /// Entries that were there and are not any more.
        removed_keys: Vec<String>,
    },
    /// The Secret was as desired; nothing was written.
    Unchanged(Written),
    /// `Merge`, and nobody has made the Secret, or `None`; nothing was written.
    Missing,
}

/// What [`Targets::inspect`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// All that is ours is as it was written; the state has the present resourceVersion.
    Untouched(Written),
    /// Something that is ours is not as it was written.
    Touched {
        /// The field manager of the last foreign write, to say who; never a proof.
        by: Option<String>,
        /// What differs: the name of a field.
        what: &'static str,
    },
    /// There is no Secret.
    Gone,
    /// The digests are of a key that is not at hand. The state has the digest of the data as found, under the
    /// present key. Applying the desired Secret writes new digests and keeps the revision if the data is equal.
    UnknownDigestKey(Written),
}

/// What [`Targets::delete`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The Secret was deleted.
    Deleted,
    /// There was none.
    Absent,
}

impl Targets {
    /// Writes Secrets and objects of `kinds` through `client`, while the operator leads.
    #[must_use]
    pub fn new(client: Client, leadership: Leadership, kinds: Arc<Kinds>) -> Self {
        Self { client, leadership, kinds }
    }

    /// Makes the Secret as desired, in one request that either happens whole or not at all. (Two exceptions,
    /// each safe by itself: an object that held the Secret whole and is told to merge lets go of it first; what
    /// an earlier object of the same name merged is removed after.)
    ///
    /// # Errors
    /// [`TargetError`]; the Secret is then as it was, except after [`TargetError::ClusterUnavailable`], when it
    /// is either as it was or as desired.
    pub async fn apply(
        &self,
        owner: &Owner,
        plan: &TargetPlan,
        desired: &DesiredSecret,
        digests: &Digests,
        presence: Presence,
    ) -> Result<Applied, TargetError> {
        let other = self.resource(plan.manifest.as_ref()).await?;
        let secrets = self.secrets_of(owner, other.as_deref());
        let invitation = if plan.unowned == Unowned::OpensItself { secrets.get_metadata(&plan.name).await? } else { None };
        let plan = &*invited::plan_for(owner, plan, invitation.as_ref());
        match plan.creation_policy {
            CreationPolicy::Owner | CreationPolicy::Orphan => {
                Exclusive { secrets, owner, plan, desired, digests }.apply(presence).await
            }
            CreationPolicy::Merge | CreationPolicy::CreateOrMerge => Merge { secrets, owner, plan, desired, digests }.apply().await,
            CreationPolicy::None => Ok(Applied::Missing),
        }
    }

    /// Reads the Secret once and says whether it still is what was written: data by digest, owner reference,
    /// our labels and annotations, type, immutability.
    ///
    /// # Errors
    /// [`TargetError`] if the Secret cannot be read.
    pub async fn inspect(&self, owner: &Owner, plan: &TargetPlan, key: &DigestKey) -> Result<Inspection, TargetError> {
        let other = self.resource(plan.manifest.as_ref()).await?;
        let live = self.secrets_of(owner, other.as_deref()).get(&plan.name).await?;
        Ok(live.map_or(Inspection::Gone, |live| {
            inspect::inspect(owner, &invited::plan_for(owner, plan, Some(&live.meta)), key, &live)
        }))
    }

    /// The entries that the owner wrote for exactly these inputs, if the Secret still has them as they were written.
    ///
    /// # Errors
    /// [`TargetError`] if the Secret cannot be read.
    pub async fn kept(
        &self,
        owner: &Owner,
        plan: &TargetPlan,
        key: &DigestKey,
        inputs: Digest,
    ) -> Result<Option<SecretMap>, TargetError> {
        let other = self.resource(plan.manifest.as_ref()).await?;
        let live = self.secrets_of(owner, other.as_deref()).get(&plan.name).await?;
        Ok(live.and_then(|live| kept::of(owner, plan, key, inputs, live)))
    }

    /// What the Secret has left of the owner's earlier writes; `None` if there is no Secret. `record` is the name of an
    /// annotation to look up beside the data.
    ///
    /// # Errors
    /// [`TargetError`] if the Secret cannot be read.
    pub async fn left(
        &self,
        owner: &Owner,
        plan: &TargetPlan,
        key: &DigestKey,
        inputs: Digest,
        record: &str,
    ) -> Result<Option<Left>, TargetError> {
        let other = self.resource(plan.manifest.as_ref()).await?;
        let live = self.secrets_of(owner, other.as_deref()).get(&plan.name).await?;
        Ok(live.map(|live| kept::left(owner, plan, key, inputs, record, live)))
    }

    /// The uid of whatever has the name of a target; `None` if nothing has.
    ///
    /// # Errors
    /// [`TargetError`] if that cannot be told.
    pub async fn uid_of(&self, owner: &Owner, kind: Option<&TargetKind>, target: &str) -> Result<Option<String>, TargetError> {
        let other = self.resource(kind).await?;
        Ok(self.secrets_of(owner, other.as_deref()).get_metadata(target).await?.map(|live| live.uid))
    }

    /// Deletes the owner's Secret, and only in the state in which it was seen to be the owner's.
    ///
    /// # Errors
    /// [`TargetError::NotOwned`] if it is not the owner's any more.
    pub async fn delete(&self, owner: &Owner, kind: Option<&TargetKind>, target: &str) -> Result<Deleted, TargetError> {
        let other = self.resource(kind).await?;
        let secrets = self.secrets_of(owner, other.as_deref());
        let id = kind.map_or_else(|| target.to_owned(), |kind| kind.id(target));
        for _ in 0..LOOKS {
            let Some(live) = secrets.get_metadata(target).await? else { return Ok(Deleted::Absent) };
            guard::ensure_secret_is_held_whole(owner, &id, &live)?;
            let version = Version { uid: live.uid, resource_version: live.resource_version };
            if let Attempt::Done(_) = secrets.delete(target, &version).await? {
                return Ok(Deleted::Deleted);
            }
        }
        Err(TargetError::Contended { secret: id })
    }

    /// The kinds beside Secrets.
    #[must_use]
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    async fn resource(&self, kind: Option<&TargetKind>) -> Result<Option<Arc<Resource>>, TargetError> {
        match kind {
            Some(kind) => self.kinds.resource(kind).await.map(Some),
            None => Ok(None),
        }
    }

    fn secrets_of<'a>(&'a self, owner: &'a Owner, other: Option<&'a Resource>) -> Secrets<'a> {
        Secrets { client: &self.client, namespace: &owner.id.namespace, leadership: &self.leadership, other }
    }
}
