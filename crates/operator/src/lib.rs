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

pub mod context;
pub mod decode;
pub mod events;
pub mod identity;
pub mod index;
pub mod keyring;
pub mod reconcile;
pub mod rollout;
pub mod schedule;
pub mod status;
pub mod stores;
pub mod target;
pub mod watch;
