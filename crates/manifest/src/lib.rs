//! Manifests: dialects read into one `Plan`, and YAML edited in place.
//!
//! ```text
//!   BridgedSecret ──native──▶ Plan ──▶ engine
//! ```
//!
//! Owns: what a manifest means, defaults included. Must never: fetch or open a value.

pub mod native;
pub mod plan;

pub use plan::{Entry, Plan, PlanError, SourceRef, StoreName, TargetPlan};
