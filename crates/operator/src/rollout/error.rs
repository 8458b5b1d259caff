//! Why a workload was not told, in words that fit a condition.

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::WorkloadRef;

/// Why a workload was not told of a new revision. (While the API server cannot be asked there is no result yet.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutFailure {
    /// There is no such workload.
    NotFound,
    /// The operator, or a rule of admission, does not allow the request.
    Forbidden,
    /// The API server refused the change.
    Invalid,
}

/// Why a workload was not told, with its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{:?} {} {}", workload.kind, workload.name, failure.text())]
pub struct RolloutError {
    /// The workload.
    pub workload: WorkloadRef,
    /// The class of the cause.
    pub failure: RolloutFailure,
}

impl RolloutFailure {
    fn text(self) -> &'static str {
        match self {
            Self::NotFound => "does not exist; create it, or remove it from spec.rollout",
            Self::Forbidden => {
                "may not be patched by the operator; grant it patch on this kind, or ask who runs the admission rules"
            }
            Self::Invalid => "was refused by the API server with a new annotation; check that the workload itself is valid",
        }
    }
}

impl RolloutError {
    /// The class under which the condition `RolledOut` names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.failure {
            RolloutFailure::NotFound => Reason::WorkloadNotFound,
            RolloutFailure::Forbidden => Reason::Forbidden,
            RolloutFailure::Invalid => Reason::RolloutPending,
        }
    }
}
