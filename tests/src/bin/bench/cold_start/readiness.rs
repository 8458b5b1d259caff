//! Sees, by one watch, when the last object of a namespace becomes Ready. It must never poll: lists of all objects
//! would be a load of their own on the API server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::{ApiResource, WatchEvent, WatchParams};
use kube::core::{NotUsed, Object};
use kube::{Api, ResourceExt};
use sealbridge_api::BridgedSecret;
use sealbridge_tests::Namespace;
use serde::Deserialize;

use super::objects;

/// How long all of it may take; a deadline, not a measure.
const DEADLINE: Duration = Duration::from_mins(4);

/// What is read of an object: its conditions.
type Seen = Object<NotUsed, Status>;

#[derive(Clone, Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

/// A watch over all objects of a namespace, open and past those that existed when it was opened.
pub(super) struct Readiness(BoxStream<'static, kube::Result<WatchEvent<Seen>>>);

impl Readiness {
    /// Opens the watch and takes in the objects that exist, none of which is Ready.
    pub(super) async fn watch(namespace: &Namespace<'_>) -> Self {
        let kind = ApiResource::erase::<BridgedSecret>(&());
        let objects: Api<Seen> = Api::namespaced_with(namespace.client(), namespace.name(), &kind);
        let stream = objects.watch(&WatchParams::default(), "0").await.expect("a watch");
        let mut readiness = Self(stream.boxed());
        let mut seen = 0;
        while seen < objects::COUNT {
            let object = readiness.next().await;
            assert!(!is_ready(&object), "{} is Ready before anything was started", object.name_any());
            seen += 1;
        }
        readiness
    }

    /// The moment at which the last object was seen to be Ready.
    pub(super) async fn of_all(mut self) -> Instant {
        let mut ready = BTreeSet::new();
        let end = tokio::time::Instant::now() + DEADLINE;
        while ready.len() < objects::COUNT {
            let object = tokio::time::timeout_at(end, self.next()).await;
            let object = object.unwrap_or_else(|_| panic!("only {} of {} objects became Ready", ready.len(), objects::COUNT));
            if is_ready(&object) {
                ready.insert(object.name_any());
            }
        }
        Instant::now()
    }

    async fn next(&mut self) -> Seen {
        loop {
            match self.0.next().await.expect("an open watch").expect("an event") {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => return object,
                WatchEvent::Bookmark(_) => {}
                WatchEvent::Deleted(_) | WatchEvent::Error(_) => panic!("the watch saw something else than progress"),
            }
        }
    }
}

fn is_ready(object: &Seen) -> bool {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    conditions.filter(|condition| condition.kind == "Ready").any(|condition| condition.status == "True")
}
