//! Records every revision of one Secret, to show that it was never emptied, shrunk or deleted. It must never
//! miss a revision unnoticed: a watch that cannot go on where it stopped is a failure.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::TryStreamExt;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, ResourceExt};
use tokio::task::JoinHandle;

use crate::namespace::Namespace;
use crate::wait::eventually;

/// A state that the Secret was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// `metadata.uid`.
    pub uid: String,
    /// Its values, or nothing if this is its deletion.
    pub data: Option<BTreeMap<String, Vec<u8>>>,
}

/// The revisions of a Secret from the call of [`Self::record`] on.
pub struct SecretHistory {
    name: String,
    seen: Arc<Mutex<Seen>>,
    recorder: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    revisions: Vec<Revision>,
    lost: Option<String>,
}

impl SecretHistory {
    /// Records from the present state on. The recorder belongs to the runtime of the calling test, and goes on
    /// over restarts of the API server; for one that may miss a write, see [`crate::Cluster::private_that_remembers`].
    pub async fn record(namespace: &Namespace<'_>, name: &str) -> Self {
        let api = namespace.api::<Secret>();
        let only = format!("metadata.name={name}");
        let list = api.list(&ListParams::default().fields(&only)).await.expect("a list of one Secret");
        let version = list.metadata.resource_version.unwrap_or_default();
        let seen = Arc::new(Mutex::new(Seen::default()));
        for secret in list.items {
            note(&seen, Some(version.clone()), &secret, true);
        }
        let recorder = tokio::spawn(follow(api, only, version, Arc::clone(&seen)));
        Self { name: name.to_owned(), seen, recorder }
    }

    /// Every revision so far, oldest first.
    ///
    /// # Panics
    /// If the watch could not be continued, since a revision may be missing then.
    pub fn revisions(&self) -> Vec<Revision> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &seen.lost {
            panic!("the history of {} is not complete: {reason}", self.name);
        }
        seen.revisions.clone()
    }

    /// Waits until a revision has been recorded, so that all before it are.
    pub async fn reached(&self, secret: &Secret) {
        let version = secret.resource_version().unwrap_or_default();
        eventually(Duration::from_secs(30), &format!("revision {version} of {} is recorded", self.name), async || {
            let last = self.revisions().pop().map(|last| last.resource_version);
            let reached = self.revisions().iter().any(|revision| revision.resource_version == version);
            reached.then_some(()).ok_or_else(|| format!("{last:?}"))
        })
        .await;
    }

    /// Asserts that from its first appearance on the Secret always had all of these keys, each with a value.
    ///
    /// # Panics
    /// With the first revision that lacks one.
    pub fn assert_never_without(&self, keys: &[&str]) {
        for revision in self.revisions() {
            let Some(data) = &revision.data else {
                panic!("{} was deleted at {}", self.name, revision.resource_version);
            };
            for key in keys {
                assert!(
                    data.get(*key).is_some_and(|value| !value.is_empty()),
                    "{} had no {key} at {}: only {:?}",
                    self.name,
                    revision.resource_version,
                    data.keys().collect::<Vec<_>>()
                );
            }
        }
    }
}

impl Drop for SecretHistory {
    fn drop(&mut self) {
        self.recorder.abort();
    }
}

async fn follow(api: Api<Secret>, only: String, mut version: String, seen: Arc<Mutex<Seen>>) {
    let params = WatchParams::default().fields(&only);
    loop {
        let ended = watch_once(&api, &params, &mut version, &seen).await;
        if let Err(kube::Error::Api(status)) = ended
            && status.code == 410
        {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.lost = Some(status.message);
            return;
        }
        // The API server is away or closed the watch, which goes on from the same version.
        crate::wait::pause().await;
    }
}

async fn watch_once(api: &Api<Secret>, params: &WatchParams, version: &mut String, seen: &Mutex<Seen>) -> Result<(), kube::Error> {
    let mut events = std::pin::pin!(api.watch(params, version).await?);
    while let Some(event) = events.try_next().await? {
        match event {
            WatchEvent::Added(secret) | WatchEvent::Modified(secret) => {
                *version = note(seen, None, &secret, true);
            }
            WatchEvent::Deleted(secret) => *version = note(seen, None, &secret, false),
            WatchEvent::Bookmark(mark) => *version = mark.metadata.resource_version,
            WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
        }
    }
    Ok(())
}

fn note(seen: &Mutex<Seen>, version: Option<String>, secret: &Secret, there: bool) -> String {
    let own = secret.resource_version().unwrap_or_default();
    let data = secret.data.clone().unwrap_or_default();
    let revision = Revision {
        resource_version: own.clone(),
        uid: secret.uid().unwrap_or_default(),
        data: there.then(|| data.into_iter().map(|(key, ByteString(value))| (key, value)).collect()),
    };
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.revisions.last() != Some(&revision) {
        seen.revisions.push(revision);
    }
    version.unwrap_or(own)
}
