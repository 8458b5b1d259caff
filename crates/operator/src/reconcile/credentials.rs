//! What generators log in with: watched by name, as metadata only, so that one that failed for it is tried again at once.
//!
//! Must never: have a generator run that did not fail, or watch what another namespace has.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_provider::{InputKind as Named, InputName, inputs_of_generator};
use tokio::sync::mpsc;

use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::Read;
use crate::identity::ObjectId;
use crate::index::Work;
use crate::inputs::{InputId, InputKind};
use crate::object_name::is_object_name;

/// How long it may take until it is known what is there. Later, the object is told.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// Watches what these generators of an object refer to, and nothing else for it. Once this returns no change is missed.
pub(super) async fn follow(context: &Context, loaded: &Loaded, generators: impl Iterator<Item = &Read>) {
    let named = generators.flat_map(|read| inputs_of_generator(&read.generator));
    let ids: Vec<InputId> = named.filter_map(|input| id(&loaded.id.namespace, &input)).collect();
    context.credentials.follow_only(&loaded.id, &ids);
    drop(context.credentials.states(&loaded.id, &ids, KNOWN_WITHIN).await);
}

/// The object that a generator of this namespace refers to; `None` if it may not.
fn id(namespace: &Arc<str>, named: &InputName) -> Option<InputId> {
    let kind = match named.kind {
        Named::Secret => InputKind::Secret,
        Named::ConfigMap => InputKind::ConfigMap,
        Named::ServiceAccount => InputKind::ServiceAccount,
    };
    let is_own = named.namespace.as_deref().is_none_or(|named| named == &**namespace);
    (is_own && is_object_name(&named.name)).then(|| InputId {
        kind,
        namespace: Arc::clone(namespace),
        name: named.name.as_str().into(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_another_namespace_is_watched() {
        let named = |namespace: Option<&str>, name: &str| InputName {
            kind: Named::Secret,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        let watched = |namespace, name| id(&"shop".into(), &named(namespace, name)).map(|id| id.to_string());
        assert_eq!(watched(None, "token").as_deref(), Some("Secret shop/token"));
        assert_eq!(watched(Some("shop"), "token").as_deref(), Some("Secret shop/token"));
        assert_eq!(watched(Some("bank"), "token"), None);
        assert_eq!(watched(None, "token,metadata.namespace=bank"), None, "it would select more");
    }
}
