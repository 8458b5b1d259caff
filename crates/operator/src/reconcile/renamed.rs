//! What an object wrote under another name, or as another kind, before its target was renamed.
//!
//! Must never: delete before the target of the new name is there, or one that is not the object's own any more.

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_manifest::TargetKind;

use crate::context::Context;
use crate::decode::Loaded;
use crate::identity::Owner;
use crate::target::{Deleted, Retry, TargetError};

/// The API server could not be asked; nothing is known.
pub(super) struct Unknown;

/// Deletes what has the name that the last status tells, if the object owns it and asks for another name now, or, where
/// its target `is_new`, for another kind, which no status tells. With the other policies of creation a target outlives
/// its object, and so its name.
pub(super) async fn remove_former(context: &Context, loaded: &Loaded, is_new: bool) -> Result<(), Unknown> {
    let Ok(plan) = &loaded.plan else { return Ok(()) };
    let Some(former) = loaded.status.target.as_ref().map(|target| target.name.as_str()) else { return Ok(()) };
    let is_renamed = former != plan.target.name;
    if !(is_renamed || is_new) || plan.target.creation_policy != CreationPolicy::Owner {
        return Ok(());
    }
    let owner = Owner { id: loaded.id.clone(), uid: loaded.uid().into() };
    let kinds = std::iter::once(None).chain(context.targets.kinds().allowed().map(Some));
    for kind in kinds.filter(|kind| is_renamed || *kind != plan.target.manifest.as_ref()) {
        remove(context, &owner, kind, former).await?;
    }
    Ok(())
}

async fn remove(context: &Context, owner: &Owner, kind: Option<&TargetKind>, former: &str) -> Result<(), Unknown> {
    match context.targets.delete(owner, kind, former).await {
        Ok(Deleted::Deleted) => {
            let counted = if kind.is_some() { "Other" } else { "Secret" };
            context.metrics.wrote(counted, "delete");
            let kind = kind.map_or("Secret", |kind| &kind.kind);
            tracing::info!(object = %owner.id, kind, name = former, "the target of the former name was deleted");
            Ok(())
        }
        Ok(Deleted::Absent) => Ok(()),
        // A kind that is not there has no objects.
        Err(TargetError::KindUnknown { .. }) => Ok(()),
        Err(error) if error.retry() == Retry::Backoff => Err(Unknown),
        // It is somebody else's by now.
        Err(_) => Ok(()),
    }
}
