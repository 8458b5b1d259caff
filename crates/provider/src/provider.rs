//! What every store can do, whatever it is.
//!
//! Must never: give less or more than one result for a key, or hide which key a failure belongs to.

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{Payload, ReadError, RemoteKey, Traffic, Writer};

/// One result of a batch.
pub type ReadResult<T> = (RemoteKey, Result<T, ReadError>);

/// A store seen as one identity.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Reads each of `keys`, which differ from each other. Yields exactly one result for each, as soon as it is known.
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>>;

    /// Logs in and makes one cheap request, to say whether the store can be asked at all.
    ///
    /// # Errors
    /// [`ReadError`] as a read would give it.
    async fn check(&self) -> Result<(), ReadError>;

    /// Proves that the store which said "not found" is the declared one, so that its word can be acted upon.
    ///
    /// # Errors
    /// [`ReadError::Misconfigured`] if what the key would stand in does not exist or is of another kind, any other
    /// error if that could not be found out.
    async fn confirm_absence(&self, key: &RemoteKey) -> Result<(), ReadError>;

    /// An opaque id that changes when the store becomes another one; `None` if that cannot be told now.
    async fn store_id(&self) -> Option<String>;

    /// The same store to write to; `None` if it is only read.
    fn writer(&self) -> Option<&dyn Writer> {
        None
    }

    /// Gives back what the login got. Reads that follow may fail.
    async fn close(&self);

    /// Logins and requests so far.
    fn traffic(&self) -> Traffic;
}
