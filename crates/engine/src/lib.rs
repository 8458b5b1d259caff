//! The one way from a plan to a Secret, behind the operator and `seal render` alike.
//!
//! ```text
//!   Plan ──gather──▶ Gathered (a value or an authoritative absence per entry) ──assemble──▶ DesiredSecret
//!            ▲  ▲
//!    Values ─┘  └─ Keys                     Recipe: what of a plan decides whether anything changed
//! ```
//!
//! Owns: what the bytes of a Secret are for given values. It is pure: values come in through ports.
//! Must never: fetch, write, or know how it is driven.

mod assemble;
mod document;
mod failure;
mod gather;
mod names;
mod pairs;
mod ports;
mod read;
mod recipe;
#[cfg(test)]
mod samples;
mod several;
mod take;
mod template;

pub use assemble::{AssembleError, DEFAULT_TYPE, DesiredSecret, MAX_SECRET_BYTES, assemble, is_volatile, written_digest};
pub use failure::{EntryFailure, summary};
pub use gather::{Gathered, gather};
pub use ports::{Keys, SourceError, Values};
pub use recipe::Recipe;
pub use sealbridge_template::System;
pub use template::Kept;
