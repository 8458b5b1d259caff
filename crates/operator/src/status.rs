//! What is answered on an object's status.
//!
//! Owns: the one place that writes it, and only when it differs. Must never: put anything in it that changes
//! while its cause does not.

mod build;
mod external_secret;
mod sealed_secret;

use kube::api::{Patch, PatchParams};
use sealbridge_api::bridged_secret::BridgedSecretStatus;
use sealbridge_api::{ConditionType, Reason};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::decode::Loaded;
use crate::identity::Kind;
use crate::target::Written;

/// Fields that the operator writes are found under this manager.
pub const MANAGER: &str = "sealbridge";
/// The condition of a SealedSecret that stands for `Ready`.
pub const SYNCED: &str = "Synced";

/// What is to be told of an object. What is `None` stays as it was told before.
#[derive(Debug, Default)]
pub struct Report {
    /// Whether it is as its spec says.
    pub verdict: Option<Verdict>,
    /// Its Secret.
    pub target: Option<Target>,
    /// Where its values came from.
    pub sources: Option<Vec<SourceSeen>>,
    /// Keys that opened its sealed entries.
    pub opened_with: Option<Vec<String>>,
    /// What its workloads were told.
    pub rollout: Option<Rollout>,
    /// The requests for a refresh that this answers.
    pub handled: Option<Handled>,
}

/// Whether an object is as its spec says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is.
    pub ready: bool,
    /// The class of the cause.
    pub reason: Reason,
    /// What failed and what to do, or what was done.
    pub message: String,
}

/// What became of the Secret.
#[derive(Debug)]
pub enum Target {
    /// It was written, or found to be as it was written.
    Written(Written),
    /// It was deleted.
    Deleted,
}

/// One source as it was read.
#[derive(Clone, Debug)]
pub struct SourceSeen {
    /// The store as `kind/name`.
    pub store: String,
    /// Which store that is, opaque.
    pub store_id: Option<String>,
    /// The key in it.
    pub key: String,
    /// The version that was served.
    pub version: Option<String>,
}

/// What workloads were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// There are none to tell.
    None,
    /// All carry this revision.
    Complete(String),
    /// They carry this revision, and another one is under way.
    Pending(String),
    /// One of them could not be told.
    Failed(Reason, String),
}

/// The requests for a refresh that were acted upon.
#[derive(Clone, Debug, Default)]
pub struct Handled {
    /// All of them as one text.
    pub requests: Option<String>,
    /// The value of Flux's own annotation.
    pub flux: Option<String>,
}

/// Whether the last status says that the object is as its spec says.
#[must_use]
pub fn is_ready(status: &BridgedSecretStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == ConditionType::Ready.as_str() && condition.status == "True")
}

/// Writes the report to the object's status, if that changes anything; answers whether it did.
///
/// # Errors
/// The API server's answer. An object that is gone is no error.
pub async fn write(context: &Context, loaded: &Loaded, report: &Report) -> Result<bool, kube::Error> {
    let now = jiff::Timestamp::now();
    let status = build::status(loaded, report, now);
    let patch = match loaded.id.kind {
        Kind::BridgedSecret => difference(&loaded.status, &status),
        Kind::SealedSecret => sealed_secret::difference(&loaded.status, &status, now),
        Kind::ExternalSecret => external_secret::difference(loaded, &status, now),
    };
    let Some(patch) = patch else { return Ok(false) };
    let api = loaded.id.kind.api(context.client.clone(), Some(&loaded.id.namespace));
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let patch = json!({"metadata": {"uid": loaded.uid()}, "status": patch});
    match api.patch_status(&loaded.id.name, &params, &Patch::Merge(patch)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The top-level fields that differ, as a JSON merge patch (RFC 7396); `None` if there is none.
fn difference(old: &BridgedSecretStatus, new: &BridgedSecretStatus) -> Option<Value> {
    if old == new {
        return None;
    }
    let (old, new) = (fields(old), fields(new));
    let mut patch = Map::new();
    for (name, value) in &new {
        if old.get(name) != Some(value) {
            patch.insert(name.clone(), value.clone());
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

fn fields(status: &BridgedSecretStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_sent_and_what_went_is_null() {
        let old = BridgedSecretStatus {
            observed_generation: Some(1),
            last_handled_refresh: Some("a".into()),
            source_count: Some(2),
            ..BridgedSecretStatus::default()
        };
        let new = BridgedSecretStatus { observed_generation: Some(2), source_count: Some(2), ..BridgedSecretStatus::default() };
        assert_eq!(difference(&old, &new), Some(json!({"observedGeneration": 2, "lastHandledRefresh": null})));
        assert_eq!(difference(&new, &new), None);
    }
}
