//! What generators log in with: watched by name, as metadata only, so that one that failed for it is tried again at once.
//!
//! Must never: have a generator run that did not fail, or watch what another namespace has.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::{Read, credentials_of};
use crate::identity::ObjectId;
use crate::index::Work;
use crate::inputs::InputId;

/// How long it may take until it is known what is there. Later, the object is told.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// Watches what these generators of an object refer to, and nothing else for it. Once this returns no change is missed.
pub(super) async fn follow(context: &Context, loaded: &Loaded, generators: impl Iterator<Item = &Read>) {
    let ids: Vec<InputId> = generators.flat_map(|read| credentials_of(&loaded.id.namespace, &read.generator)).collect();
    context.credentials.follow_only(&loaded.id, &ids);
    drop(context.credentials.states(&loaded.id, &ids, KNOWN_WITHIN).await);
}

/// Has every object tried again of which a generator failed, or is being run, and of which a credential changed. Never ends
/// by itself.
pub async fn run(context: Arc<Context>, mut changed: mpsc::UnboundedReceiver<ObjectId>) {
    while let Some(id) = changed.recv().await {
        match context.index.with(&id, |object| object.failure.is_some() || object.busy) {
            Some(true) => context.index.ask(&id, Work::READ | Work::RENDER),
            Some(false) => {}
            None => context.credentials.follow_only(&id, &[]),
        }
    }
}
