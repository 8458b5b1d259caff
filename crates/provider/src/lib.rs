//! Where values are read: stores as sessions, each one store seen as one identity.
//!
//! ```text
//!   StoreSpec + Scope ──connect──▶ Session ──read(batch)──▶ stream of (RemoteKey, Payload | ReadError)
//!                                   │  coalesces reads in flight, bounds parallelism, opens its circuit
//!                                   └─▶ vault/  aws/  fake        Payload ──select(property)──▶ SecretBytes
//! ```
//!
//! Owns: the `Provider` trait and its implementations, logins, batching, property selection.
//! Must never: know a CRD's controller, retry without bound, or put a body's bytes into an error.

mod error;
mod inputs;
mod payload;
mod remote_key;

pub use error::{Absence, ReadError};
pub use inputs::{AmbientIdentity, InputError, NamespaceInputs, Scope};
pub use payload::{Payload, SelectError};
pub use remote_key::RemoteKey;
