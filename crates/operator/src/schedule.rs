//! When sources are read: rounds of all objects of one store and interval, never objects one by one.
//!
//! ```text
//!   clock ─▶ slots ─▶ Index.ask(READ) ─┐
//!   edits, store changes, heals ───────┴▶ dispatch ─▶ round ─▶ reconcile
//! ```
//!
//! Owns: the moment of every read. Must never: read the same key twice in one round.

pub mod absence;
pub mod dispatch;
pub mod held;
pub mod round;
pub mod slots;
pub mod values;

pub(crate) use dispatch::slot_of;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The wall clock, since the Unix epoch. Slots are counted by it so that they survive restarts.
#[must_use]
pub fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
