//! The operator: keeps Kubernetes Secrets true to what BridgedSecrets, and objects of the dialects that it was told
//! of, declare.
//!
//! ```text
//!   watch ─▶ index ─▶ schedule (rounds) ─▶ reconcile ─▶ target ─▶ status
//!              ▲          │                   │            └────▶ rollout
//!              │          └─▶ stores (sessions)│
//!              └────────────── keyring ◀──────┘
//! ```
//!
//! Owns: when work is done, and every request to the API server.
//! Must never: hold a value longer than one reconcile.

mod apiserver;
mod external_secret;
mod inputs;
mod object_name;
mod observe;
mod refusal;
mod secret_entry;
mod selector;
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
