//! A list and watch that never ends, told as changes of a set of objects.
//!
//! Owns reconnecting with backoff. Must never keep objects, nor repeat what the API server answered.

use std::fmt::Debug;
use std::pin::pin;

use futures::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use crate::shutdown::Shutdown;

/// Objects per page of a list.
const PAGE: u32 = 500;
/// HTTP's "forbidden".
const FORBIDDEN: u16 = 403;

/// One change of the set. `managedFields` are absent from every object.
#[derive(Debug)]
pub(crate) enum Observation<K> {
    /// The whole set as it is: at the start, and when the watch could not be taken up where it ended.
    Replaced(Vec<K>),
    /// An object was made or changed.
    Applied(K),
    /// An object was deleted; this is how it was last.
    Deleted(K),
    /// The operator lacks the permission to list or watch; it goes on asking.
    Forbidden,
}

/// Tells `on` about every change of what `api` and `config` select, until `shutdown`. `what` names it in logs.
pub(crate) async fn observe<K>(
    api: Api<K>,
    config: watcher::Config,
    what: &str,
    shutdown: &Shutdown,
    mut on: impl FnMut(Observation<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut stream = pin!(watcher(api, config.page_size(PAGE)).default_backoff());
    let mut listed = Vec::new();
    let mut failing = false;
    loop {
        let next = tokio::select! {
            () = shutdown.requested() => return,
            next = stream.next() => next,
        };
        match next {
            None => return,
            Some(Err(error)) => {
                let code = api_code(&error);
                if !failing {
                    tracing::warn!(what, code, "the API server did not answer a watch; it is asked again");
                }
                failing = true;
                if code == Some(FORBIDDEN) {
                    on(Observation::Forbidden);
                }
            }
            Some(Ok(event)) => {
                failing = false;
                match event {
                    Event::Init => listed.clear(),
                    Event::InitApply(object) => listed.push(lean(object)),
                    Event::InitDone => on(Observation::Replaced(std::mem::take(&mut listed))),
                    Event::Apply(object) => on(Observation::Applied(lean(object))),
                    Event::Delete(object) => on(Observation::Deleted(lean(object))),
                }
            }
        }
    }
}

fn lean<K: Resource>(mut object: K) -> K {
    object.meta_mut().managed_fields = None;
    object
}

fn api_code(error: &watcher::Error) -> Option<u16> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status)) => Some(status.code),
        watcher::Error::WatchError(status) => Some(status.code),
        _ => None,
    }
}
