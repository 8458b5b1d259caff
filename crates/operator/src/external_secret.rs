//! What the other controller left on an ExternalSecret that this operator serves.
//!
//! Must never: touch an object that is the other controller's to serve.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::context::Context;
use crate::decode::Loaded;
use crate::identity::Kind;
use crate::stores::StoreKey;
use crate::watch::list_all;

/// The finalizer that the other controller sets on every object. Without that controller nobody takes it off, so that
/// the object could not be deleted.
const FINALIZER: &str = "externalsecrets.external-secrets.io/externalsecret-cleanup";

/// Whether the object is being deleted and waits for a controller to let go.
#[must_use]
pub(crate) fn holds_back_deletion(kind: Kind, metadata: &ObjectMeta) -> bool {
    kind == Kind::ExternalSecret && metadata.deletion_timestamp.is_some() && has_finalizer(metadata)
}

/// Takes the finalizer off, in exactly the state in which the object was seen; what changed meanwhile is seen again.
///
/// # Errors
/// The API server's answer. An object that is gone or changed is no error.
pub(crate) async fn let_go(context: &Context, loaded: &Loaded) -> Result<(), kube::Error> {
    if loaded.id.kind != Kind::ExternalSecret || !has_finalizer(&loaded.metadata) {
        return Ok(());
    }
    let others: Vec<_> = finalizers(&loaded.metadata).filter(|name| *name != FINALIZER).collect();
    let patch = json!({"metadata": {
        "uid": loaded.uid(),
        "resourceVersion": loaded.metadata.resource_version,
        "finalizers": others,
    }});
    let api = loaded.id.kind.api(context.client.clone(), Some(&loaded.id.namespace));
    match api.patch_metadata(&loaded.id.name, &PatchParams::default(), &Patch::Merge(patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Asks for every object that names the store and is not known yet: it was not this operator's, and may be now.
pub(crate) async fn ask_newcomers(context: Arc<Context>, store: StoreKey) {
    let api = Kind::ExternalSecret.api(context.client.clone(), store.namespace.as_deref());
    let take = |loaded: Loaded| {
        let names_it = loaded.stores.iter().any(|named| store.is_named_by(&loaded.id.namespace, named));
        if names_it && context.index.with(&loaded.id, |_| ()).is_none() && context.is_to_be_served(&loaded) {
            context.index.ask_to_load(loaded.id);
        }
    };
    if list_all(&context.client, Kind::ExternalSecret, &api, take).await.is_err() {
        tracing::warn!(%store, "objects that name a changed store could not be listed; those that are new to it wait for an edit");
    }
}

fn has_finalizer(metadata: &ObjectMeta) -> bool {
    finalizers(metadata).any(|name| name == FINALIZER)
}

fn finalizers(metadata: &ObjectMeta) -> impl Iterator<Item = &String> {
    metadata.finalizers.iter().flatten()
}
