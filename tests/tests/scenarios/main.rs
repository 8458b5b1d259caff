//! Scenarios on real parts, one file a subject, prefixed by kind: `harness_` shows that the parts and the
//! harness do what the other scenarios take for granted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a scenario fails by panicking, with the reason in the message"
)]

mod count_rounds;
mod harness_bao;
mod harness_cluster;
mod harness_guard;
mod harness_moto;
mod harness_nodes;
mod harness_recorder;
mod harness_wait;
mod stage;
mod sync_vault;
