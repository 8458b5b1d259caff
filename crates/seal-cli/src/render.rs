//! Manifests into the Secrets that the operator would write, without a cluster.
//!
//! ```text
//!   inventory ─▶ declared (objects, stores) ─▶ read (fake | live) ─▶ engine ─▶ print
//! ```
//!
//! Owns: driving the engine over files. Must never: write to a store or a cluster, or print a value unasked.

/// What is told of a BridgedSecret with labels or annotations that a template makes. There is no operator here to ask.
pub(crate) const NEEDS_VALUES_IN_METADATA: &str =
    "a template makes it, which the operator takes only with --allow-values-in-metadata";

pub(crate) mod carried;
mod content;
pub(crate) mod declared;
pub(crate) mod generators;
#[cfg(feature = "stores")]
mod job_token;
pub(crate) mod keys;
#[cfg(feature = "stores")]
mod live;
pub(crate) mod login;
pub(crate) mod plans;
pub(crate) mod print;
pub(crate) mod read;
pub(crate) mod reading;
pub(crate) mod rendered;
pub(crate) mod stores;
pub(crate) mod templates;
