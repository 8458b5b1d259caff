//! The native API, group `sealbridge.dev/v1`: what people write and what the operator answers.
//!
//! ```text
//!   ClusterBridgedSecret ──one in each namespace──┐
//!   BridgedSecret ◀───────────────────────────────┘
//!   BridgedSecret ──names──▶ SecretStore | ClusterSecretStore      (where values are read)
//!        │  └─────opened by─▶ SealingKey                           (what opens sealed values)
//!        └──status──▶ conditions, sources, target
//!   PushSecret ──from Secrets, into──▶ SecretStore | ClusterSecretStore
//! ```
//!
//! Owns: the types, their schemas with the CEL rules that judge an object alone, defaults and reasons.
//! Must never: do I/O, or carry a `default:` under `spec` (GitOps tools would report drift).
#![allow(unreachable_pub, reason = "the schema derive copies each public type into a function, where nothing can reach it")]
#![allow(clippy::struct_field_names, reason = "fields are named as in the manifest, and the derive copies them too")]

pub mod bridged_secret;
pub mod cluster_bridged_secret;
pub mod condition;
pub mod crd;
pub mod duration;
pub mod expression;
pub mod json_schema;
pub mod keys;
pub mod labels;
pub mod limits;
pub mod push_secret;
pub mod rounds;
mod schema;
pub mod sealing_key;
pub mod selection;
pub mod store;

pub use bridged_secret::{BridgedSecret, BridgedSecretSpec, BridgedSecretStatus};
pub use cluster_bridged_secret::{ClusterBridgedSecret, ClusterBridgedSecretSpec, ClusterBridgedSecretStatus};
pub use condition::{ConditionType, Reason};
pub use push_secret::{PushSecret, PushSecretSpec, PushSecretStatus};
pub use sealing_key::{SealingKey, SealingKeySpec, SealingKeyStatus};
pub use store::{ClusterSecretStore, SecretStore, StoreSpec, StoreStatus};

/// The API group of every native kind.
pub const GROUP: &str = "sealbridge.dev";
/// The version of every native kind.
pub const VERSION: &str = "v1";
