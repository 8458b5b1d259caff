//! What somebody else made and will end: whoever had it made can have it live longer, or give it back.
//!
//! Must never: end anything by being dropped, or show the credential by which it is asked for more.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::ReadError;

/// What a run left at a server.
#[async_trait]
pub trait Lease: Debug + Send + Sync {
    /// How long it was to live when it was made; `None` without an end that is known.
    fn first_life(&self) -> Option<Duration>;

    /// How long it lives from now on unless it is renewed; `None` without an end that is known.
    fn left(&self) -> Option<Duration>;

    /// Whether it can be asked to live longer at all.
    fn is_renewable(&self) -> bool;

    /// Has it live longer; [`Lease::left`] then says how long.
    async fn renew(&self) -> Renewal;

    /// Ends it at the server.
    ///
    /// # Errors
    /// Why it was not ended. It ends by itself then.
    async fn give_back(&self) -> Result<(), ReadError>;
}

/// What became of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It lives as long as the server lets it, which may be no longer than before.
    Granted,
    /// It cannot be renewed, now or later.
    Refused,
    /// The server did not answer; nothing is known.
    Unanswered,
}
