//! Whether a Secret still is what was written, once its resourceVersion says that somebody touched it.
//!
//! Owns: the comparison by digest, so that no value has to be at hand, and of all that is ours on the Secret.
//! Must never: write, or take managedFields for a proof (a deleted entry is not in them).

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::labels;
use sealbridge_engine::written_digest;
use sealbridge_manifest::TargetPlan;
use sealbridge_secret::{Digest, DigestKey};

use super::guard::is_reference_to;
use super::live::LiveSecret;
use super::metadata::owner_reference;
use super::shape::held_whole;
use super::stamp::{MergeRecord, SetByName, StampNames};
use super::{Inspection, Written};
use crate::identity::Owner;

/// Compares a live Secret with what the annotations on it say was written.
pub(super) fn inspect(owner: &Owner, plan: &TargetPlan, key: &DigestKey, live: &LiveSecret) -> Inspection {
    let merges = !plan.creation_policy.holds_whole();
    let record = live.meta.annotations.get(&MergeRecord::name(&owner.uid)).and_then(|text| MergeRecord::read(text));
    if let Some(what) = if merges { merged_marks(owner, plan, live, record.as_ref()) } else { whole_marks(owner, plan, live) } {
        return touched(live, what);
    }
    let (stamp, revision) = StampNames::of(plan.creation_policy, &owner.uid).read(&live.meta.annotations);
    let (Some(stamp), Some(revision)) = (stamp, revision) else { return touched(live, "annotations") };
    let is_held = held_whole(plan, live);
    let of_owner = |name: &str| match &record {
        _ if !merges => is_held(name),
        Some(record) => record.entries.contains(name),
        None => false,
    };
    let data = live.data.iter().filter(|(name, _)| of_owner(name)).map(|(name, value)| (name, value.expose()));
    let found: Digest = written_digest(key, &owner.uid, &plan.id(), data);
    let written =
        Written { uid: live.meta.uid.clone(), resource_version: live.meta.resource_version.clone(), revision, written: found };
    if stamp.key != key.id() {
        Inspection::UnknownDigestKey(written)
    } else if stamp.written == found {
        Inspection::Untouched(written)
    } else {
        touched(live, "data")
    }
}

fn touched(live: &LiveSecret, what: &'static str) -> Inspection {
    Inspection::Touched { by: live.meta.last_foreign_manager().map(str::to_owned), what }
}

/// What of an object that holds the Secret whole is not as it was written.
fn whole_marks(owner: &Owner, plan: &TargetPlan, live: &LiveSecret) -> Option<&'static str> {
    let wanted = owner_reference(owner);
    let of_object = live.meta.owner_references.iter().filter(|reference| is_reference_to(reference, &owner.id));
    let referred = match plan.creation_policy {
        CreationPolicy::Owner => of_object.eq([&wanted]),
        _ => of_object.count() == 0,
    };
    // A controller beside ours cannot be; one in place of ours is a Secret that is no longer ours.
    let controlled = live.meta.controller().is_some_and(|controller| *controller != wanted);
    let set = SetByName::of(&plan.labels, &plan.annotations);
    let listed = live.meta.annotations.get(labels::SET_BY_NAME).map(|text| SetByName::read(text)).unwrap_or_default();
    if !referred || controlled {
        Some("ownerReferences")
    } else if !has_all(&live.meta.labels, &plan.labels) || !is_managed(live) {
        Some("labels")
    } else if !has_all(&live.meta.annotations, &plan.annotations)
        || live.meta.annotations.get(labels::OWNER).is_none_or(|holder| *holder != owner.id.holder())
        || listed != set
    {
        Some("annotations")
    } else if plan.type_.as_ref().is_some_and(|wanted| *wanted != live.type_) {
        Some("type")
    } else if plan.immutable != live.immutable {
        Some("immutable")
    } else {
        None
    }
}

/// What of an object that merges into the Secret is not as it was written.
fn merged_marks(owner: &Owner, plan: &TargetPlan, live: &LiveSecret, record: Option<&MergeRecord>) -> Option<&'static str> {
    if !has_all(&live.meta.labels, &plan.labels) || !is_managed(live) {
        return Some("labels");
    }
    let set = SetByName::of(&plan.labels, &plan.annotations);
    let recorded = record.is_some_and(|record| record.object == owner.id.holder() && record.set == set);
    if !recorded || !has_all(&live.meta.annotations, &plan.annotations) {
        return Some("annotations");
    }
    None
}

fn is_managed(live: &LiveSecret) -> bool {
    live.meta.labels.get(labels::MANAGED).is_some_and(|value| value == labels::MANAGED_VALUE)
}

fn has_all(live: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| live.get(name) == Some(value))
}

#[cfg(test)]
mod tests;
