//! Credentials that generators had made: renewed while the Secret has them, and given back once nobody can use them.
//!
//! ```text
//!   clock ─▶ Work::RENEW ─▶ renew ─▶ next end, or made anew by a run
//!   a newer one written, a run dropped ─▶ give_back
//!   object gone ─▶ part: wait until its Secret is gone too ─▶ give_back
//! ```
//!
//! Must never: write anything to the API server, or give back what a Secret may still have.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_provider::generator::{Lease, Renewal};
use tokio::time::sleep;
use tracing::{debug, info};

use super::ClusterUnavailable;
use crate::context::Context;
use crate::generators::{StandsIn, next_renewal};
use crate::identity::{ObjectId, Owner};
use crate::index::Departed;
use crate::schedule::round::Task;
use crate::schedule::wall_clock;

/// The first pause between two looks whether a Secret went after its object; each is twice as long as the one before.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How often it is looked, which takes a quarter of an hour. The garbage collector takes seconds; a Secret that is still
/// there then is to stay.
const LOOKS: u32 = 10;

/// Renews what is due.
pub(super) async fn renew(task: &Task) {
    let context = &task.context;
    let now = wall_clock().as_secs();
    let due = context.index.with(&task.id, |object| {
        let held = object.generators.iter().flat_map(|progress| progress.held.due(now));
        held.map(|(run, lease)| (run.clone(), Arc::clone(lease))).collect::<Vec<_>>()
    });
    for (run, lease) in due.unwrap_or_default() {
        let Ok(permit) = context.generators.acquire().await else { return };
        let renewal = lease.renew().await;
        drop(permit);
        let next = next_renewal(renewal, &*lease);
        match (renewal, next) {
            (Renewal::Granted, Some(next)) => debug!(object = %task.id, ?next, "a credential was renewed"),
            (_, Some(next)) => info!(object = %task.id, ?next, "a credential could not be renewed; its server is asked again"),
            (_, None) => info!(object = %task.id, ?renewal, "a credential cannot be renewed any more and is made anew"),
        }
        if renewal == Renewal::Granted {
            context.metrics.reconciled("renewed");
        }
        let next = next.map(|pause| (wall_clock() + pause).as_secs());
        context.index.update(&task.id, |object| {
            if let Some(progress) = &mut object.generators {
                progress.held.renewed(&run, &lease, next);
            }
        });
    }
}

/// Gives back what nobody uses any more, in the background and once: what cannot be given back ends by itself.
pub(super) fn give_back(context: &Arc<Context>, id: &ObjectId, leases: Vec<Arc<dyn Lease>>) {
    for lease in leases {
        let (context, id) = (Arc::clone(context), id.clone());
        tokio::spawn(async move {
            let Ok(_permit) = context.generators.acquire().await else { return };
            match lease.give_back().await {
                Ok(()) => info!(object = %id, "a credential that nobody uses any more was given back"),
                Err(error) => info!(object = %id, %error, "a credential could not be given back; it ends by itself"),
            }
        });
    }
}

/// Gives back what is held of an object that is not known any more, once neither it nor its Secret is there. An object that
/// is only another operator's now keeps everything.
pub async fn part(context: Arc<Context>, departed: Departed) {
    let Departed { owner, stands_in, leases } = departed;
    for look in 0..LOOKS {
        match look_for(&context, &owner, &stands_in).await {
            Ok(Found::Nothing) => return give_back(&context, &owner.id, leases),
            Ok(Found::Living) => return,
            Ok(Found::Going) | Err(ClusterUnavailable) => sleep(FIRST_LOOK * 2_u32.pow(look)).await,
        }
    }
}

/// What is there of an object and its Secret.
enum Found {
    /// The object.
    Living,
    /// The object while it is deleted, or its Secret.
    Going,
    /// Neither of them.
    Nothing,
}

/// Looks for the object and its Secret. Others of the same names have nothing of these.
async fn look_for(context: &Context, owner: &Owner, stands_in: &StandsIn) -> Result<Found, ClusterUnavailable> {
    let api = owner.id.kind.api(context.client.clone(), Some(&owner.id.namespace));
    let object = api.get_metadata_opt(&owner.id.name).await.map_err(|_| ClusterUnavailable)?;
    if let Some(object) = object.filter(|object| object.metadata.uid.as_deref() == Some(&*owner.uid)) {
        return Ok(if object.metadata.deletion_timestamp.is_some() { Found::Going } else { Found::Living });
    }
    let StandsIn { kind, name, uid } = stands_in;
    let stands = context.targets.uid_of(owner, kind.as_ref(), name).await.map_err(|_| ClusterUnavailable)?;
    Ok(if stands.is_some_and(|stands| stands == *uid) { Found::Going } else { Found::Nothing })
}
