//! Secrets of somebody else into which objects merge entries: `Merge` and `CreateOrMerge`.
//!
//! Owns: server-side apply of the object's full set under a field manager of its own, bound to the state that
//! was judged; of other kinds than a Secret one JSON Patch, since a single item of a list cannot be applied. What the
//! object no longer sets vanishes with it; what others set stays.
//! Must never: create a Secret unless the object asks for it, or use the field manager of an object for anything else.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::labels;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::TargetPlan;
use sealbridge_secret::SecretMap;
use serde_json::{Map, Value, json};

use super::exclusive::operations;
use super::guard::{
    ensure_live_secret_can_be_changed, ensure_no_other_object_sets, ensure_target_is_open_to_merge,
    ensure_type_issues_no_credentials,
};
use super::live::{LiveMeta, LiveSecret};
use super::metadata::{self, Metadata};
use super::requests::{Attempt, Secrets, Version};
use super::rivals::Rivals;
use super::stamp::{MergeRecord, SetByName, Stamp, StampNames, new_revision};
use super::{Applied, Digests, LOOKS, TargetError, Written, body, shape};
use crate::identity::Owner;

/// One Secret that is to hold an object's entries beside those of others.
pub(super) struct Merge<'a> {
    pub(super) secrets: Secrets<'a>,
    pub(super) owner: &'a Owner,
    pub(super) plan: &'a TargetPlan,
    pub(super) desired: &'a DesiredSecret,
    pub(super) digests: &'a Digests,
}

impl Merge<'_> {
    pub(super) async fn apply(&self) -> Result<Applied, TargetError> {
        self.ensure_fields_go_with_merge()?;
        let mut rivals = Rivals::new(self.secrets);
        for _ in 0..LOOKS {
            let Some(live) = self.secrets.get(&self.plan.name).await? else {
                if self.plan.creation_policy != CreationPolicy::CreateOrMerge {
                    return Ok(Applied::Missing);
                }
                match self.create().await? {
                    Some(applied) => return Ok(applied),
                    None => continue,
                }
            };
            let held_whole =
                rivals.judge(|gone| ensure_target_is_open_to_merge(self.owner, self.plan, &live.meta, gone)).await?.is_some();
            if held_whole {
                self.let_go(&live.meta).await?;
                continue;
            }
            rivals.judge(|gone| ensure_no_other_object_sets(self.owner, self.desired, &live.meta, gone)).await?;
            if let Some(applied) = self.update(&live).await? {
                return Ok(applied);
            }
        }
        Err(TargetError::Contended { secret: self.plan.id().into_owned() })
    }

    /// Makes the Secret with the object's own entries, under its own field manager, so that what it no longer sets
    /// vanishes; `None` if the Secret has to be looked at again.
    async fn create(&self) -> Result<Option<Applied>, TargetError> {
        ensure_type_issues_no_credentials(&self.plan.id(), self.desired.type_.as_deref().unwrap_or(DEFAULT_TYPE))?;
        let stamp = self.digests.stamp(self.owner, self.plan, self.desired);
        let written = stamp.written;
        let revision = match self.digests.known_revision() {
            Some(revision) => revision,
            None => new_revision()?,
        };
        let names = StampNames::of(CreationPolicy::Merge, &self.owner.uid);
        let set = OwnSet::of(self.owner, self.desired, &names, stamp, &revision);
        if let Some(kind) = &self.desired.manifest {
            let mut object = shape::kind_fields(Some(kind));
            object.insert(
                "metadata".to_owned(),
                json!({"name": self.plan.name, "labels": set.labels, "annotations": set.annotations}),
            );
            let body = shape::whole(&object, self.desired)?;
            return Ok(match self.secrets.create(&self.plan.name, body).await? {
                Attempt::Done(version) => Some(Applied::Created(Written::at(version, revision, written))),
                Attempt::LookAgain => None,
            });
        }
        let mut object = set.object(&self.plan.name, None);
        if let Some(type_) = &self.desired.type_ {
            object.insert("type".to_owned(), json!(type_));
        }
        let body = body::object_with_data(&object, &self.desired.data);
        Ok(match self.secrets.apply(&self.plan.name, &self.owner.uid, body).await? {
            Attempt::Done(version) => Some(Applied::Created(Written::at(version, revision, written))),
            Attempt::LookAgain => None,
        })
    }

    fn ensure_fields_go_with_merge(&self) -> Result<(), TargetError> {
        let refused = |field| Err(TargetError::NotWithMerge { secret: self.plan.id().into_owned(), field });
        if self.plan.adopt.is_some() {
            return refused("spec.target.adopt");
        }
        if self.plan.immutable {
            return refused("spec.target.immutable");
        }
        Ok(())
    }

    /// Takes the marks of a whole holder off a Secret that the object held before it was told to merge.
    async fn let_go(&self, live: &LiveMeta) -> Result<Attempt, TargetError> {
        let version = Version { uid: live.uid.clone(), resource_version: live.resource_version.clone() };
        let released = metadata::released(live, self.owner);
        self.secrets.patch(&self.plan.name, body::json_patch(&operations(&version, live, &released, false), None)).await
    }

    /// `None` if the Secret changed meanwhile.
    async fn update(&self, live: &LiveSecret) -> Result<Option<Applied>, TargetError> {
        let data_changed = holds_other_data(live, self.desired)?;
        let stamp = self.digests.stamp(self.owner, self.plan, self.desired);
        let written = stamp.written;
        let names = StampNames::of(CreationPolicy::Merge, &self.owner.uid);
        let revision = self.digests.revision(&names, &live.meta, &stamp, data_changed)?;
        let set = OwnSet::of(self.owner, self.desired, &names, stamp, &revision);
        let removed_keys = set.removed_from(live, &self.owner.uid);
        let earlier = earlier_objects(&live.meta, self.owner);
        let version = Version { uid: live.meta.uid.clone(), resource_version: live.meta.resource_version.clone() };
        if !data_changed && removed_keys.is_empty() && earlier.is_empty() && set.is_on(&live.meta) {
            return Ok(Some(Applied::Unchanged(Written::at(version, revision, written))));
        }
        if let Some(content) = &live.content {
            let metadata = beside_others(&live.meta, &set, &self.owner.uid, &earlier);
            let operations = operations_beside(&version, &live.meta, &metadata);
            let gone = [removed_keys.clone(), set.removed_of_earlier(live, &earlier)].concat();
            let body = shape::patch(&operations, content, self.desired, &gone)?;
            return Ok(match self.secrets.patch(&self.plan.name, body).await? {
                Attempt::Done(version) => Some(Applied::Updated {
                    written: Written::at(version, revision, written),
                    data_changed: data_changed || !gone.is_empty(),
                    removed_keys: gone,
                }),
                Attempt::LookAgain => None,
            });
        }
        let body = body::object_with_data(&set.object(&self.plan.name, Some(&version)), &self.desired.data);
        let Attempt::Done(mut version) = self.secrets.apply(&self.plan.name, &self.owner.uid, body).await? else {
            return Ok(None);
        };
        for uid in earlier {
            let nothing = Value::Object(bound_object(&self.plan.name, Some(&version), &json!({}), &json!({}))).to_string();
            match self.secrets.apply(&self.plan.name, &uid, nothing.into_bytes().into()).await? {
                Attempt::Done(after) => version = after,
                Attempt::LookAgain => return Ok(None),
            }
        }
        let data_changed = data_changed || !removed_keys.is_empty();
        Ok(Some(Applied::Updated { written: Written::at(version, revision, written), data_changed, removed_keys }))
    }
}

