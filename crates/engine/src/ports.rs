//! What the engine asks of whoever drives it.

use std::sync::Arc;

use sealbridge_manifest::SourceRef;
use sealbridge_provider::{Payload, ReadError};
use sealbridge_seal::{OpenError, Opened, Target};

/// Values that were read before the engine is asked. An absent answer is a mistake of the driver and is
/// reported as a store that is not ready, never as a value that does not exist.
pub trait Values {
    /// What was read for `source`.
    fn get(&self, source: &SourceRef) -> Option<Result<Arc<Payload>, ReadError>>;
}

/// Opens sealed values for the namespace that the plan is of.
pub trait Keys {
    /// Opens `sealed` for `target`, and for no other.
    ///
    /// # Errors
    /// The class of what went wrong; never content.
    fn open(&self, sealed: &str, target: &Target<'_>) -> Result<Opened, OpenError>;
}
