//! Why a value could not be read, in classes that decide what happens next.
//!
//! Must never: carry text that came from a store's answer.

use std::time::Duration;

use sealbridge_api::Reason;

use crate::InputError;

/// How certain it is that a key does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Absence {
    /// The store answered as one that works and does not have the key.
    #[error("the store has no such key or version; check the key, or create it in the store")]
    NotFound,
    /// The version was deleted or destroyed, which the store says in so many words.
    #[error("the key or this version of it was deleted in the store; restore it there, write a new version, or name another one")]
    Deleted,
}

/// Why a value could not be read. Equal causes are equal values, so that conditions stay unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store says with authority that the key, or this version of it, does not exist.
    #[error("{0}")]
    Absent(Absence),
    /// The identity may not read the key, or for a search not list where it looks.
    #[error("the store refused to read the key; grant the store's identity read access to it, and for a search leave to list")]
    Denied,
    /// The login was refused.
    #[error("the store refused the login; check the credentials, role and login path that the store names")]
    LoginRefused,
    /// What the login needs could not be had.
    #[error("{0}")]
    Input(InputError),
    /// The store answers, but not as one of the declared kind, mount and version.
    #[error("{0}")]
    Misconfigured(&'static str),
    /// The store could not be reached or is not ready; it will be asked again.
    #[error("the store could not be reached or is not ready; it is asked again by itself")]
    Unavailable,
    /// The store asks for fewer requests.
    #[error("the store limits the rate of requests; it is asked again by itself")]
    RateLimited {
        /// How long the store asks to wait, where it says so.
        after: Option<Duration>,
    },
    /// The answer cannot be what the store holds: not the documented shape.
    #[error("the answer is not one that such a store gives; check that its address is that of the store itself")]
    BadAnswer,
    /// The value is larger than a Secret may be.
    #[error(
        "the answer is larger than 1 MiB, more than a Secret can hold; store a smaller value, or check that the store's address is that of the store itself"
    )]
    TooLarge,
    /// The key or version cannot be meant.
    #[error("{0}")]
    InvalidKey(&'static str),
}

impl ReadError {
    /// The class under which a condition names this.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Absent(_) => Reason::SourceNotFound,
            Self::Denied => Reason::SourceDenied,
            Self::Misconfigured(_) | Self::BadAnswer => Reason::StoreMisconfigured,
            Self::LoginRefused | Self::Input(_) | Self::Unavailable | Self::RateLimited { .. } => Reason::StoreNotReady,
            Self::TooLarge => Reason::SourceInvalid,
            Self::InvalidKey(_) => Reason::SpecInvalid,
        }
    }

    /// Whether the whole store is affected rather than this key, so that its circuit opens.
    #[must_use]
    pub fn concerns_whole_store(&self) -> bool {
        matches!(self, Self::LoginRefused | Self::Input(_) | Self::Unavailable | Self::RateLimited { .. })
    }
}
