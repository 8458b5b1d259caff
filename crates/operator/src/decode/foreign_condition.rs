//! Conditions of other controllers' kinds: without a generation, and perhaps without a time.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use sealbridge_api::ConditionType;
use serde::Deserialize;

/// A condition as another controller's kind has it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ForeignCondition {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) last_transition_time: Option<Time>,
}

impl ForeignCondition {
    /// As our `Ready`, of a generation that the rest of the status tells.
    pub(super) fn into_ready(self, generation: Option<i64>) -> Condition {
        Condition {
            type_: ConditionType::Ready.as_str().to_owned(),
            status: self.status,
            reason: self.reason,
            message: self.message,
            observed_generation: generation,
            last_transition_time: self.last_transition_time.unwrap_or(Time(jiff::Timestamp::UNIX_EPOCH)),
        }
    }
}
