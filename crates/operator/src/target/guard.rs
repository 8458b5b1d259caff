//! The rule that a Secret of somebody else is never written unless the object asks for it by name.
//!
//! Owns: the judgement, from what the API server said in one look; the write that follows is bound to that look
//! by uid and resourceVersion.
//! Must never: do I/O, or trust a name without its API group.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use sealbridge_api::bridged_secret::{Adopt, AdoptFrom};
use sealbridge_api::labels;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::{TargetPlan, Unowned, sealed_secrets};

use super::TargetError;
use super::error::Holder;
use super::live::{LiveMeta, LiveSecret};
use super::stamp::MergeRecord;
use crate::identity::{Kind, ObjectId, Owner};

/// Types for which the cluster issues credentials (the token controller fills a `service-account-token`
/// Secret) or accepts them (bootstrap tokens).
const CREDENTIAL_TYPES: [&str; 2] = ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"];

/// By what right an existing Secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is the owner's already.
    Ours,
    /// The object names its present controller, or that it has none, to be taken over.
    Adopted,
}

/// Objects that a Secret names and that do not exist any more, by uid where the Secret tells it, else by name.
#[derive(Debug, Default)]
pub(super) struct Gone(Vec<String>);

impl Gone {
    pub(super) fn add(&mut self, name: &str, uid: Option<&str>) {
        self.0.push(uid.unwrap_or(name).to_owned());
    }

    fn holds(&self, name: &str, uid: Option<&str>) -> bool {
        self.0.iter().any(|gone| gone == uid.unwrap_or(name))
    }
}

/// Lets the whole Secret be replaced only if it is the owner's or is taken over by name.
///
/// Threat: whoever may create a BridgedSecret, but not write Secrets, names a Secret of somebody else as target
/// and so empties it, fills it with values of their choice, or has it deleted with their object.
///
/// A Secret is the owner's if its controller is the BridgedSecret of that name. The uid may differ: then it is
/// of an earlier object of the same name, as after a rebuild of the cluster from a backup. Without a controller
/// it is the owner's if both our label and our annotation with the object's name are there: so it is with
/// `Orphan`, and after owner references were stripped for an uninstall.
pub(super) fn ensure_existing_target_is_not_foreign(
    owner: &Owner,
    plan: &TargetPlan,
    live: &LiveMeta,
    gone: &Gone,
) -> Result<Claim, TargetError> {
    let name = &*owner.id.holder();
    let foreign = |holder| Err(TargetError::NotOwned { secret: plan.id().into_owned(), holder });
    if let Some(controller) = live.controller() {
        return if is_reference_to(controller, &owner.id) {
            Ok(Claim::Ours)
        } else if plan.adopt.as_ref().is_some_and(|adopt| names_controller(adopt, controller))
            || plan.unowned == Unowned::OpensItself && opens_itself(live) && kind_of_ours(controller).is_none()
        {
            Ok(Claim::Adopted)
        } else {
            foreign(holder_of(controller))
        };
    }
    if let Some(held_by) = held_without_reference(live) {
        if held_by == name {
            return Ok(Claim::Ours);
        }
        if !gone.holds(held_by, None) {
            return foreign(Holder::Object { name: held_by.to_owned(), uid: None });
        }
    }
    let merging = MergeRecord::all(&live.annotations)
        .find(|(uid, record)| record.object != name && *uid != &*owner.uid && !gone.holds(&record.object, Some(uid)));
    if let Some((uid, record)) = merging {
        return foreign(Holder::Object { name: record.object, uid: Some(uid.to_owned()) });
    }
    match &plan.adopt {
        Some(Adopt { from: AdoptFrom::None, .. }) => Ok(Claim::Adopted),
        None if plan.unowned == Unowned::OpensItself && opens_itself(live) => Ok(Claim::Adopted),
        None if plan.unowned == Unowned::TakenOver => Ok(Claim::Adopted),
        _ => foreign(Holder::Unknown),
    }
}

/// Lets a Secret be deleted only while it is the owner's own, of this very uid where an owner reference tells it.
///
/// Threat: an object names a Secret of somebody else as target, or its own Secret was replaced by one of somebody
/// else, and `deletionPolicy: Delete` removes that.
pub(super) fn ensure_secret_is_held_whole(owner: &Owner, secret: &str, live: &LiveMeta) -> Result<(), TargetError> {
    let holder = match live.controller() {
        Some(controller) if is_reference_to(controller, &owner.id) && controller.uid == *owner.uid => return Ok(()),
        Some(controller) => holder_of(controller),
        None => match held_without_reference(live) {
            Some(held_by) if held_by == owner.id.holder() => return Ok(()),
            Some(held_by) => Holder::Object { name: held_by.to_owned(), uid: None },
            None => Holder::Unknown,
        },
    };
    Err(TargetError::NotOwned { secret: secret.to_owned(), holder })
}

/// Lets entries be merged into a Secret unless another BridgedSecret holds the whole of it, which would remove
/// them again. `Ours` means that the object itself held it and has to let go first.
pub(super) fn ensure_target_is_open_to_merge(
    owner: &Owner,
    plan: &TargetPlan,
    live: &LiveMeta,
    gone: &Gone,
) -> Result<Option<Claim>, TargetError> {
    let name = &*owner.id.holder();
    let foreign = |holder| Err(TargetError::NotOwned { secret: plan.id().into_owned(), holder });
    match live.controller() {
        Some(controller) if is_reference_to(controller, &owner.id) => return Ok(Some(Claim::Ours)),
        Some(controller) if kind_of_ours(controller) == Some(Kind::BridgedSecret) => return foreign(holder_of(controller)),
        Some(_) => {}
        None => {}
    }
    match held_without_reference(live) {
        Some(held_by) if held_by == name => Ok(Some(Claim::Ours)),
        Some(held_by) if !gone.holds(held_by, None) => foreign(Holder::Object { name: held_by.to_owned(), uid: None }),
        _ => Ok(None),
    }
}