/// Whether an entry of the desired data is missing in the live Secret or has another value. Refuses what cannot
/// be changed.
fn holds_other_data(live: &LiveSecret, desired: &DesiredSecret) -> Result<bool, TargetError> {
    ensure_live_secret_can_be_changed(live, desired)?;
    let differs = shape::lacks_some(live, desired);
    if differs && live.immutable {
        return Err(TargetError::Immutable { secret: desired.id().into_owned() });
    }
    Ok(differs)
}

/// The uids of earlier objects of the same name that merged into the Secret.
fn earlier_objects(live: &LiveMeta, owner: &Owner) -> Vec<String> {
    MergeRecord::all(&live.annotations)
        .filter(|(uid, record)| *uid != &*owner.uid && record.object == owner.id.holder())
        .map(|(uid, _)| uid.to_owned())
        .collect()
}

/// The labels and annotations that an object sets on a shared Secret.
struct OwnSet {
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    entries: BTreeSet<String>,
}

impl OwnSet {
    fn of(owner: &Owner, desired: &DesiredSecret, names: &StampNames, stamp: Stamp, revision: &str) -> Self {
        let text = |map: &BTreeMap<String, String>| -> Map<String, Value> {
            map.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
        };
        let entries = keys(&desired.data);
        let record = MergeRecord {
            object: owner.id.holder().into_owned(),
            entries: entries.clone(),
            set: SetByName::of(&desired.labels, &desired.annotations),
        };
        let mut labels = text(&desired.labels);
        labels.insert(labels::MANAGED.to_owned(), labels::MANAGED_VALUE.into());
        let mut annotations = text(&desired.annotations);
        annotations.insert(MergeRecord::name(&owner.uid), record.to_string().into());
        annotations.insert(names.digest().to_owned(), stamp.to_string().into());
        annotations.insert(names.revision().to_owned(), revision.into());
        Self { labels, annotations, entries }
    }

