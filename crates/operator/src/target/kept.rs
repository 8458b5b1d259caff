//! What an object wrote before for the same inputs, for templates of which the result differs at every run.
//!
//! Must never: take over what somebody else put into the Secret.

use sealbridge_engine::written_digest;
use sealbridge_manifest::TargetPlan;
use sealbridge_secret::{Digest, DigestKey, SecretBytes, SecretMap};

use super::guard::ensure_secret_is_held_whole;
use super::live::LiveSecret;
use super::stamp::{MergeRecord, StampNames};
use crate::identity::Owner;

/// The entries that the owner wrote, if they were made of the same inputs and are as they were written. Under a digest
/// key that is not at hand neither can be told: then they are kept if the Secret is the owner's.
pub(super) fn of(owner: &Owner, plan: &TargetPlan, key: &DigestKey, inputs: Digest, live: LiveSecret) -> Option<SecretMap> {
    let (stamp, _) = StampNames::of(plan.creation_policy, &owner.uid).read(&live.meta.annotations);
    let stamp = stamp?;
    let record = live.meta.annotations.get(&MergeRecord::name(&owner.uid)).and_then(|text| MergeRecord::read(text));
    let is_held = ensure_secret_is_held_whole(owner, &plan.name, &live.meta).is_ok();
    let data = match &record {
        _ if plan.creation_policy.holds_whole() => live.data,
        Some(record) => {
            let own = live.data.iter().filter(|(name, _)| record.entries.contains(*name));
            own.map(|(name, value)| (name.to_owned(), SecretBytes::new(value.expose().to_vec()))).collect()
        }
        None => return None,
    };
    if stamp.key != key.id() {
        return (is_held || record.is_some()).then_some(data);
    }
    let found = written_digest(key, &owner.uid, &plan.name, data.iter().map(|(name, value)| (name, value.expose())));
    (stamp.inputs == inputs && stamp.written == found).then_some(data)
}
