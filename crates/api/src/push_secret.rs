//! `PushSecret`: entries of Secrets that are written into stores.
//!
//! Names are those of the other native kinds; what each means in a store is the provider's to say.

mod spec;
mod status;

pub use spec::{
    PushConversion, PushDeletionPolicy, PushEntry, PushMatch, PushRemoteRef, PushRewrite, PushSecret, PushSecretSpec, PushSeveral,
    PushSource, PushTemplate, StoreSelector, UpdatePolicy,
};
pub use status::{MAX_STATUS_PUSHED, PushSecretStatus, PushedPlace};