    fn is_on(&self, live: &LiveMeta) -> bool {
        self.labels.iter().all(|(name, value)| live.labels.get(name).is_some_and(|found| value == found.as_str()))
            && self.annotations.iter().all(|(name, value)| live.annotations.get(name).is_some_and(|found| value == found.as_str()))
    }

    /// The entries that earlier objects of the same name set and this one does not.
    fn removed_of_earlier(&self, live: &LiveSecret, earlier: &[String]) -> Vec<String> {
        earlier.iter().flat_map(|uid| self.removed_from(live, uid)).collect()
    }

    /// The entries that the object set before and no longer sets.
    fn removed_from(&self, live: &LiveSecret, uid: &str) -> Vec<String> {
        let before = record(&live.meta, uid).map(|record| record.entries).unwrap_or_default();
        before.difference(&self.entries).filter(|name| live.data.get(name).is_some()).cloned().collect()
    }

    fn object(&self, name: &str, version: Option<&Version>) -> Map<String, Value> {
        bound_object(name, version, &json!(self.labels), &json!(self.annotations))
    }
}

/// What the object of this uid says that it set.
fn record(live: &LiveMeta, uid: &str) -> Option<MergeRecord> {
    live.annotations.get(&MergeRecord::name(uid)).and_then(|text| MergeRecord::read(text))
}

/// The metadata of a live object with the object's own set in the place of what it, and `earlier` objects of its name, set
/// before. Labels and annotations that another object sets too stay.
fn beside_others(live: &LiveMeta, set: &OwnSet, uid: &str, earlier: &[String]) -> Metadata {
    let mut metadata = Metadata {
        labels: live.labels.clone(),
        annotations: live.annotations.clone(),
        owner_references: live.owner_references.clone(),
    };
    let is_own = |other: &str| other == uid || earlier.iter().any(|earlier| earlier == other);
    let (own, others): (Vec<_>, Vec<_>) = MergeRecord::all(&live.annotations).partition(|(other, _)| is_own(other));
    let is_let_go = |of: fn(&SetByName) -> &BTreeSet<String>, name: &String| {
        own.iter().any(|(_, record)| of(&record.set).contains(name))
            && !others.iter().any(|(_, record)| of(&record.set).contains(name))
    };
    metadata.labels.retain(|name, _| !is_let_go(|set| &set.labels, name));
    metadata.annotations.retain(|name, _| !is_let_go(|set| &set.annotations, name));
    for uid in earlier {
        let names = StampNames::of(CreationPolicy::Merge, uid);
        for name in [&MergeRecord::name(uid), names.digest(), names.revision()] {
            metadata.annotations.remove(name);
        }
    }
    let text = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
    metadata.labels.extend(set.labels.iter().map(text));
    metadata.annotations.extend(set.annotations.iter().map(text));
    metadata
}

/// Operations of a JSON Patch that change one label and annotation after the other in exactly this state, so that those
/// that are not looked at stay: client-side apply of whoever owns the object needs its own.
fn operations_beside(version: &Version, live: &LiveMeta, metadata: &Metadata) -> Vec<Value> {
    let mut all = operations(version, &LiveMeta::default(), &Metadata::default(), false);
    let has_annotations = !live.annotations.is_empty() || live.has_last_applied;
    for (field, is_there, before, after) in [
        ("labels", !live.labels.is_empty(), &live.labels, &metadata.labels),
        ("annotations", has_annotations, &live.annotations, &metadata.annotations),
    ] {
        if !is_there {
            all.push(json!({"op": "add", "path": format!("/metadata/{field}"), "value": after}));
            continue;
        }
        let path = |name: &String| format!("/metadata/{field}/{}", body::pointer_step(name));
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        all.extend(gone.map(|name| json!({"op": "remove", "path": path(name)})));
        let new = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
        all.extend(new.map(|(name, value)| json!({"op": "add", "path": path(name), "value": value})));
    }
    all
}

fn keys(data: &SecretMap) -> BTreeSet<String> {
    data.keys().map(str::to_owned).collect()
}

/// A Secret for server-side apply that fails unless the live one is in this state; without a state, one to be made.
fn bound_object(name: &str, version: Option<&Version>, labels: &Value, annotations: &Value) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), json!("v1"));
    object.insert("kind".to_owned(), json!("Secret"));
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(name));
    metadata.insert("labels".to_owned(), labels.clone());
    metadata.insert("annotations".to_owned(), annotations.clone());
    if let Some(version) = version {
        metadata.insert("uid".to_owned(), json!(version.uid));
        metadata.insert("resourceVersion".to_owned(), json!(version.resource_version));
    }
    object.insert("metadata".to_owned(), metadata.into());
    object
}

#[cfg(test)]
mod tests;
