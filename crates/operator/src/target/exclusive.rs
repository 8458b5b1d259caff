//! Secrets that an object holds whole: `Owner` and `Orphan`.
//!
//! Owns: creation by one POST, change by one JSON Patch that is bound to the state that was judged, so that
//! neither a foreign write nor a paused former leader can come between.
//! Must never: delete a Secret to make it anew, or write one that the guard did not pass.

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::TargetPlan;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::guard::{
    Claim, ensure_existing_target_is_not_foreign, ensure_live_secret_can_be_changed, ensure_type_issues_no_credentials,
};
use super::live::{LiveMeta, LiveSecret};
use super::metadata::{self, Metadata};
use super::requests::{Attempt, Secrets, Version};
use super::rivals::Rivals;
use super::stamp::{Stamp, StampNames, new_revision};
use super::{Applied, Digests, LOOKS, Presence, TargetError, Written, body, shape};
use crate::identity::Owner;

/// One Secret that is to be as desired.
pub(super) struct Exclusive<'a> {
    pub(super) secrets: Secrets<'a>,
    pub(super) owner: &'a Owner,
    pub(super) plan: &'a TargetPlan,
    pub(super) desired: &'a DesiredSecret,
    pub(super) digests: &'a Digests,
}

impl Exclusive<'_> {
    pub(super) async fn apply(&self, presence: Presence) -> Result<Applied, TargetError> {
        ensure_type_issues_no_credentials(&self.plan.id(), self.desired.type_.as_deref().unwrap_or(DEFAULT_TYPE))?;
        let mut likely_absent = presence == Presence::LikelyAbsent;
        let mut rivals = Rivals::new(self.secrets);
        for _ in 0..LOOKS {
            if likely_absent {
                if let Some(applied) = self.create().await? {
                    return Ok(applied);
                }
                likely_absent = false;
            }
            match self.secrets.get(&self.plan.name).await? {
                None => likely_absent = true,
                Some(live) => {
                    let judge = |gone: &_| ensure_existing_target_is_not_foreign(self.owner, self.plan, &live.meta, gone);
                    let claim = rivals.judge(judge).await?;
                    if let Some(applied) = self.update(&live, claim).await? {
                        return Ok(applied);
                    }
                }
            }
        }
        Err(TargetError::Contended { secret: self.plan.id().into_owned() })
    }

    fn stamp(&self) -> Stamp {
        self.digests.stamp(self.owner, self.plan, self.desired)
    }

    /// `None` if the Secret exists.
    async fn create(&self) -> Result<Option<Applied>, TargetError> {
        let stamp = self.stamp();
        let revision = match self.digests.known_revision() {
            Some(revision) => revision,
            None => new_revision()?,
        };
        let metadata = metadata::new(self.owner, self.plan, self.desired, stamp, &revision);
        let body = creation(self.desired, &metadata)?;
        Ok(match self.secrets.create(&self.plan.name, body).await? {
            Attempt::Done(version) => Some(Applied::Created(Written::at(version, revision, stamp.written))),
            Attempt::LookAgain => None,
        })
    }

    /// `None` if the Secret changed meanwhile.
    async fn update(&self, live: &LiveSecret, claim: Claim) -> Result<Option<Applied>, TargetError> {
        let change = Change::of(live, self.desired)?;
        let stamp = self.stamp();
        let names = StampNames::of(CreationPolicy::Owner, &self.owner.uid);
        let revision = self.digests.revision(&names, &live.meta, &stamp, change.data)?;
        let metadata = metadata::on(&live.meta, claim, self.owner, self.plan, self.desired, stamp, &revision);
        let version = Version { uid: live.meta.uid.clone(), resource_version: live.meta.resource_version.clone() };
        if !change.data && !change.becomes_immutable && metadata.is_that_of(&live.meta) {
            return Ok(Some(Applied::Unchanged(Written::at(version, revision, stamp.written))));
        }
        let operations = operations(&version, &live.meta, &metadata, change.becomes_immutable);
        let body = match (change.data, &live.content) {
            (false, _) => body::json_patch(&operations, None),
            (true, None) => body::json_patch(&operations, Some(&self.desired.data)),
            (true, Some(content)) => shape::patch(&operations, content, self.desired, &change.removed_keys)?,
        };
        Ok(match self.secrets.patch(&self.plan.name, body).await? {
            Attempt::Done(version) => Some(Applied::Updated {
                written: Written::at(version, revision, stamp.written),
                data_changed: change.data,
                removed_keys: change.removed_keys,
            }),
            Attempt::LookAgain => None,
        })
    }
}

/// How a live Secret differs from the desired one, its metadata aside.
struct Change {
    data: bool,
    becomes_immutable: bool,
    removed_keys: Vec<String>,
}

impl Change {
    /// Refuses what cannot be changed on a live Secret.
    fn of(live: &LiveSecret, desired: &DesiredSecret) -> Result<Self, TargetError> {
        let secret = || desired.id().into_owned();
        ensure_live_secret_can_be_changed(live, desired)?;
        let removed_keys = shape::superfluous(live, desired);
        let data = !removed_keys.is_empty() || shape::lacks_some(live, desired);
        if live.immutable && data {
            return Err(TargetError::Immutable { secret: secret() });
        }
        if live.immutable && !desired.immutable {
            return Err(TargetError::ImmutableUnasked { secret: secret() });
        }
        Ok(Self { data, becomes_immutable: desired.immutable && !live.immutable, removed_keys })
    }
}

fn creation(desired: &DesiredSecret, metadata: &Metadata) -> Result<Zeroizing<Vec<u8>>, TargetError> {
    let mut object = shape::kind_fields(desired.manifest.as_ref());
    object.insert(
        "metadata".to_owned(),
        json!({
            "name": desired.name,
            "namespace": desired.namespace,
            "labels": metadata.labels,
            "annotations": metadata.annotations,
            "ownerReferences": metadata.owner_references,
        }),
    );
    if desired.manifest.is_some() {
        return shape::whole(&object, desired);
    }
    object.insert("type".to_owned(), json!(desired.type_.as_deref().unwrap_or(DEFAULT_TYPE)));
    if desired.immutable {
        object.insert("immutable".to_owned(), json!(true));
    }
    Ok(body::object_with_data(&object, &desired.data))
}

/// Operations of a JSON Patch that change the metadata of exactly this state of the Secret.
pub(super) fn operations(version: &Version, live: &LiveMeta, metadata: &Metadata, becomes_immutable: bool) -> Vec<Value> {
    // A resourceVersion that is not the stored one makes the API server answer 409.
    let mut operations = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": version.uid}),
        json!({"op": "add", "path": "/metadata/resourceVersion", "value": version.resource_version}),
    ];
    if !metadata.is_that_of(live) {
        operations.push(json!({"op": "add", "path": "/metadata/labels", "value": metadata.labels}));
        operations.push(json!({"op": "add", "path": "/metadata/annotations", "value": metadata.annotations}));
        operations.push(json!({"op": "add", "path": "/metadata/ownerReferences", "value": metadata.owner_references}));
    }
    if becomes_immutable {
        operations.push(json!({"op": "add", "path": "/immutable", "value": true}));
    }
    operations
}

#[cfg(test)]
mod tests;
