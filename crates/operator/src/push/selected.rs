//! Secrets that are selected by label, watched by their metadata for who pushes them.
//!
//! Must never: watch beyond the namespace of the object, or what nobody selects any more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{PartialObjectMeta, Selector};
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::kind::PushId;
use super::queue::Look;
use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;

/// The watches, one for each object that selects.
#[derive(Default)]
pub(super) struct Selected(Mutex<HashMap<PushId, Watch>>);

struct Watch {
    selector: LabelSelector,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Selected {
    /// Asks for a look at the object whenever a Secret that it selects changes, and once when they are first known.
    pub(super) fn follow(
        &self,
        id: &PushId,
        selector: &LabelSelector,
        client: &Client,
        ask: &mpsc::UnboundedSender<(PushId, Look)>,
        shutdown: &Shutdown,
    ) {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watches.get(id).is_some_and(|watch| watch.selector == *selector) {
            return;
        }
        // One that is none is told where it is read.
        let Ok(labels) = Selector::try_from(selector.clone()) else { return };
        let api: Api<PartialObjectMeta<Secret>> = Api::namespaced(client.clone(), &id.namespace);
        let (of, ask, shutdown) = (id.clone(), ask.clone(), shutdown.clone());
        let task = tokio::spawn(async move {
            let config = watcher::Config::default().labels_from(&labels);
            observe(api, config, "Secrets that are pushed", &shutdown, |observation| {
                if !matches!(observation, Observation::Forbidden) {
                    // Without a receiver the process is about to end.
                    let _told = ask.send((of.clone(), Look::Glance)).is_ok();
                }
            })
            .await;
        });
        watches.insert(id.clone(), Watch { selector: selector.clone(), task: task.abort_handle() });
    }

    /// Ends the watch for an object.
    pub(super) fn release(&self, id: &PushId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
