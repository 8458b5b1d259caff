//! Following objects by their metadata, for ever.
//!
//! Owns: lists, watches, reconnecting. Must never: keep what it saw, or end because the API server did.

mod objects;
mod others;
mod secrets;

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use kube::core::PartialObjectMeta;
use tracing::{debug, warn};

pub use objects::{Objects, list_all};
pub use others::OtherTargets;
pub use secrets::{OwnedSecrets, SecretStamp, list_owned, selector};

/// Objects on a page of a list: small enough that a page costs little memory.
pub const PAGE: u32 = 250;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// What is told of the objects that are followed.
pub trait Follower: Send + Sync {
    /// Everything that exists, after a gap in which changes may have been missed.
    fn listed(&self, all: Vec<ObjectMeta>);
    /// An object was made or changed.
    fn applied(&self, metadata: &ObjectMeta);
    /// An object is gone, or no longer matches.
    fn deleted(&self, metadata: &ObjectMeta);
}

/// Follows the objects of `api` that carry `labels` (all, if empty) from `resource_version` on; `None` lists
/// first. Never returns.
pub async fn follow<K>(api: Api<K>, labels: &str, mut resource_version: Option<String>, follower: &impl Follower)
where
    K: Clone + kube::Resource + serde::de::DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let from = match resource_version.take() {
            Some(from) => from,
            None => match list(&api, labels).await {
                Ok((all, from)) => {
                    follower.listed(all);
                    from
                }
                Err(error) => {
                    warn!(error = %crate::events::cluster_error(&error), "a list failed and is tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            },
        };
        match watch(&api, labels, from, follower).await {
            Ok(last) => {
                resource_version = Some(last);
                pause = FIRST_PAUSE;
            }
            Err(Lost::Gone) => debug!("the watch fell behind; listing again"),
            Err(Lost::Broken { last, error }) => {
                debug!(error = %crate::events::cluster_error(&error), "a watch broke and is taken up again");
                resource_version = Some(last);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

async fn list<K>(api: &Api<K>, labels: &str) -> Result<(Vec<ObjectMeta>, String), kube::Error>
where
    K: Clone + kube::Resource + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let mut params = ListParams::default().labels(labels).limit(PAGE);
    let mut all = Vec::new();
    loop {
        let page = api.list_metadata(&params).await?;
        all.extend(page.items.into_iter().map(|item| lean(item.metadata)));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok((all, page.metadata.resource_version.unwrap_or_default())),
        }
    }
}

enum Lost {
    Gone,
    Broken { last: String, error: kube::Error },
}

async fn watch<K>(api: &Api<K>, labels: &str, from: String, follower: &impl Follower) -> Result<String, Lost>
where
    K: Clone + kube::Resource + serde::de::DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let mut last = from;
    let params = WatchParams::default().labels(labels).timeout(290);
    let stream = match api.watch_metadata(&params, &last).await {
        Ok(stream) => stream,
        Err(kube::Error::Api(status)) if status.code == 410 => return Err(Lost::Gone),
        Err(error) => return Err(Lost::Broken { last, error }),
    };
    let mut stream = stream.into_stream().boxed();
    while let Some(event) = stream.next().await {
        match event {
            Ok(
                WatchEvent::Added(PartialObjectMeta { metadata, .. }) | WatchEvent::Modified(PartialObjectMeta { metadata, .. }),
            ) => {
                let metadata = lean(metadata);
                follower.applied(&metadata);
                last = metadata.resource_version.unwrap_or(last);
            }
            Ok(WatchEvent::Deleted(PartialObjectMeta { metadata, .. })) => {
                let metadata = lean(metadata);
                follower.deleted(&metadata);
                last = metadata.resource_version.unwrap_or(last);
            }
            Ok(WatchEvent::Bookmark(bookmark)) => last = bookmark.metadata.resource_version,
            Ok(WatchEvent::Error(status)) if status.code == 410 => return Err(Lost::Gone),
            Ok(WatchEvent::Error(status)) => return Err(Lost::Broken { last, error: kube::Error::Api(status) }),
            Err(error) => return Err(Lost::Broken { last, error }),
        }
    }
    Ok(last)
}

/// Managed fields are most of an object's metadata and are never looked at here.
fn lean(mut metadata: ObjectMeta) -> ObjectMeta {
    metadata.managed_fields = None;
    metadata
}
