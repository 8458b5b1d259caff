//! Where values are read: stores as sessions, each one store seen as one identity.
//!
//! ```text
//!   Limits ──Admission──▶ AdmittedKey: what a namespace may have of a store, by canonical names
//!   StoreSpec + Scope ──connect──▶ Session ──read(batch)──▶ stream of (RemoteKey, Payload | ReadError)
//!                                   │  shares reads in flight, opens its circuit
//!                                   └─▶ vault/  aws/  kubernetes/  fake        Payload ──select(property)──▶ SecretBytes
//! ```
//!
//! Owns: the `Provider` trait and its implementations, logins, batching, property selection; and the generators, which
//! make values instead of reading them.
//! Must never: know a CRD's controller, retry without bound, or put a body's bytes into an error.
//!
//! # Adding a provider
//! docs/providers.md tells how, with `sample.rs` as the example: a whole provider in one file.

#[cfg(feature = "remote")]
mod aws;
mod backoff;
mod circuit;
mod connect;
mod counters;
#[cfg(feature = "remote")]
mod credential;
mod error;
mod fake;
mod finder;
pub mod generator;
mod gjson;
#[cfg(feature = "remote")]
mod http;
mod inputs;
mod json;
#[cfg(feature = "remote")]
mod kubernetes;
mod limits;
mod naming;
pub mod object;
mod payload;
mod provider;
mod push;
mod remote_key;
#[cfg(test)]
mod sample;
mod select;
#[cfg(feature = "remote")]
mod server;
#[cfg(feature = "remote")]
mod service_account;
mod session;
#[cfg(feature = "remote")]
mod tls;
#[cfg(feature = "remote")]
mod turns;
#[cfg(feature = "remote")]
mod vault;
#[cfg(feature = "remote")]
mod webhook;

pub use circuit::{Circuit, CircuitState};
pub use connect::{InputKind, InputName, connect, depends_on_namespace, inputs_of, inputs_of_generator, is_written_to};
pub use counters::{Results, Traffic};
pub use error::{Absence, ReadError};
pub use inputs::{AmbientIdentity, AmbientTokens, InputError, NamespaceInputs, Retries, Scope, StoreUse};
pub use limits::{Admission, AdmittedKey, AdmittedPush, LimitError, Limits, Refused};
pub use naming::{CanonicalName, Unclear};
pub use payload::Payload;
pub use provider::{Provider, ReadResult};
pub use push::{Push, PushError, PushKey, Pushed, Pusher, Removed, Writer, push_metadata};
pub use remote_key::{RemoteKey, Search, What};
pub use select::{SelectError, Selection};
pub use session::Session;
