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
pub mod round;
pub mod slots;
pub mod values;
