//! Events for people: only when an object changes between ready and not, or the cause changes.
//!
//! Must never: tell of the same state twice, or forward what the API server said of a body.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use sealbridge_api::ConditionType;
use tracing::{info, warn};

use crate::decode::Loaded;
use crate::status::Report;

const REPORTER: &str = "sealbridge";

/// What the condition `Ready` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness<'a> {
    /// Whether it holds.
    pub(crate) holds: bool,
    /// Why, in a word.
    pub(crate) reason: &'a str,
}

/// Tells people of transitions.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
}

impl Events {
    /// Tells through `client`.
    #[must_use]
    pub fn new(client: kube::Client) -> Self {
        Self { recorder: Recorder::new(client, Reporter { controller: REPORTER.to_owned(), instance: None }) }
    }

    /// Tells of the report, if it says another thing of the object's readiness than the last status.
    pub async fn transition(&self, loaded: &Loaded, report: &Report) {
        let Some(verdict) = &report.verdict else { return };
        let before = loaded.status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
        let before = before.map(|before| Readiness { holds: before.status == "True", reason: &before.reason });
        let object = ObjectReference {
            api_version: Some(loaded.id.kind.api_version()),
            kind: Some(loaded.id.kind.as_str().to_owned()),
            namespace: Some(loaded.id.namespace.as_ref().to_owned()),
            name: Some(loaded.id.name.as_ref().to_owned()),
            uid: Some(loaded.uid().to_owned()),
            resource_version: loaded.metadata.resource_version.clone(),
            field_path: None,
        };
        let now = Readiness { holds: verdict.ready, reason: verdict.reason.as_str() };
        self.tell(&object, before, now, &verdict.message).await;
    }

    /// Tells that an object is ready or not, if that is another thing than before. A first success is no news.
    pub(crate) async fn tell(&self, object: &ObjectReference, before: Option<Readiness<'_>>, now: Readiness<'_>, message: &str) {
        if before.map_or(now.holds, |before| before == now) {
            return;
        }
        let name = |part: &Option<String>| part.clone().unwrap_or_default();
        let shown = format!("{} {}/{}", name(&object.kind), name(&object.namespace), name(&object.name));
        if now.holds {
            info!(object = %shown, reason = now.reason, "ready");
        } else {
            warn!(object = %shown, reason = now.reason, message, "not ready");
        }
        let event = Event {
            type_: if now.holds { EventType::Normal } else { EventType::Warning },
            reason: now.reason.to_owned(),
            note: Some(bounded(message)),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, object).await {
            warn!(object = %shown, error = cluster_error(&error), "an event could not be written");
        }
    }
}

/// The API server takes at most 1024 bytes as an event's note.
fn bounded(message: &str) -> String {
    let mut end = message.len().min(1000);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.get(..end).unwrap_or_default().to_owned()
}

/// The class of an API server's refusal; its text is left out because it may quote what was sent.
#[must_use]
pub fn cluster_error(error: &kube::Error) -> &'static str {
    match error {
        kube::Error::Api(status) => match status.code {
            401 => "the API server does not accept the operator's credentials",
            403 => "the operator lacks a permission",
            404 => "the API server does not know the resource",
            409 => "somebody else wrote at the same time",
            410 => "the API server forgot that point in time",
            429 | 500..=599 => "the API server is not ready",
            _ => "the API server refused the request",
        },
        _ => "the API server could not be reached",
    }
}
