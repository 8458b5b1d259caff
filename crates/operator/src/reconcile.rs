//! One object, from values to a true Secret and a true status.
//!
//! ```text
//!   run:    load ─▶ judge absences ─▶ run generators ─▶ gather ─▶ assemble ─▶ target.apply ─▶ status
//!   attend: inspect the Secret that somebody touched, tell workloads of a revision, renew what generators had made
//! ```
//!
//! Owns: the order of these steps for one object. Must never: write anything when nothing changed, or leave
//! less than the last Secret when something failed.

mod attend;
mod credentials;
mod generators;
mod judge;
mod keys;
mod leases;
mod object;
mod outcome;
mod renamed;
mod templates;
mod write;

use std::sync::Arc;

use kube::api::Request;
use sealbridge_engine::Recipe;
use sealbridge_manifest::{Refresh, StoreName};
use sealbridge_secret::Digest;

pub use attend::{attend, rolled_out};
pub use credentials::run as run_credentials;
pub use leases::part;
pub use object::index_object;
pub(crate) use outcome::RETAINED;
pub use templates::{follow as follow_templates, run as run_templates};

use crate::context::Context;
use crate::decode::{self, Loaded};
use crate::external_secret;
use crate::identity::{Kind, ObjectId};
use crate::index::{Object, Work};
use crate::schedule::round::Task;
use crate::schedule::values::MemberValues;
use crate::stores::StoreSession;

/// The sessions in which an object's sources were read.
pub type Sessions = Vec<(StoreName, StoreSession)>;

/// Whether the object's Secret is proven to be what these values make it.
#[must_use]
pub fn is_unchanged(task: &Task, recipe: &Recipe, values: &MemberValues) -> bool {
    if task.work.contains(Work::RENDER) {
        return false;
    }
    let known = task.context.index.with(&task.id, |object| {
        let proven = object.proven.as_ref()?;
        (object.failure.is_none() && !object.secret_was_touched())
            .then(|| (Arc::clone(&object.uid), Arc::clone(&object.target), proven.inputs))
    });
    let Some(Some((uid, target, Some(inputs)))) = known else { return false };
    let digest: Option<Digest> = recipe.inputs_digest(&task.context.digest_key, &uid, &target, values);
    digest == Some(inputs)
}

/// Reads an object that is new or was edited, and asks for what it then needs.
pub async fn load(context: &Arc<Context>, id: &ObjectId) {
    match fetch(context, id).await {
        Ok(Some(loaded)) => {
            if external_secret::let_go(context, &loaded).await.is_err() {
                return load_later(context, id);
            }
            if loaded.metadata.deletion_timestamp.is_some() {
                return context.index.remove(id);
            }
            let (object, work) = object::index_object(context, &loaded, None);
            let rests = rests(context, &loaded);
            let work = if rests { Work::NONE } else { work | Work::READ | Work::RENDER };
            context.index.upsert(id, object, work);
            templates::follow(context, &loaded);
            if rests && rests_untold(&loaded) && outcome::tell_of_rest(context, &loaded).await.is_err() {
                load_later(context, id);
            }
        }
        Ok(None) => context.index.remove(id),
        Err(_) => load_later(context, id),
    }
}

/// Whether an object is of those that an edit gives no work to once its Secret was made, and its status does not speak of
/// the last edit. Of an ExternalSecret the status says what was synced last, which such an edit was not.
#[must_use]
pub fn rests_untold(loaded: &Loaded) -> bool {
    loaded.id.kind == Kind::BridgedSecret
        && loaded.plan.as_ref().is_ok_and(|plan| plan.refresh == Refresh::UntilMade)
        && loaded.status.observed_generation != Some(loaded.generation())
}

/// An object whose sources are read only until its Secret was made is at rest once it was.
fn rests(context: &Context, loaded: &Loaded) -> bool {
    let Ok(plan) = &loaded.plan else { return false };
    let is_made = |object: &Object| object.proven.is_some() && *object.uid == *loaded.uid() && *object.target == *plan.target.id();
    plan.refresh == Refresh::UntilMade && context.index.with(&loaded.id, is_made).unwrap_or_default()
}

fn load_later(context: &Arc<Context>, id: &ObjectId) {
    let (context, id) = (Arc::clone(context), id.clone());
    tokio::spawn(async move {
        tokio::time::sleep(outcome::FIRST_RETRY).await;
        context.index.ask_to_load(id);
    });
}

/// Makes the object's Secret what its values say, and says so in its status.
pub async fn run(task: Task, mut values: MemberValues, sessions: Sessions) {
    let context = Arc::clone(&task.context);
    let Ok(mut permit) = context.writers.acquire().await else { return };
    let loaded = match fetch(&context, &task.id).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return context.index.remove(&task.id),
        Err(_) => return outcome::retry(&task),
    };
    if is_another(&context, &task.id, &loaded) {
        return context.index.ask_to_load(task.id.clone());
    }
    tracing::trace!(object = %task.id, generation = loaded.generation(), sources = values.iter().count(), "in hand");
    judge::absences(&context, &loaded, &sessions, &mut values).await;
    templates::read(&context, &loaded, &mut values).await;
    let mut generated = Ok(());
    if loaded.plan.as_ref().is_ok_and(|plan| plan.generators().next().is_some()) {
        // A server that is asked may take its time, in which others write.
        drop(permit);
        generated = generators::run(&context, &loaded, &mut values).await;
        let Ok(again) = context.writers.acquire().await else { return };
        permit = again;
    }
    let outcome = match generated {
        Ok(()) => write::secret(&context, &loaded, &values).await,
        Err(error) => write::failed(&error),
    };
    outcome::record(&task, &loaded, &sessions, &values, outcome).await;
    drop(permit);
}

/// The object; `None` if there is none, or none that is this operator's to serve.
async fn fetch(context: &Context, id: &ObjectId) -> Result<Option<Loaded>, ClusterUnavailable> {
    let api = id.kind.api(context.client.clone(), Some(&id.namespace));
    let request =
        Request::new(api.resource_url()).get(&id.name, &kube::api::GetParams::default()).map_err(|_| ClusterUnavailable)?;
    match context.client.request_text(request).await {
        Ok(text) => {
            let loaded = decode::object(id.kind, &text).map_err(|_| ClusterUnavailable)?;
            Ok(context.taken(loaded))
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(_) => Err(ClusterUnavailable),
    }
}

/// The API server did not answer; the work is done again later.
#[derive(Clone, Copy, Debug)]
pub struct ClusterUnavailable;

/// Whether the object is not the one whose sources were read.
fn is_another(context: &Context, id: &ObjectId, loaded: &Loaded) -> bool {
    context.index.with(id, |object| object.uid.as_ref() != loaded.uid() || object.generation != loaded.generation()).unwrap_or(true)
}
