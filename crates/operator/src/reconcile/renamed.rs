//! The Secret that an object wrote under another name before its target was renamed.
//!
//! Must never: delete before the Secret of the new name is there, or one that is not the object's own any more.

use sealbridge_api::bridged_secret::CreationPolicy;

use crate::context::Context;
use crate::decode::Loaded;
use crate::identity::Owner;
use crate::target::{Deleted, Retry};

/// The API server could not be asked; nothing is known.
pub(super) struct Unknown;

/// Deletes the Secret of the name that the last status tells, if the object owns it and asks for another name now. With
/// the other policies of creation a Secret outlives its object, and so its name.
pub(super) async fn remove_former(context: &Context, loaded: &Loaded) -> Result<(), Unknown> {
    let Ok(plan) = &loaded.plan else { return Ok(()) };
    let Some(former) = loaded.status.target.as_ref().map(|target| target.name.as_str()) else { return Ok(()) };
    if former == plan.target.name || plan.target.creation_policy != CreationPolicy::Owner {
        return Ok(());
    }
    let owner = Owner { id: loaded.id.clone(), uid: loaded.uid().into() };
    match context.targets.delete(&owner, former).await {
        Ok(Deleted::Deleted) => {
            context.metrics.wrote("Secret", "delete");
            tracing::info!(object = %loaded.id, secret = former, "the Secret of the former name was deleted");
            Ok(())
        }
        Ok(Deleted::Absent) => Ok(()),
        Err(error) if error.retry() == Retry::Backoff => Err(Unknown),
        // It is somebody else's by now.
        Err(_) => Ok(()),
    }
}
