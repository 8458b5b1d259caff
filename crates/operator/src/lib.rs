//! The operator: keeps Kubernetes Secrets true to what BridgedSecrets, and objects of the dialects that it was told
//! of, declare.
//!
//! ```text
//!   watch ─▶ index ─▶ schedule (rounds) ─▶ reconcile ─▶ target ─▶ status
//!              ▲          │                   │            └────▶ rollout
//!              │          └─▶ stores (sessions)│
//!              └────────────── keyring ◀──────┘
//!   fan_out: ClusterBridgedSecrets, ClusterExternalSecrets ─▶ BridgedSecrets, ExternalSecrets, which watch then tells of
//!   push:    PushSecrets, Secrets ─▶ stores
//! ```
//!
//! Owns: when work is done, and every request to the API server.
//! Must never: hold a value longer than one reconcile; what a generator made and could not be written alone waits for the
//! next try, since there is nowhere to read it again.

mod apiserver;
mod external_secret;
mod inputs;
mod object_name;
mod observe;
mod refusal;
mod secret_entry;
#[cfg(test)]
mod testing;

pub mod admin;
pub mod args;
pub mod cluster;
pub mod context;
pub mod decode;
pub mod dialects;
pub mod digest_key;
pub mod events;
pub mod fan_out;
pub mod generators;
pub mod heal;
pub mod identity;
pub mod index;
pub mod keyring;
pub mod lead;
pub mod lease;
pub mod logging;
pub mod metrics;
pub mod namespaces;
pub mod panics;
pub mod push;
pub mod reconcile;
pub mod rollout;
pub mod rsa_keys;
pub mod run;
pub mod schedule;
pub mod shutdown;
pub mod status;
pub mod stores;
pub mod target;
pub mod watch;
