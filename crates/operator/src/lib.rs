//! The operator: keeps Kubernetes Secrets true to what BridgedSecrets declare.
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

mod inputs;
mod object_name;
mod observe;
mod refusal;
mod secret_entry;
mod selector;

pub mod admin;
pub mod args;
pub mod cluster;
pub mod digest_key;
pub mod identity;
pub mod keyring;
pub mod lease;
pub mod logging;
pub mod metrics;
pub mod namespaces;
pub mod panics;
pub mod shutdown;
pub mod stores;
