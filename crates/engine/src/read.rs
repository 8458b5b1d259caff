//! What was read for a source, or why it gives nothing.

use std::sync::Arc;

use sealbridge_api::bridged_secret::DeletionPolicy;
use sealbridge_manifest::{Plan, SourceRef};
use sealbridge_provider::{Payload, ReadError, SelectError};

use crate::document::Refused;
use crate::ports::{SourceError, Values};

/// What was read, or nothing if the store has nothing and the object can do without: because whoever asks tolerates
/// it, or by the deletion policy.
pub(crate) fn read(
    plan: &Plan,
    source: &SourceRef,
    is_tolerated: bool,
    values: &impl Values,
) -> Result<Option<Arc<Payload>>, Refused> {
    match values.get(source).unwrap_or(Err(SourceError::Read(ReadError::Unavailable))) {
        Ok(payload) => Ok(Some(payload)),
        Err(error) if error.is_absence() && (is_tolerated || plan.target.deletion_policy != DeletionPolicy::Retain) => Ok(None),
        Err(error) => Err(Refused { reason: error.reason(), detail: error.detail() }),
    }
}

/// Why nothing could be taken out of what was read.
pub(crate) fn unselected(problem: SelectError) -> Refused {
    Refused { reason: problem.reason(), detail: problem.to_string() }
}