/// Lets an object set an entry, label or annotation in a shared Secret only if no other object does: the first
/// keeps it, since two that both write would undo each other for ever. Who set what stands in the records that
/// each object keeps on the Secret. A label or annotation may be set by two as long as they agree.
pub(super) fn ensure_no_other_object_sets(
    owner: &Owner,
    desired: &DesiredSecret,
    live: &LiveMeta,
    gone: &Gone,
) -> Result<(), TargetError> {
    let others = MergeRecord::all(&live.annotations).filter(|(uid, record)| {
        *uid != &*owner.uid && record.object != owner.id.holder() && !gone.holds(&record.object, Some(uid))
    });
    for (uid, other) in others {
        let entry = desired.data.keys().find(|name| other.entries.contains(*name)).map(|name| format!("entry {name}"));
        let label = || contradicted(&desired.labels, &other.set.labels, &live.labels).map(|name| format!("label {name}"));
        let annotation = || {
            contradicted(&desired.annotations, &other.set.annotations, &live.annotations).map(|name| format!("annotation {name}"))
        };
        if let Some(what) = entry.or_else(label).or_else(annotation) {
            return Err(TargetError::EntryTaken {
                secret: desired.id().into_owned(),
                what,
                object: other.object,
                uid: uid.to_owned(),
            });
        }
    }
    Ok(())
}

/// The first of `wanted` that another set to a value that is not the wanted one.
fn contradicted<'a>(
    wanted: &'a BTreeMap<String, String>,
    set_by_other: &BTreeSet<String>,
    live: &BTreeMap<String, String>,
) -> Option<&'a String> {
    wanted.iter().find(|(name, value)| set_by_other.contains(*name) && live.get(*name) != Some(value)).map(|(name, _)| name)
}

/// Keeps the operator from being used to have the cluster issue credentials.
///
/// Threat: a Secret of type `kubernetes.io/service-account-token` with an annotation that names any
/// `ServiceAccount` is filled with a token for it, whoever made the Secret.
pub(super) fn ensure_type_issues_no_credentials(secret: &str, type_: &str) -> Result<(), TargetError> {
    if CREDENTIAL_TYPES.contains(&type_) {
        return Err(TargetError::CredentialType { secret: secret.to_owned(), type_: type_.to_owned() });
    }
    Ok(())
}

/// Refuses what no write can bring about on a live Secret, whoever holds it: a Secret is never deleted and made anew.
pub(super) fn ensure_live_secret_can_be_changed(live: &LiveSecret, desired: &DesiredSecret) -> Result<(), TargetError> {
    let secret = || desired.id().into_owned();
    if live.meta.deletion_timestamp.is_some() {
        return Err(TargetError::BeingDeleted { secret: secret() });
    }
    ensure_type_issues_no_credentials(&desired.id(), &live.type_)?;
    match &desired.type_ {
        Some(wanted) if *wanted != live.type_ => {
            Err(TargetError::OtherType { secret: secret(), live: live.type_.clone(), wanted: wanted.clone() })
        }
        _ => Ok(()),
    }
}

/// Whether the reference is to the object of this kind and name, of whatever uid.
pub(super) fn is_reference_to(reference: &OwnerReference, id: &ObjectId) -> bool {
    kind_of_ours(reference) == Some(id.kind) && *reference.name == *id.name
}

/// The kind that the reference is to, where it is one that this operator can serve.
fn kind_of_ours(reference: &OwnerReference) -> Option<Kind> {
    let is = |kind: &Kind| group(&reference.api_version) == kind.group() && reference.kind == kind.as_str();
    Kind::ALL.into_iter().find(is)
}

/// Whether the Secret allows SealedSecrets of its name to take it over.
fn opens_itself(live: &LiveMeta) -> bool {
    live.annotations.get(sealed_secrets::MANAGED).is_some_and(|value| value == "true")
}

/// The BridgedSecret that holds the Secret by label and annotation. One of the two alone may have been copied.
fn held_without_reference(live: &LiveMeta) -> Option<&str> {
    let managed = live.labels.get(labels::MANAGED).is_some_and(|value| value == labels::MANAGED_VALUE);
    live.annotations.get(labels::OWNER).filter(|_| managed).map(String::as_str)
}

/// Whether `adopt` names exactly this controller: group, kind and name.
pub(super) fn names_controller(adopt: &Adopt, controller: &OwnerReference) -> bool {
    let (group_wanted, kind_wanted) = match adopt.from {
        AdoptFrom::ExternalSecret => ("external-secrets.io", "ExternalSecret"),
        AdoptFrom::SealedSecret => ("bitnami.com", "SealedSecret"),
        AdoptFrom::None => return false,
    };
    group(&controller.api_version) == group_wanted
        && controller.kind == kind_wanted
        && adopt.name.as_ref().is_some_and(|name| *name == controller.name)
}

fn holder_of(reference: &OwnerReference) -> Holder {
    Holder::Controller {
        group: group(&reference.api_version).to_owned(),
        kind: reference.kind.clone(),
        name: reference.name.clone(),
    }
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests;
