//! Where values are read: stores as sessions, each one store seen as one identity.
//!
//! ```text
//!   StoreSpec + Scope ──connect──▶ Session ──read(batch)──▶ stream of (RemoteKey, Payload | ReadError)
//!                                   │  shares reads in flight, opens its circuit
//!                                   └─▶ vault/  aws/  fake        Payload ──select(property)──▶ SecretBytes
//! ```
//!
//! Owns: the `Provider` trait and its implementations, logins, batching, property selection.
//! Must never: know a CRD's controller, retry without bound, or put a body's bytes into an error.
//!
//! # Adding a provider
//! 1. Its spec is a file under `api`'s `store/` and one optional field of `ProviderSpec`.
//! 2. Its code is one file here, or a file and a folder of the same name, with one type that implements [`Provider`].
//!    It maps every answer to a [`ReadError`] in a pure function with a table as its test, and takes its inputs only
//!    through [`Scope`].
//! 3. One line in `connect.rs` connects it, and one names its inputs so that they are watched.
//! 4. If `property` means something else there than elsewhere, that is a variant of [`Selection`].

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
mod gjson;
mod inputs;
mod json;
pub mod object;
mod payload;
mod provider;
mod remote_key;
mod select;
mod session;
#[cfg(feature = "remote")]
mod tls;
#[cfg(feature = "remote")]
mod vault;

pub use circuit::{Circuit, CircuitState};
pub use connect::{InputKind, InputName, connect, inputs_of};
pub use counters::{Results, Traffic};
pub use error::{Absence, ReadError};
pub use inputs::{AmbientIdentity, AmbientTokens, InputError, NamespaceInputs, Scope};
pub use payload::Payload;
pub use provider::{Provider, ReadResult};
pub use remote_key::{RemoteKey, Search, What};
pub use select::{SelectError, Selection};
pub use session::Session;
