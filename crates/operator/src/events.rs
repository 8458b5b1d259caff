//! Events for people: only when an object changes between ready and not, or the cause changes.
//!
//! Must never: tell of the same state twice, or forward what the API server said of a body.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use sealbridge_api::ConditionType;
use tracing::{info, warn};

use crate::decode::Loaded;
use crate::status::{Report, Verdict};

const REPORTER: &str = "sealbridge";

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

    /// Tells of the report, if it says another thing of the object's readiness than the last status. A first
    /// success is no news.
    pub async fn transition(&self, loaded: &Loaded, report: &Report) {
        let Some(verdict) = &report.verdict else { return };
        let before = loaded.status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
        let is_news = match before {
            Some(before) => (before.status == "True") != verdict.ready || before.reason != verdict.reason.as_str(),
            None => !verdict.ready,
        };
        if !is_news {
            return;
        }
        log(loaded, verdict);
        let event = Event {
            type_: if verdict.ready { EventType::Normal } else { EventType::Warning },
            reason: verdict.reason.as_str().to_owned(),
            note: Some(bounded(&verdict.message)),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        let object = ObjectReference {
            api_version: Some(loaded.id.kind.api_version()),
            kind: Some(loaded.id.kind.as_str().to_owned()),
            namespace: Some(loaded.id.namespace.as_ref().to_owned()),
            name: Some(loaded.id.name.as_ref().to_owned()),
            uid: Some(loaded.uid().to_owned()),
            resource_version: loaded.metadata.resource_version.clone(),
            field_path: None,
        };
        if let Err(error) = self.recorder.publish(&event, &object).await {
            warn!(object = %loaded.id, error = cluster_error(&error), "an event could not be written");
        }
    }
}

fn log(loaded: &Loaded, verdict: &Verdict) {
    if verdict.ready {
        info!(object = %loaded.id, reason = verdict.reason.as_str(), "ready");
    } else {
        warn!(object = %loaded.id, reason = verdict.reason.as_str(), message = verdict.message, "not ready");
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
