//! What an object wrote before for the same inputs, for templates and generators of which the result differs at every run.
//!
//! Must never: take over what somebody else put into the Secret.

use sealbridge_engine::written_digest;
use sealbridge_manifest::TargetPlan;
use sealbridge_secret::{Digest, DigestKey, SecretMap};

use super::guard::ensure_secret_is_held_whole;
use super::live::LiveSecret;
use super::shape::held_whole;
use super::stamp::{MergeRecord, StampNames};
use crate::identity::Owner;

/// What of the owner's earlier writes is of use for the next one.
#[derive(Debug, Default)]
pub struct Left {
    /// The entries that the owner wrote, if they were made of the same inputs and are as they were written.
    pub whole: Option<SecretMap>,
    /// One annotation, as it was asked for.
    pub record: Option<String>,
    /// All entries, whoever wrote them.
    pub data: SecretMap,
}

/// What a live Secret has left of the owner's earlier writes.
pub(super) fn left(owner: &Owner, plan: &TargetPlan, key: &DigestKey, inputs: Digest, record: &str, live: LiveSecret) -> Left {
    let data = live.data.iter().map(|(name, value)| (name.to_owned(), value.duplicate())).collect();
    let record = live.meta.annotations.get(record).cloned();
    Left { record, data, whole: of(owner, plan, key, inputs, live) }
}

/// The entries that the owner wrote, if they were made of the same inputs and are as they were written. Under a digest
/// key that is not at hand neither can be told: then they are kept if the Secret is the owner's.
pub(super) fn of(owner: &Owner, plan: &TargetPlan, key: &DigestKey, inputs: Digest, live: LiveSecret) -> Option<SecretMap> {
    let (stamp, _) = StampNames::of(plan.creation_policy, &owner.uid).read(&live.meta.annotations);
    let stamp = stamp?;
    let record = live.meta.annotations.get(&MergeRecord::name(&owner.uid)).and_then(|text| MergeRecord::read(text));
    let is_held = ensure_secret_is_held_whole(owner, &plan.id(), &live.meta).is_ok();
    let data = match &record {
        _ if plan.creation_policy.holds_whole() && plan.manifest.is_none() => live.data,
        _ if plan.creation_policy.holds_whole() => part_of(&live.data, held_whole(plan, &live)),
        Some(record) => part_of(&live.data, |name| record.entries.contains(name)),
        None => return None,
    };
    if stamp.key != key.id() {
        return (is_held || record.is_some()).then_some(data);
    }
    let found = written_digest(key, &owner.uid, &plan.id(), data.iter().map(|(name, value)| (name, value.expose())));
    (stamp.inputs == inputs && stamp.written == found).then_some(data)
}

fn part_of(data: &SecretMap, is_part: impl Fn(&str) -> bool) -> SecretMap {
    data.iter().filter(|(name, _)| is_part(name)).map(|(name, value)| (name.to_owned(), value.duplicate())).collect()
}
