//! Labels, annotations and owner references of a Secret that an object holds whole.
//!
//! Owns: what is ours among them. What others set stays, except what would make the Secret's former controller
//! act on it, and copies of values.
//! Must never: see the data.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::labels;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::{TargetPlan, Unowned};

use super::guard::{self, Claim};
use super::live::LiveMeta;
use super::shape;
use super::stamp::{MergeRecord, SetByName, Stamp, StampNames};
use crate::identity::Owner;

/// Marks of External Secrets Operator and Sealed Secrets. With them on a Secret those would delete it, write it
/// again, or leave an unkeyed hash of its values behind.
const FORMER_CONTROLLERS: [&str; 2] = ["reconcile.external-secrets.io/", SEALED_SECRETS];
const SEALED_SECRETS: &str = "sealedsecrets.bitnami.com/";
/// Annotation of External Secrets Operator: a hash of the values without a key, by which short ones can be guessed.
const DATA_HASH: &str = "reconcile.external-secrets.io/data-hash";

/// The metadata that a Secret shall have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Metadata {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) owner_references: Vec<OwnerReference>,
}

impl Metadata {
    /// Whether the live Secret has it, to the letter.
    pub(super) fn is_that_of(&self, live: &LiveMeta) -> bool {
        self.labels == live.labels
            && self.annotations == live.annotations
            && self.owner_references == live.owner_references
            && !live.has_last_applied
    }
}

/// The metadata for a Secret that does not exist yet.
pub(super) fn new(owner: &Owner, plan: &TargetPlan, desired: &DesiredSecret, stamp: Stamp, revision: &str) -> Metadata {
    let mut metadata = Metadata::default();
    set_ours(&mut metadata, owner, plan, desired, stamp, revision);
    metadata
}

/// The metadata for a live Secret that is the owner's or becomes it.
pub(super) fn on(
    live: &LiveMeta,
    claim: Claim,
    owner: &Owner,
    plan: &TargetPlan,
    desired: &DesiredSecret,
    stamp: Stamp,
    revision: &str,
) -> Metadata {
    let mut metadata = Metadata {
        labels: live.labels.clone(),
        annotations: live.annotations.clone(),
        owner_references: live.owner_references.clone(),
    };
    let was_set = live.annotations.get(labels::SET_BY_NAME).map(|text| SetByName::read(text)).unwrap_or_default();
    metadata.labels.retain(|name, _| !was_set.labels.contains(name));
    metadata.annotations.retain(|name, _| !was_set.annotations.contains(name));
    remove_merge_marks(&mut metadata.annotations, owner);
    metadata.annotations.remove(DATA_HASH);
    metadata.annotations.remove(labels::GENERATED);
    if claim == Claim::Adopted {
        let is_kept = |name: &str| plan.unowned == Unowned::OpensItself && name.starts_with(SEALED_SECRETS);
        let former = |name: &str| FORMER_CONTROLLERS.iter().any(|prefix| name.starts_with(prefix)) && !is_kept(name);
        metadata.labels.retain(|name, _| !former(name));
        metadata.annotations.retain(|name, _| !former(name));
        let adopt = plan.adopt.as_ref();
        metadata.owner_references.retain(|reference| {
            let is_former = adopt.is_some_and(|adopt| guard::names_controller(adopt, reference))
                || plan.unowned == Unowned::OpensItself && reference.controller == Some(true);
            !is_former
        });
    }
    set_ours(&mut metadata, owner, plan, desired, stamp, revision);
    metadata
}

/// The metadata of a live Secret once the owner has let go of it.
pub(super) fn released(live: &LiveMeta, owner: &Owner) -> Metadata {
    let mut metadata = Metadata {
        labels: live.labels.clone(),
        annotations: live.annotations.clone(),
        owner_references: live.owner_references.clone(),
    };
    metadata.labels.remove(labels::MANAGED);
    for name in [labels::OWNER, labels::DIGEST, labels::REVISION, labels::GENERATED, labels::SET_BY_NAME, labels::SET_FIELDS] {
        metadata.annotations.remove(name);
    }
    metadata.owner_references.retain(|reference| !guard::is_reference_to(reference, &owner.id));
    metadata
}

/// What the object left when it merged into the Secret before it took the whole.
fn remove_merge_marks(annotations: &mut BTreeMap<String, String>, owner: &Owner) {
    let names = StampNames::of(CreationPolicy::Merge, &owner.uid);
    for name in [&MergeRecord::name(&owner.uid), names.digest(), names.revision()] {
        annotations.remove(name);
    }
}

fn set_ours(metadata: &mut Metadata, owner: &Owner, plan: &TargetPlan, desired: &DesiredSecret, stamp: Stamp, revision: &str) {
    let Metadata { labels, annotations, owner_references } = metadata;
    labels.extend(desired.labels.clone());
    labels.insert(labels::MANAGED.to_owned(), labels::MANAGED_VALUE.to_owned());
    annotations.extend(desired.annotations.clone());
    annotations.insert(labels::OWNER.to_owned(), owner.id.holder().into_owned());
    annotations.insert(labels::DIGEST.to_owned(), stamp.to_string());
    annotations.insert(labels::REVISION.to_owned(), revision.to_owned());
    let set = SetByName::of(&desired.labels, &desired.annotations);
    if set.is_empty() {
        annotations.remove(labels::SET_BY_NAME);
    } else {
        annotations.insert(labels::SET_BY_NAME.to_owned(), set.to_string());
    }
    match shape::listed_fields(desired) {
        Some(fields) => drop(annotations.insert(labels::SET_FIELDS.to_owned(), fields)),
        None => drop(annotations.remove(labels::SET_FIELDS)),
    }
    set_owner_reference(owner_references, owner, plan.creation_policy);
}

/// With `Owner` exactly one reference to the object, as the controller; else none. A reference to an earlier
/// object of the same name is replaced, or the garbage collector would delete the Secret.
fn set_owner_reference(references: &mut Vec<OwnerReference>, owner: &Owner, policy: CreationPolicy) {
    let wanted = owner_reference(owner);
    if policy == CreationPolicy::Owner {
        let is_one = |reference: &&OwnerReference| guard::is_reference_to(reference, &owner.id);
        if references.iter().filter(is_one).eq([&wanted]) {
            return;
        }
    }
    references.retain(|reference| !guard::is_reference_to(reference, &owner.id));
    if policy == CreationPolicy::Owner {
        references.push(wanted);
    }
}

/// The reference by which an owner controls its Secret. `blockOwnerDeletion` makes GitOps tools show the Secret
/// as a child and leave it alone.
pub(super) fn owner_reference(owner: &Owner) -> OwnerReference {
    OwnerReference {
        api_version: owner.id.kind.api_version(),
        kind: owner.id.kind.as_str().to_owned(),
        name: owner.id.name.to_string(),
        uid: owner.uid.to_string(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

#[cfg(test)]
mod tests;
